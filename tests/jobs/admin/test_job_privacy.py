"""A job's own rules of privacy: who reads them, who sets them, and that reading changes nothing."""

import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from audit.models import Event
from candidates.models import CandidateEmail, Notice
from jobs.actions import job_notices, review_requests
from jobs.models import JobPrivacy, RankingOptOut
from tests.factories import ApplicationFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/candidates/notice/[0-9a-f-]{36}/")


def test_a_notice_is_a_link_only_for_who_may_read_notices(recruiter, hiring_manager, client_as):
    job = JobFactory(team={hiring_manager: "hiring_manager"}, country="DE")
    address = f"/jobs/job/{job.pk}/privacy/"
    job_notices.kept_of_job(job, now=timezone.now())
    of_recruiter = client_as(recruiter).get(address).content.decode()
    of_manager = client_as(hiring_manager).get(address).content.decode()
    assert LINK.search(of_recruiter)
    assert "How we use your application" in of_manager
    assert not LINK.search(of_manager)


def test_a_notice_answers_403_without_the_permission_and_404_where_there_is_none(
    recruiter, hiring_manager, client_as
):  # fmt: skip
    notice = Notice.objects.create(kind="privacy", title="T", text="T", sha256=Notice.digest("T", "T"))
    address = f"/candidates/notice/{notice.pk}/change/"
    gone = f"/candidates/notice/{JobFactory().pk}/change/"
    assert client_as(hiring_manager).get(address).status_code == 403
    assert client_as(hiring_manager).get(gone).status_code == 403
    assert client_as(recruiter).get(address).status_code == 200
    assert client_as(recruiter).get(gone).status_code == 404


def test_reading_the_rules_of_a_job_publishes_no_text(recruiter, client_as):
    job = JobFactory(country="DE")
    page = client_as(recruiter).get(f"/jobs/job/{job.pk}/privacy/").content.decode()
    assert "How we use your application" in page
    # A text that is no row has no page to lead to.
    assert not LINK.search(page)
    assert not Notice.objects.exists()
    assert not Event.objects.filter(action="notice.published").exists()


def test_the_rules_of_a_job_that_a_colleague_set_meanwhile_are_not_written_over(recruiter, client_as):
    job = JobFactory(country="DE")
    browser, address = client_as(recruiter), f"/jobs/job/{job.pk}/privacy/"
    said = {"of": "chosen", "codes": ["eu"], "off": "1", "why": "Few people apply."}
    browser.post(address, said)
    privacy = JobPrivacy.objects.get(job=job)
    assert (privacy.ranking_off, privacy.ranking_off_for, privacy.jurisdictions) == (True, "Few people apply.", ["eu"])
    told = browser.post(address, {"of": "place", "seen": "2026-11-02T12:00:00+00:00"}, follow=True).content.decode()
    assert "Somebody set the rules of this job since you read them" in told
    seen = privacy.updated_at.isoformat()
    browser.post(address, {"of": "place", "seen": seen})
    privacy.refresh_from_db()
    assert (privacy.ranking_off, privacy.ranking_off_for, privacy.jurisdictions) == (False, "", None)


def test_the_switches_count_no_job_that_their_reader_does_not_see(recruiter, operator, client_as):
    JobFactory(country="DE", status="open", team={recruiter: "recruiter"})
    JobFactory(country="DE", status="open", confidential=True)
    shown = client_as(recruiter).get("/jobs/jurisdictions/").content.decode()
    assert "1 open job<" in shown
    assert "2 open jobs" not in shown
    # Operators set the switches and see no jobs at all.
    assert "open job" not in client_as(operator).get("/jobs/jurisdictions/").content.decode()


def test_nobody_is_left_out_of_rankings_without_the_way_they_said_so(recruiter, client_as):
    person = ApplicationFactory().candidate
    browser, address = client_as(recruiter), f"/candidates/candidate/{person.pk}/ranking/"
    for channel in ("", "by pigeon, which is longer than any way there is"):
        assert "Say how they told you." in browser.post(address, {"channel": channel}, follow=True).content.decode()
    assert not RankingOptOut.objects.exists()
    browser.post(address, {"channel": "phone"})
    browser.post(address, {"do": "in", "channel": "x" * 40})
    assert RankingOptOut.objects.standing().count() == 1
    browser.post(address, {"do": "in", "channel": "phone"})
    assert not RankingOptOut.objects.standing().exists()


def test_a_review_is_answered_by_who_decides_and_did_not_decide_before(recruiter, coordinator, client_as):
    one = ApplicationFactory(status="rejected", ended_at=timezone.now(), ended_by=recruiter)
    asked = review_requests.ask(application=one, channel="phone", message="I have six years of it.", now=timezone.now())
    address = f"/jobs/reviewrequest/{asked.pk}/change/"
    own = client_as(recruiter).get(address).content.decode()
    assert "You took this decision" in own
    assert 'name="text"' not in own
    assert client_as(recruiter).post(address, {"do": "uphold", "text": "No."}).status_code == 400
    reader = UserFactory(is_staff=True)
    reader.groups.add(Group.objects.get(name="Privacy officer"))
    page = client_as(reader).get(address).content.decode()
    assert "Somebody who decides about applications of this job answers this." in page
    assert client_as(reader).post(address, {"do": "change", "text": "Yes."}).status_code == 403
    asked.refresh_from_db()
    assert asked.state == "open"
    CandidateEmail.objects.filter(candidate=one.candidate).delete()
    told = client_as(coordinator).post(address, {"do": "uphold", "text": "It stands."}, follow=True).content.decode()
    assert "No address of theirs is known" in told
    asked.refresh_from_db()
    assert (asked.state, asked.answer, asked.answered_by) == ("upheld", "It stands.", coordinator)
