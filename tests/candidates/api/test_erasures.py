"""POST and GET /candidates/{id}/anonymize, and what is left of somebody's address."""

from __future__ import annotations

import pytest

from candidates.models import Erasure
from tests.candidates.erasure.conftest import erase, ledger_folder  # noqa: F401  their fixtures
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def address(candidate: object) -> str:
    return f"/api/v1/candidates/{getattr(candidate, 'pk', candidate)}/anonymize"


def test_it_is_asked_for_once_and_told_until_it_is_done(api_as, recruiter, events):
    candidate = CandidateFactory()
    client = api_as(recruiter)
    first = client.post(address(candidate), {"reason": "They wrote"}, format="json")
    assert first.status_code == 202
    assert first.json()["state"] == "waiting"
    again = client.post(address(candidate), {}, format="json")
    assert again.json()["id"] == first.json()["id"]
    assert client.get(address(candidate)).json()["state"] == "waiting"
    asked = events("erasure.requested")
    assert [one.changes["channel"] for one in asked] == ["api"]
    assert "They wrote" not in str([vars(one) for one in events()])


def test_afterwards_the_address_is_gone_for_who_saw_the_person_and_unknown_to_others(api_as, recruiter, erase):  # noqa: F811
    job = JobFactory()
    manager = UserFactory(role="Hiring manager")
    other = UserFactory(role="Hiring manager")
    job.team.create(user=manager, role="hiring_manager")
    candidate = ApplicationFactory(job=job).candidate
    erase(candidate)
    person = f"/api/v1/candidates/{candidate.pk}"
    gone = api_as(recruiter).get(person)
    assert (gone.status_code, gone.json()["code"]) == (410, "candidate_erased")
    assert api_as(manager).get(person).status_code == 410
    assert api_as(other).get(person).status_code == 404
    assert api_as(recruiter).post(address(candidate), {}, format="json").status_code == 410
    told = api_as(recruiter).get(address(candidate)).json()
    assert told["state"] == "done"
    assert told["certificate"]["person"]
    assert candidate.full_name not in str(told)
    assert candidate.pk not in [row["id"] for row in api_as(recruiter).get("/api/v1/candidates").json()["results"]]


def test_a_hold_answers_409_and_nothing_is_asked_for(api_as, recruiter):
    from django.utils import timezone

    from candidates.actions import legal_holds

    candidate = CandidateFactory()
    officer = UserFactory(role="Privacy officer")
    legal_holds.place(scope="candidate", target_ref=candidate.pk, reason="Claim", by=officer, now=timezone.now())
    answer = api_as(recruiter).post(address(candidate), {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "legal_hold")
    assert not Erasure.objects.exists()


def test_who_may_not_erase_or_does_not_see_the_person_asks_in_vain(api_as, hiring_manager, coordinator):
    candidate = CandidateFactory()
    assert api_as(coordinator).post(address(candidate), {}, format="json").status_code == 403
    assert api_as(hiring_manager).post(address(candidate), {}, format="json").status_code in {403, 404}
    assert api_as(hiring_manager).get(address(candidate)).status_code in {403, 404}
    assert not Erasure.objects.exists()
