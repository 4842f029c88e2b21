"""Answers that a program brings: written, taken back, and never read."""

import pytest

from hrassist.models import IdempotencyRecord
from jobs.models import JobPrivacy
from jobs.models.demographic import DemographicAnswer
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(recruiter):
    application = ApplicationFactory(job=JobFactory(country="US", city="Boston", team={recruiter: "recruiter"}))
    JobPrivacy.objects.create(job=application.job, asks_demographics="yes", updated_by=recruiter)
    return application


@pytest.fixture
def address(application):
    return f"/api/v1/applications/{application.pk}/demographics"


def test_an_answer_is_brought_and_taken_back_and_never_given_out(api_as, recruiter, address):
    api = api_as(recruiter)
    said = {"sex": "female", "race": "native", "asked_at": "2026-11-02T08:00:00Z"}
    brought = api.post(address, said, format="json", HTTP_IDEMPOTENCY_KEY="again-and-again")
    assert (brought.status_code, brought.content) == (204, b"")
    kept = DemographicAnswer.objects.get()
    assert (kept.sex, kept.race, kept.channel, kept.consent_version) == ("female", "native", "api", "")
    assert kept.asked_at.isoformat() == "2026-11-02T08:00:00+00:00"
    # The digest of a body with so few possible texts is the answer itself.
    assert not IdempotencyRecord.objects.exists()
    assert api.get(address).status_code == 405
    assert api.delete(address).status_code == 204
    assert not DemographicAnswer.objects.exists()


@pytest.mark.parametrize(
    ("said", "status"),
    [({"sex": "yes"}, 400), ({"gender": "male"}, 400), ({"sex": "male", "asked_at": "soon"}, 400), ({}, 204)],
)
def test_what_does_not_fit_is_refused(api_as, recruiter, address, said, status):
    assert api_as(recruiter).post(address, said, format="json").status_code == status
    assert not DemographicAnswer.objects.exists()


def test_only_who_brings_answers_for_what_they_see_gets_there(api_as, coordinator, interviewer, recruiter, address):
    assert api_as(coordinator).post(address, {"sex": "male"}, format="json").status_code == 403
    assert api_as(recruiter, scopes=("applications:read",)).post(address, {}, format="json").status_code == 403
    hidden = ApplicationFactory(job=JobFactory(confidential=True))
    there = f"/api/v1/applications/{hidden.pk}/demographics"
    for answer in (api_as(recruiter).post(there, {"sex": "male"}, format="json"), api_as(recruiter).delete(there)):
        assert answer.status_code == 404
    assert not DemographicAnswer.objects.exists()


def test_where_nobody_is_asked_a_program_is_told(api_as, recruiter, address):
    JobPrivacy.objects.update(asks_demographics="no")
    refused = api_as(recruiter).post(address, {"sex": "male"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_asked")
