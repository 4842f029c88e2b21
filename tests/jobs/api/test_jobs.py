from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from hrassist.models import User
from jobs.models import Job
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs"
ApiAs = Callable[..., APIClient]


def test_a_job_goes_its_whole_way(recruiter: User, api_as: ApiAs) -> None:
    api = api_as(recruiter)
    made = api.post(JOBS, {"title": "Nurse", "country": "NO", "openings": 2})
    assert (made.status_code, made["Location"]) == (201, f"{JOBS}/{made.json()['id']}")
    assert (made.json()["status"], len(made.json()["openings"]), len(made.json()["stages"])) == ("draft", 2, 5)
    here = made["Location"]
    steps = [
        ("open", "open"), ("hold", "on_hold"), ("open", "open"), ("close", "closed"), ("archive", "archived"),
        ("reopen", "closed"), ("reopen", "open"),
    ]  # fmt: skip
    for verb, status in steps:
        assert api.post(f"{here}/{verb}").json()["status"] == status
    assert [one["close_reason"] for one in api.get(here).json()["openings"]] == ["cancelled", "cancelled", ""]


def test_a_verb_that_does_not_fit_the_status_is_a_conflict(recruiter: User, api_as: ApiAs) -> None:
    answer = api_as(recruiter).post(f"{JOBS}/{JobFactory(status='draft').pk}/hold")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_status")
    assert answer.json()["detail"] == "A job that is draft cannot become on hold."


def test_own_stages_are_taken_in_their_order(recruiter: User, api_as: ApiAs) -> None:
    stages = [
        {"name": "New", "kind": "applied"},
        {"name": "Trial day", "kind": "interview"},
        {"name": "In", "kind": "hired"},
    ]
    job = api_as(recruiter).post(JOBS, {"title": "Baker", "stages": stages}).json()
    assert [(one["name"], one["position"]) for one in job["stages"]] == [("New", 0), ("Trial day", 1), ("In", 2)]
    listed = api_as(recruiter).get(f"/api/v1/stages?job={job['id']}").json()["results"]
    assert [one["name"] for one in listed] == ["New", "Trial day", "In"]
    wrong = api_as(recruiter).post(JOBS, {"title": "Baker", "stages": stages[:2]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_pipeline")


def test_a_change_names_only_what_changes_and_not_over_a_newer_one(recruiter: User, api_as: ApiAs) -> None:
    api, job = api_as(recruiter), JobFactory(city="Berlin")
    read = api.get(f"{JOBS}/{job.pk}").json()
    changed = api.patch(f"{JOBS}/{job.pk}", {"title": "Head Nurse", "updated_at": read["updated_at"]}).json()
    assert (changed["title"], changed["city"]) == ("Head Nurse", "Berlin")
    late = api.patch(f"{JOBS}/{job.pk}", {"title": "Nurse", "updated_at": read["updated_at"]})
    assert (late.status_code, late.json()["code"]) == (409, "job_changed")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=open", ["Nurse"]),
        ("q=nur", ["Nurse"]),
        ("confidential=false", ["Baker", "Nurse"]),
        ("external_id=erp-1", ["Baker"]),
        ("created_before=2000-01-01T00:00:00Z", []),
        ("updated_after=2000-01-01T00:00:00Z", ["Baker", "Nurse"]),
    ],
)
def test_a_list_is_narrowed_by(query: str, found: list[str], recruiter: User, api_as: ApiAs) -> None:
    JobFactory(title="Nurse")
    JobFactory(title="Baker", status="draft", external_id="erp-1")
    rows = api_as(recruiter).get(f"{JOBS}?{query}").json()["results"]
    assert sorted(one["title"] for one in rows) == found


def test_a_confidential_job_is_for_its_team_alone_in_every_answer(
    recruiter: User, coordinator: User, api_as: ApiAs
) -> None:
    secret = JobFactory(confidential=True, title="New CEO", team={recruiter: "recruiter"})
    ApplicationFactory(job=secret)
    assert len(api_as(recruiter).get(JOBS).json()["results"]) == 1
    api = api_as(coordinator)
    for address in (
        JOBS, f"{JOBS}?q=CEO", f"/api/v1/stages?job={secret.pk}", f"/api/v1/applications?job={secret.pk}",
        "/api/v1/applications", "/api/v1/candidates",
    ):  # fmt: skip
        answer = api.get(f"{address}{'&' if '?' in address else '?'}count=true").json()
        assert (answer["results"], answer["count"]) == ([], 0)
    assert api.get(f"{JOBS}/{secret.pk}").status_code == 404
    assert api.get(f"{JOBS}/{secret.pk}/matches").status_code == 404
    assert api_as(recruiter).post(f"{JOBS}/{secret.pk}/hold").status_code == 200


def test_a_team_is_joined_and_left(recruiter: User, interviewer: User, api_as: ApiAs) -> None:
    job = JobFactory()
    api, theirs = api_as(recruiter), api_as(interviewer)
    assert theirs.get(f"{JOBS}/{job.pk}").status_code == 404
    said = {"user": interviewer.pk, "role": "interviewer"}
    assert api.post(f"{JOBS}/{job.pk}/team", said).status_code == 201
    assert theirs.get(f"{JOBS}/{job.pk}").json()["team"] == [said]
    assert api.delete(f"{JOBS}/{job.pk}/team/{interviewer.pk}").status_code == 204
    assert api.delete(f"{JOBS}/{job.pk}/team/{interviewer.pk}").status_code == 404
    assert theirs.get(f"{JOBS}/{job.pk}").status_code == 404


def test_a_coordinator_reads_jobs_and_changes_none(coordinator: User, api_as: ApiAs) -> None:
    job, api = JobFactory(), api_as(coordinator)
    assert api.get(f"{JOBS}/{job.pk}").status_code == 200
    for refused in (
        api.post(JOBS, {"title": "Nurse"}),
        api.patch(f"{JOBS}/{job.pk}", {"title": "Nurse"}),
        api.post(f"{JOBS}/{job.pk}/close"),
        api.post(f"{JOBS}/{job.pk}/team", {"user": coordinator.pk, "role": "recruiter"}),
    ):
        assert refused.status_code == 403
    assert not Job.objects.filter(title="Nurse").exists()


@pytest.mark.parametrize("jobs", [3, 30])
def test_a_page_takes_the_same_queries_for_few_and_many(
    jobs: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    JobFactory.create_batch(jobs)
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_jobs_list"):
        assert len(api.get(JOBS).json()["results"]) == jobs
