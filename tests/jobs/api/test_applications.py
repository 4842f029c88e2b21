from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from hrassist.models import User
from jobs.models import Application, Opening, RejectionReason
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
APPLICATIONS = "/api/v1/applications"
ApiAs = Callable[..., APIClient]


def test_a_person_applies_advances_and_is_hired(recruiter: User, api_as: ApiAs) -> None:
    job, person = JobFactory(), CandidateFactory()
    Opening.objects.create(job=job)
    api = api_as(recruiter)
    said = {"candidate": str(person.pk), "job": str(job.pk), "source": "fair", "applied_at": "2026-01-05T10:00:00Z"}
    made = api.post(APPLICATIONS, said)
    assert made.status_code == 201
    assert (made.json()["applied_at"], made.json()["source"]) == ("2026-01-05T10:00:00Z", "fair")
    here = made["Location"]
    for _ in range(3):
        stage = api.get(here).json()["stage"]
        assert api.post(f"{here}/advance", {"expected_stage": stage}).status_code == 200
    assert api.post(f"{here}/advance").json()["code"] == "last_stage"
    hired = api.post(f"{here}/hire", {"note": "Starts in March."}).json()
    assert (hired["status"], hired["transitions"][-1]["note"]) == ("hired", "Starts in March.")
    assert len(hired["transitions"]) == 5
    assert api.get(f"/api/v1/jobs/{job.pk}").json()["openings"][0]["filled_by"] == hired["id"]


def test_who_looks_at_an_old_stage_is_told_the_new_one(recruiter: User, api_as: ApiAs) -> None:
    application = ApplicationFactory()
    api, seen = api_as(recruiter), application.stage_id
    api.post(f"{APPLICATIONS}/{application.pk}/advance", {"expected_stage": seen})
    late = api.post(f"{APPLICATIONS}/{application.pk}/advance", {"expected_stage": seen})
    assert (late.status_code, late.json()["code"]) == (409, "application_moved")
    assert "Screening" in late.json()["detail"]


def test_reject_and_unreject_with_a_reason(recruiter: User, api_as: ApiAs) -> None:
    application = ApplicationFactory()
    reason = RejectionReason.objects.create(name="Too junior")
    api, here = api_as(recruiter), f"{APPLICATIONS}/{application.pk}"
    assert api.post(f"{here}/reject").json()["errors"] == {"reason": ["This field is required."]}
    listed = api.get("/api/v1/rejection-reasons?kind=we_rejected&active=true").json()["results"]
    assert {"id": reason.pk, "name": "Too junior", "kind": "we_rejected", "active": True} in listed
    ended = api.post(f"{here}/reject", {"reason": reason.pk}).json()
    assert (ended["status"], ended["reason"], ended["ended_at"] is None) == ("rejected", reason.pk, False)
    back = api.post(f"{here}/unreject").json()
    assert (back["status"], back["reason"], back["ended_at"]) == ("active", None, None)


def test_withdraw_and_move(recruiter: User, api_as: ApiAs) -> None:
    application = ApplicationFactory()
    offer = application.job.stages.get(kind="offer")
    api, here = api_as(recruiter), f"{APPLICATIONS}/{application.pk}"
    assert api.post(f"{here}/move", {"stage": offer.pk}).json()["stage"] == offer.pk
    elsewhere = JobFactory().stages.first()
    assert api.post(f"{here}/move", {"stage": elsewhere.pk}).json()["errors"].keys() == {"stage"}
    assert api.post(f"{here}/withdraw").json()["status"] == "withdrawn"
    assert api.post(f"{here}/move", {"stage": offer.pk}).json()["code"] == "application_ended"


def test_applying_twice_is_a_conflict_and_for_a_hidden_person_or_job_as_for_none(
    coordinator: User, api_as: ApiAs
) -> None:
    application = ApplicationFactory()
    api = api_as(coordinator)
    said = {"candidate": str(application.candidate_id), "job": str(application.job_id)}
    assert api.post(APPLICATIONS, said).json()["code"] == "already_applied"
    hidden = ApplicationFactory(job=JobFactory(confidential=True))
    for field, pk in (("job", hidden.job_id), ("candidate", hidden.candidate_id)):
        answer = api.post(APPLICATIONS, said | {field: str(pk)})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert Application.objects.count() == 2


def test_nobody_applies_in_the_future(recruiter: User, api_as: ApiAs) -> None:
    said = {"candidate": str(CandidateFactory().pk), "job": str(JobFactory().pk), "applied_at": "2999-01-01T00:00:00Z"}
    assert set(api_as(recruiter).post(APPLICATIONS, said).json()["errors"]) == {"applied_at"}


def test_the_flat_list_is_narrowed_by_job_candidate_stage_and_status(recruiter: User, api_as: ApiAs) -> None:
    one, two = ApplicationFactory(), ApplicationFactory(source="fair")
    api = api_as(recruiter)
    api.post(f"{APPLICATIONS}/{two.pk}/withdraw")
    for query in (
        f"job={two.job_id}", f"candidate={two.candidate_id}", f"stage={two.stage_id}", "status=withdrawn",
        "source=fair",
    ):  # fmt: skip
        assert [row["id"] for row in api.get(f"{APPLICATIONS}?{query}").json()["results"]] == [str(two.pk)]
    everybody = api.get(f"{APPLICATIONS}?order=applied_at&applied_after=2000-01-01T00:00:00Z").json()["results"]
    assert {row["id"] for row in everybody} == {str(one.pk), str(two.pk)}


def test_a_hiring_manager_moves_people_of_their_job_and_knows_no_other(hiring_manager: User, api_as: ApiAs) -> None:
    mine = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    other = ApplicationFactory()
    api = api_as(hiring_manager)
    assert api.post(f"{APPLICATIONS}/{mine.pk}/advance").status_code == 200
    for verb in ("advance", "withdraw", "hire", "unreject"):
        assert api.post(f"{APPLICATIONS}/{other.pk}/{verb}").status_code == 404
    other.refresh_from_db()
    assert (other.status, other.stage.kind) == ("active", "applied")


def test_an_interviewer_moves_nobody(interviewer: User, api_as: ApiAs) -> None:
    mine = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"}))
    assert api_as(interviewer).post(f"{APPLICATIONS}/{mine.pk}/advance").status_code == 403


@pytest.mark.parametrize("people", [3, 30])
def test_a_page_takes_the_same_queries_for_few_and_many(
    people: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    ApplicationFactory.create_batch(people, job=JobFactory())
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_applications_list"):
        assert len(api.get(APPLICATIONS).json()["results"]) == people
