"""The pages of privacy: what they show to whom, and that they ask actions for what they do."""

from __future__ import annotations

from datetime import timedelta

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import timezone

from candidates import disclosure
from candidates.actions import data_exports, erasures, legal_holds, retention
from candidates.admin import privacy_requests
from candidates.erasure import paper
from candidates.models import Candidate, DataExport, Erasure, LegalHold, RetentionDue, RetentionRule
from candidates.retention.engine import shift
from candidates.retention.presets import PRESETS
from tests.candidates.erasure.conftest import erase, finish, ledger_folder  # noqa: F401  their fixtures
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_rules(db):
    """As an installation begins, also where an earlier run of tests emptied the tables."""
    for one in PRESETS:
        facts = {name: getattr(one, name) for name in ("name", "effect", "clock", "months", "country", "active")}
        RetentionRule.objects.get_or_create(key=one.key, defaults=facts)


@pytest.fixture
def officer(db):
    return UserFactory(username="petra", role="Privacy officer")


@pytest.fixture
def person(db) -> Candidate:
    return CandidateFactory(full_name="Jane Doe")


def page(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def test_an_erasure_is_asked_for_after_the_page_said_what_goes_and_what_stays(client_as, recruiter, person):
    ApplicationFactory(candidate=person)
    browser = client_as(recruiter)
    asks = browser.get(page("candidates_candidate_erase", person.pk)).content.decode()
    assert "E-mail address" in asks
    assert "What stays, without a name" in asks
    assert "1 application" in asks
    assert not Erasure.objects.exists()
    browser.post(page("candidates_candidate_erase", person.pk), {})
    assert not Erasure.objects.exists()
    answer = browser.post(
        page("candidates_candidate_erase", person.pk), {"sure": "1", "channel": "mail", "reason": "Wrote"}, follow=True
    )
    one = Erasure.objects.get()
    assert (one.channel, one.requested_by, one.reason) == ("mail", recruiter, "Wrote")
    assert "Take it back" in answer.content.decode()
    assert "about to be erased" in browser.get(page("candidates_candidate_privacy", person.pk)).content.decode()
    browser.post(page("candidates_erasure_cancel", one.pk))
    one.refresh_from_db()
    assert one.state == "cancelled"


def test_a_request_for_erasure_is_a_link_only_for_who_may_read_it(client_as, recruiter, coordinator, person):
    asked = erasures.request(candidate=person, by=recruiter, channel="mail", reason="", now=timezone.now())
    link = page("candidates_erasure_change", asked.pk)
    shown = {
        user: client_as(user).get(page("candidates_candidate_privacy", person.pk)).content.decode()
        for user in (recruiter, coordinator)
    }
    assert all("about to be erased" in text for text in shown.values())
    assert [link in text for text in shown.values()] == [True, False]


def words_of(content: bytes) -> str:
    """The text of a PDF without any space: lines of hashes are broken."""
    read = pypdfium2.PdfDocument(content)
    text = "".join(one.get_textpage().get_text_range() for one in read)
    read.close()
    return "".join(text.split())


def test_a_person_who_is_gone_is_told_as_gone_to_who_saw_them(client_as, recruiter, hiring_manager, erase, person):  # noqa: F811
    done = erase(person)
    for name in ("candidates_candidate_change", "candidates_candidate_privacy", "candidates_candidate_resume"):
        answer = client_as(recruiter).get(page(name, person.pk))
        assert answer.status_code == 410
        assert "This person was erased on" in answer.content.decode()
        assert "Jane" not in answer.content.decode()
        assert client_as(hiring_manager).get(page(name, person.pk)).status_code == 404
    told = client_as(recruiter).get(page("candidates_erasure_change", done.pk)).content.decode()
    assert "Certificate of erasure" in told
    file = client_as(recruiter).get(page("candidates_erasure_certificate", done.pk))
    assert file.json() == done.certificate
    printed = client_as(recruiter).get(page("candidates_erasure_certificate", done.pk) + "?as=pdf")
    assert (printed["Content-Type"], printed.content) == ("application/pdf", paper.pdf(done.certificate))
    said = words_of(printed.content)
    for fact in (str(done.pk), done.certificate["person"], done.certificate["signature"], "E-mail address"):
        assert "".join(fact.split()) in said
    assert "".join(f"{timezone.localtime(done.done_at):%-d %B %Y, %H:%M}".split()) in said
    assert "Jane" not in said
    assert "attachment" in file["Content-Disposition"]


def test_the_list_of_people_and_its_search_no_longer_know_them(client_as, recruiter, erase, person):  # noqa: F811
    erase(person)
    listed = client_as(recruiter).get(page("candidates_candidate_changelist")).content.decode()
    assert "Erased person" not in listed
    assert str(person.pk) not in listed


def test_a_copy_is_asked_for_downloaded_and_withdrawn(client_as, recruiter, events, person):
    browser = client_as(recruiter)
    browser.post(page("candidates_candidate_copy", person.pk))
    one = DataExport.objects.get()
    disclosure.make(one.pk)
    shown = browser.get(page("candidates_candidate_privacy", person.pk)).content.decode()
    assert "Ready to hand over" in shown
    file = browser.get(page("candidates_dataexport_download", one.pk))
    assert file["Content-Type"] == "application/zip"
    assert b"".join(file.streaming_content)[:2] == b"PK"
    assert len(events("data_export.downloaded")) == 1
    other = data_exports.request(candidate=person, by=recruiter, channel="admin", now=timezone.now())
    browser.post(page("candidates_dataexport_cancel", other.pk))
    other.refresh_from_db()
    assert other.state == "cancelled"


def test_who_may_not_download_a_copy_is_refused(client_as, coordinator, recruiter, person):
    one = data_exports.request(candidate=person, by=recruiter, channel="admin", now=timezone.now())
    disclosure.make(one.pk)
    assert client_as(coordinator).get(page("candidates_dataexport_download", one.pk)).status_code in {403, 404}


@pytest.mark.parametrize("scope", ["candidate", "job", "application"])
def test_a_hold_is_placed_shown_on_its_head_and_released(client_as, officer, scope):
    application = ApplicationFactory()
    thing = {"candidate": application.candidate, "job": application.job, "application": application}[scope]
    browser = client_as(officer)
    place = page(f"legal_hold_{scope}", thing.pk)
    assert browser.post(place, {"reason": " "}).status_code == 422
    browser.post(place, {"reason": "Labour court, 3 Ca 112/26"})
    hold = LegalHold.objects.get()
    assert (hold.scope, hold.target_ref, hold.placed_by) == (scope, thing.pk, officer)
    head = {"candidate": "candidates_candidate_change", "job": "jobs_job_change",
            "application": "jobs_application_change"}[scope]  # fmt: skip
    assert "legal hold" in browser.get(page(head, thing.pk)).content.decode().lower()
    assert "3 Ca 112/26" in browser.get(page("candidates_legalhold_changelist")).content.decode()
    release = page("candidates_legalhold_release", hold.pk)
    assert "Release this hold?" in browser.get(release).content.decode()
    browser.post(release, {"sure": "1"})
    hold.refresh_from_db()
    assert hold.released_by == officer


def test_a_hold_on_a_confidential_job_is_not_told_to_who_does_not_see_the_job(client_as, officer, recruiter):
    job = JobFactory(confidential=True, title="Next chief")
    owner = UserFactory(role="Recruiter")
    job.team.create(user=owner, role="recruiter")
    held = ApplicationFactory(job=job)
    ApplicationFactory(candidate=held.candidate)
    LegalHold.objects.create(scope="job", target_ref=job.pk, reason="Secret dispute", placed_by=owner)
    listed = client_as(officer).get(page("candidates_legalhold_changelist")).content.decode()
    assert "Secret dispute" not in listed
    assert "Next chief" not in listed
    told = client_as(recruiter).get(page("candidates_candidate_privacy", held.candidate.pk)).content.decode()
    assert "Legal hold on this job" in told
    assert "Secret dispute" not in told


def test_only_who_may_places_holds_and_changes_rules(client_as, recruiter, hiring_manager, operator, person):
    assert client_as(recruiter).get(page("legal_hold_candidate", person.pk)).status_code == 403
    assert client_as(hiring_manager).get(page("privacy_requests")).status_code == 403
    assert client_as(hiring_manager).get(page("retention_due")).status_code == 403
    rule = RetentionRule.objects.get(key="rejected")
    assert client_as(recruiter).post(page("candidates_retentionrule_change", rule.pk), {"months": 1}).status_code == 403
    assert client_as(operator).get(page("candidates_retentionrule_change", rule.pk)).status_code == 200
    assert client_as(operator).get(page("privacy_requests")).status_code == 403


def fields_of(rule: RetentionRule, **changed: object) -> dict[str, object]:
    said = {name: getattr(rule, name) for name in retention.FACTS} | changed
    said["job_ref"] = said["job_ref"] or ""
    return {
        **{name: value for name, value in said.items() if value is not False},
        "expected_updated_at": rule.updated_at.isoformat(),
    }


def test_a_rule_is_previewed_then_saved_and_a_slower_colleague_is_told(client_as, officer):
    at = shift(timezone.now(), -5)
    candidate = CandidateFactory(created_at=at)
    ApplicationFactory(candidate=candidate, status="rejected", applied_at=at, ended_at=at, ended_by=officer)
    rule = RetentionRule.objects.get(key="rejected")
    browser, address = client_as(officer), page("candidates_retentionrule_change", rule.pk)
    seen = browser.post(address, {**fields_of(rule, months=3), "_preview": "1"}).content.decode()
    assert "Erased with the next run" in seen
    assert "Of all 1 people" in seen
    rule.refresh_from_db()
    assert rule.months == 6
    stale = fields_of(rule, months=4)
    browser.post(address, fields_of(rule, months=3))
    rule.refresh_from_db()
    assert (rule.months, rule.changed_by) == (3, officer)
    told = browser.post(address, stale, follow=True).content.decode()
    assert "Somebody changed this rule since you read it" in told
    rule.refresh_from_db()
    assert rule.months == 3


def test_two_rules_in_force_for_one_case_are_refused(client_as, officer):
    rule = RetentionRule.objects.get(key="rejected")
    browser = client_as(officer)
    said = fields_of(rule, name="Another", months=2)
    answer = browser.post(page("candidates_retentionrule_add"), said, follow=True)
    shown = answer.content.decode()
    assert "same case" in shown, shown[shown.find("errornote") - 200 : shown.find("errornote") + 600]
    assert RetentionRule.objects.filter(name="Another").count() == 0


def test_open_requests_stand_with_their_dates_and_overdue_ones_are_told(client_as, officer, recruiter, person):
    late = CandidateFactory(full_name="Ada Late")
    now = timezone.now()
    erasures.request(candidate=person, by=recruiter, channel="admin", reason="", now=now, wait=timedelta(hours=1))
    data_exports.request(candidate=late, by=None, channel="self_service", now=now - timedelta(days=31))
    shown = client_as(officer).get(page("privacy_requests")).content.decode()
    assert shown.index("Ada Late") < shown.index("Jane Doe")
    assert "overdue since" in shown
    from candidates.actions import privacy_upkeep

    assert privacy_upkeep.tell_overdue(now=now) == 1
    assert privacy_upkeep.tell_overdue(now=now) == 0
    assert "A copy of somebody's data is overdue" in officer.notifications.get().text
    assert [one.level for one in privacy_requests._findings()] == ["serious"]


def test_requests_about_hidden_people_are_in_no_list(client_as, officer, recruiter):
    job = JobFactory(confidential=True)
    job.team.create(user=recruiter, role="recruiter")
    hidden = ApplicationFactory(job=job, candidate=CandidateFactory(full_name="Hidden Person")).candidate
    erasures.request(candidate=hidden, by=recruiter, channel="admin", reason="", now=timezone.now())
    RetentionDue.objects.create(candidate=hidden, due_at=timezone.now(), clock="rejected", since=timezone.now(),
                                found_at=timezone.now())  # fmt: skip
    for name in ("privacy_requests", "retention_due", "candidates_erasure_changelist"):
        assert "Hidden Person" in client_as(recruiter).get(page(name)).content.decode(), name
        assert "Hidden Person" not in client_as(officer).get(page(name)).content.decode(), name
    one = Erasure.objects.get()
    assert client_as(officer).get(page("candidates_erasure_change", one.pk)).status_code in {302, 404}


def test_many_are_erased_after_a_page_that_says_what_happens(client_as, officer, settings):
    people = [CandidateFactory() for _ in range(3)]
    legal_holds.place(scope="candidate", target_ref=people[0].pk, reason="Claim", by=officer, now=timezone.now())
    said = {"action": "erase", "_selected_action": [str(one.pk) for one in people]}
    browser, address = client_as(officer), page("candidates_candidate_changelist")
    asks = browser.post(address, said).content.decode()
    assert "are erased" in asks
    assert not Erasure.objects.exists()
    browser.post(address, {**said, "confirmed": "1", "reason": "Fair of 2024"})
    assert not Erasure.objects.exists()
    browser.post(address, {**said, "confirmed": "1", "reason": "Fair of 2024", "sure": "on"})
    assert set(Erasure.objects.values_list("candidate", flat=True)) == {one.pk for one in people[1:]}


def test_a_second_person_agrees_on_the_page(client_as, officer, settings):
    settings.ERASURE_TWO_PEOPLE = True
    one = erasures.request_many(candidates=[CandidateFactory()], by=officer, reason="Old", now=timezone.now())[0]
    mine = client_as(officer).get(page("candidates_erasure_change", one.pk)).content.decode()
    assert "Agree to the erasure" not in mine
    colleague = UserFactory(role="Privacy officer")
    theirs = client_as(colleague).get(page("candidates_erasure_change", one.pk)).content.decode()
    assert "Agree to the erasure" in theirs
    client_as(colleague).post(page("candidates_erasure_confirm", one.pk))
    assert finish(one.pk).state == "done"


def test_the_pages_cost_the_same_for_three_as_for_thirty(client_as, officer, assert_queries):
    browser = client_as(officer)
    for _ in range(30):
        one = CandidateFactory()
        erasures.request(candidate=one, by=None, channel="self_service", reason="", now=timezone.now())
        RetentionDue.objects.create(candidate=one, due_at=timezone.now(), clock="rejected", since=timezone.now(),
                                    found_at=timezone.now())  # fmt: skip
    for name in ("privacy_requests", "retention_due"):
        browser.get(page(name))
        with assert_queries(f"admin_{name}"):
            browser.get(page(name))
    with assert_queries("admin_erasure_list"):
        browser.get(page("candidates_erasure_changelist"))


def test_a_law_that_asks_for_records_refuses_a_request_and_says_until_when(recruiter):
    at = shift(timezone.now(), -2)
    job = JobFactory(country="US")
    candidate = ApplicationFactory(job=job, status="rejected", applied_at=at, ended_at=at, ended_by=recruiter).candidate
    RetentionRule.objects.filter(key="us-rejected").update(active=True)
    with pytest.raises(erasures.KeptByLaw, match="A law asks to keep this person's records until"):
        erasures.request(candidate=candidate, by=None, channel="self_service", reason="", now=timezone.now())
    assert issubclass(erasures.KeptByLaw, legal_holds.UnderLegalHold)
