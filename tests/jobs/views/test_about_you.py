"""The two voluntary questions on both public pages: apart from the form, shown to nobody else, taken back at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.actions import demographics, intake
from jobs.models import IntakeSubmission, JobPrivacy
from jobs.models.demographic import DemographicAnswer
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import TrackingLinkFactory
from tests.jobs.views.test_my import link_for

pytestmark = pytest.mark.django_db
STATUS = "/apply/status/knows-the-secret/"
QUESTIONS = f"{STATUS}questions/"


@pytest.fixture
def job(recruiter):
    job = JobFactory(title="Billing engineer", country="US", city="Boston", team={recruiter: "recruiter"})
    JobPrivacy.objects.create(job=job, asks_demographics="yes", updated_by=recruiter)
    return job


@pytest.fixture
def submission(job, recruiter):
    return IntakeSubmission.objects.create(
        link=TrackingLinkFactory(job=job, created_by=recruiter), job=job, full_name="Jane", email="jane@example.org",
        consented_at=timezone.now(), secret_digest=intake.digest("knows-the-secret"),
    )  # fmt: skip


@pytest.fixture
def application(job):
    return ApplicationFactory(job=job, candidate=CandidateFactory(full_name="Jane Doe", email="jane@example.org"))


@pytest.fixture
def visitor(application):
    client = Client()
    client.get(link_for(application.candidate))
    return client


def test_after_the_form_somebody_answers_on_a_page_of_its_own_and_takes_it_back(submission):
    browser = Client()
    assert QUESTIONS in browser.get(STATUS).text
    page = browser.get(QUESTIONS)
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("private, no-store", "same-origin")
    assert "You need not answer." in page.text
    assert page.text.count("I prefer not to say") == 2
    sent = browser.post(QUESTIONS, {"sex": "female", "race": "several", "do": "answer"})
    assert (sent.status_code, sent["Location"]) == (302, STATUS)
    kept = DemographicAnswer.objects.get()
    assert (kept.submission, kept.sex, kept.race, kept.channel) == (submission, "female", "several", "apply_form")
    assert "You answered." in browser.get(STATUS).text
    # Who else has the address learns that there is an answer, and not which.
    assert 'value="female"\n                   checked' not in browser.get(QUESTIONS).text
    browser.post(QUESTIONS, {"do": "withdraw"})
    assert not DemographicAnswer.objects.exists()
    assert "See the questions" in browser.get(STATUS).text


def test_the_form_itself_does_not_ask(submission):
    page = Client().get(f"/apply/{submission.link.token}/").text.lower()
    assert "ethnicity" not in page
    assert 'name="sex"' not in page


def test_where_nobody_is_asked_there_is_no_such_page(submission):
    JobPrivacy.objects.update(asks_demographics="")
    assert QUESTIONS not in Client().get(STATUS).text
    assert Client().get(QUESTIONS).status_code == 404
    assert Client().post(QUESTIONS, {"sex": "female"}).status_code == 404
    assert Client().get("/apply/status/guessed/questions/").status_code == 404


def test_an_answer_that_is_not_there_is_told_beside_its_question(submission):
    answer = Client().post(QUESTIONS, {"sex": "dragon", "race": "asian"})
    assert answer.status_code == 422
    assert "Choose one of the answers, or leave the question open." in answer.text
    assert not DemographicAnswer.objects.exists()


def test_forms_of_other_sites_are_refused(submission):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(QUESTIONS, {"sex": "female"}).status_code == 403


def test_on_their_own_page_a_person_sees_changes_and_takes_back_their_answer(visitor, application, events):
    here = f"/my/page/about/{application.pk}/"
    assert here in visitor.get("/my/page/").text
    visitor.post(here, {"sex": "male", "race": "", "asked": demographics.asked(timezone.now() - timedelta(minutes=2))})
    kept = DemographicAnswer.objects.get()
    assert (kept.application, kept.sex, kept.channel) == (application, "male", "self_service")
    assert kept.asked_at < kept.answered_at
    page = " ".join(visitor.get(here).text.split())
    assert 'value="male" checked' in page
    assert "Your voluntary answers" in visitor.get("/my/page/").text
    told = visitor.post(here, {"do": "withdraw"}, follow=True).text
    assert "Nothing of it is kept." in told
    assert not DemographicAnswer.objects.exists()
    assert [one.actor_type for one in events("demographic_answer.withdrawn")] == ["candidate"]


def test_nobody_answers_for_another_persons_application(visitor, job):
    other = ApplicationFactory(job=job)
    here = f"/my/page/about/{other.pk}/"
    assert visitor.get(here).status_code == 404
    assert visitor.post(here, {"sex": "male"}).status_code == 404
    assert not DemographicAnswer.objects.exists()


def test_who_answered_may_take_it_back_where_nobody_is_asked_any_more(visitor, application):
    here = f"/my/page/about/{application.pk}/"
    visitor.post(here, {"sex": "male"})
    JobPrivacy.objects.update(asks_demographics="no")
    page = visitor.get(here).text
    assert "Take my answer back" in page
    assert "I agree, keep my answer" not in page
    visitor.post(here, {"do": "withdraw"})
    assert visitor.get(here).status_code == 404
