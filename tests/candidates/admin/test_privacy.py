import pytest
from django.urls import reverse

from audit import actions as audit
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return ResumeFactory(candidate=CandidateFactory(full_name="Amara Okafor")).candidate


def address(person):
    return reverse("admin:candidates_candidate_privacy", args=[person.pk])


def test_the_page_tells_grounds_holdings_and_readers(person, recruiter, coordinator, client_as, assert_queries):
    hiring.PoolMembershipFactory(candidate=person, pool__name="Nurses of 2026")
    ApplicationFactory(candidate=person, job=JobFactory(title="Ward Sister"))
    audit.viewed("candidate.viewed", target=person, by=coordinator, subject=person)
    client = client_as(recruiter)
    client.get(address(person))
    with assert_queries("admin_candidate_privacy"):
        answer = client.get(address(person))
    page = answer.content.decode()
    assert "Talent pool Nurses of 2026" in page
    assert "Application in process" in page
    assert ("E-mail addresses, phone numbers, links", 1) in answer.context["counts"]
    assert ("Applications", 1) in answer.context["counts"]
    assert {one["actor_display"]: one["views"] for one in answer.context["readers"]}["cora"] == 1


def test_what_one_may_not_see_is_neither_a_ground_nor_counted(person, recruiter, client_as):
    hidden = ApplicationFactory(candidate=person, job=JobFactory(title="Secret Role", confidential=True))
    ApplicationFactory(candidate=person)
    hiring.NoteFactory(candidate=person, application=hidden)
    answer = client_as(recruiter).get(address(person))
    assert "Secret Role" not in answer.content.decode()
    assert dict(answer.context["counts"])["Applications"] == 1
    assert dict(answer.context["counts"])["Notes"] == 0


def test_a_record_without_a_ground_says_what_to_do(person, recruiter, client_as):
    assert (
        "Put them into a talent pool with a lawful basis" in client_as(recruiter).get(address(person)).content.decode()
    )


def test_only_who_answers_for_the_record_opens_it(person, hiring_manager, client_as):
    ApplicationFactory(candidate=person, job=JobFactory(team={hiring_manager: "hiring_manager"}))
    client = client_as(hiring_manager)
    assert client.get(address(person)).status_code == 403
    overview = client.get(reverse("admin:candidates_candidate_change", args=[person.pk]))
    assert address(person) not in overview.content.decode()
