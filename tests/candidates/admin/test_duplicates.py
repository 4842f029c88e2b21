"""Suspected duplicates: who sees which groups, the comparison, and both ways to settle it."""

from __future__ import annotations

import pytest

from candidates import duplicates
from candidates.actions import candidates as people
from candidates.actions import merging
from candidates.models import Candidate, CandidateMerge, DuplicateGroup
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db
LIST = "/candidates/duplicategroup/"


@pytest.fixture
def pair():
    found = [
        CandidateFactory(full_name="Jane Doe", email="jane@example.org", city="Berlin"),
        CandidateFactory(full_name="J. Doe", email="jane@example.org", city="Rome"),
    ]
    ApplicationFactory(candidate=found[0])
    duplicates.search_all(now=NOON)
    return found


def group() -> DuplicateGroup:
    return DuplicateGroup.objects.get()


def address(page="change"):
    return f"{LIST}{group().pk}/{page}/"


def flag_of(answer) -> bool:
    return "Duplicate suspected" in answer.content.decode()


def test_the_list_names_who_and_why_and_costs_the_same_for_many(recruiter, client_as, assert_queries, pair):
    browser = client_as(recruiter)
    for count in (0, 20):
        for number in range(count):
            for _ in range(2):
                CandidateFactory(email=f"twin{number}@example.org")
        duplicates.search_all(now=NOON)
        browser.get(LIST)
        with assert_queries("admin_duplicate_list"):
            page = browser.get(LIST).content.decode()
    assert "Jane Doe, J. Doe" in page
    assert "E-mail" in page


def test_a_group_with_one_visible_member_does_not_exist(recruiter, coordinator, client_as):
    hidden = ApplicationFactory(job=JobFactory(confidential=True)).candidate
    hidden.emails.update(address="jane@example.org")
    CandidateFactory(full_name="Jane Doe", email="jane@example.org")
    seen = CandidateFactory(email="other@example.org")
    duplicates.search_all(now=NOON)
    for user in (recruiter, coordinator):
        assert "No duplicates suspected" in client_as(user).get(LIST).content.decode()
        assert client_as(user).get(address()).status_code == 404
        assert client_as(user).post(address("merge"), {"keep": str(seen.pk)}).status_code == 404
        one = Candidate.objects.get(full_name="Jane Doe")
        assert not flag_of(client_as(user).get(f"/candidates/candidate/{one.pk}/change/"))


def test_a_hidden_third_member_is_neither_shown_nor_counted(recruiter, client_as, pair):
    hidden = ApplicationFactory(job=JobFactory(confidential=True)).candidate
    hidden.emails.update(address="jane@example.org")
    duplicates.search_all(now=NOON)
    browser = client_as(recruiter)
    assert group().size == 3
    assert "2 records" in browser.get(LIST).content.decode()
    page = browser.get(address()).content.decode()
    assert hidden.full_name not in page
    assert "3 records" not in page


def test_the_comparison_is_on_record_and_says_what_differs(recruiter, client_as, events, pair, assert_queries):
    ResumeFactory(candidate=pair[1])
    browser = client_as(recruiter)
    browser.get(LIST)
    with assert_queries("admin_duplicate_comparison"):
        page = browser.get(address()).content.decode()
    assert page.count('<mark class="same">jane@example.org</mark>') == 2
    assert "1 application" in page
    assert page.count('name="city"') == 2
    assert {event.subject_ref for event in events("candidate.viewed")} == {str(one.pk) for one in pair}
    assert flag_of(browser.get(f"/candidates/candidate/{pair[0].pk}/change/"))


def choices(pair, **more):
    seen = [f"{one.pk} {one.updated_at.isoformat()}" for one in pair]
    return {"keep": str(pair[0].pk), "city": str(pair[1].pk), "seen": seen} | more


def test_a_merge_is_confirmed_done_and_undone(recruiter, client_as, pair):
    browser = client_as(recruiter)
    confirm = browser.post(address("merge"), choices(pair)).content.decode()
    assert "City becomes “Rome”" in confirm
    assert "instead of “Berlin”" in confirm
    assert "1 e-mail address" in confirm
    assert not CandidateMerge.objects.exists()
    answer = browser.post(address("merge"), choices(pair, sure="1"), follow=True)
    assert answer.redirect_chain[-1][0] == f"/candidates/candidate/{pair[0].pk}/change/"
    assert "Rome" in answer.content.decode()
    done = CandidateMerge.objects.get()
    undo = f"/candidates/candidatemerge/{done.pk}/undo/"
    assert undo in answer.content.decode()
    assert f'href="/candidates/candidatemerge/{done.pk}/change/"' in answer.content.decode()
    old = browser.get(f"/candidates/candidate/{pair[1].pk}/resume/?q=x")
    assert (old.status_code, old.url) == (302, f"/candidates/candidate/{pair[0].pk}/resume/?q=x")
    assert "from J. Doe" in browser.get("/candidates/candidatemerge/").content.decode()
    assert "City: Berlin → Rome" in browser.get(f"/candidates/candidatemerge/{done.pk}/change/").content.decode()
    browser.post(undo)
    pair[0].refresh_from_db()
    assert pair[0].city == "Berlin"
    assert browser.get(f"/candidates/candidate/{pair[1].pk}/change/").status_code == 200


def test_a_record_that_changed_since_the_comparison_is_not_merged(recruiter, coordinator, client_as, pair):
    said = choices(pair, sure="1")
    people.update(candidate=pair[1], by=coordinator, now=NOON, facts={"city": "Oslo"})
    answer = client_as(recruiter).post(address("merge"), said, follow=True)
    assert "Compare them again" in answer.content.decode()
    assert not CandidateMerge.objects.exists()


def test_of_three_only_the_chosen_are_merged(recruiter, client_as, pair):
    third = CandidateFactory(full_name="John Doe", email="jane@example.org")
    duplicates.search_all(now=NOON)
    said = choices(pair, sure="1", merge=[str(one.pk) for one in pair])
    client_as(recruiter).post(address("merge"), said)
    third.refresh_from_db()
    assert third.merged_into is None
    assert CandidateMerge.objects.get().gone == pair[1]


def test_two_people_are_kept_apart_and_brought_back(recruiter, client_as, pair):
    browser = client_as(recruiter)
    apart = address("apart")
    answer = browser.post(apart, {"people": [str(one.pk) for one in pair]}, follow=True).content.decode()
    assert "kept as two people" in answer
    assert not DuplicateGroup.objects.exists()
    browser.post(apart, {"people": " ".join(str(one.pk) for one in pair), "again": "1"})
    assert group().size == 2


def test_who_may_only_look_finds_no_buttons_and_is_refused(coordinator, client_as, pair):
    browser = client_as(coordinator)
    page = browser.get(address()).content.decode()
    assert "Merge…" not in page
    assert "two people" not in page
    assert browser.post(address("merge"), choices(pair)).status_code == 403
    assert browser.post(address("apart"), {"people": str(pair[0].pk)}).status_code == 403
    done = merging.merge(kept=pair[0], gone=pair[1], by=coordinator, now=NOON)
    assert browser.post(f"/candidates/candidatemerge/{done.pk}/undo/").status_code in {403, 404}


def test_a_merged_record_of_somebody_hidden_leads_nowhere(hiring_manager, client_as, recruiter, pair):
    merging.merge(kept=pair[0], gone=pair[1], by=recruiter, now=NOON)
    assert client_as(hiring_manager).get(f"/candidates/candidate/{pair[1].pk}/change/").status_code == 404


def test_somebody_known_to_be_there_twice_is_found_compared_and_merged(recruiter, client_as, events):
    one, other = CandidateFactory(full_name="Amara Okafor"), CandidateFactory(full_name="Amara Oka")
    hidden = ApplicationFactory(job=JobFactory(confidential=True), candidate__full_name="Amara Okoye").candidate
    browser = client_as(recruiter)
    start = f"/candidates/candidate/{one.pk}/merge/"
    page = browser.get(start, {"q": "Amara"}).content.decode()
    assert f"?with={other.pk}" in page
    assert str(hidden.pk) not in page
    assert events("candidate.searched")
    assert "Keep this record" in browser.get(f"{start}?with={other.pk}").content.decode()
    assert browser.get(f"{start}?with={hidden.pk}").status_code == 404
    browser.post(f"{start}?with={other.pk}", {"keep": str(one.pk), "sure": "1"})
    other.refresh_from_db()
    assert other.merged_into == one


def test_who_may_not_merge_finds_no_way_to(coordinator, client_as):
    one = CandidateFactory()
    browser = client_as(coordinator)
    assert browser.get(f"/candidates/candidate/{one.pk}/merge/").status_code == 403
    assert (
        f"/candidates/candidate/{one.pk}/merge/"
        not in browser.get(f"/candidates/candidate/{one.pk}/change/").content.decode()
    )
