from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from hrassist.models import User
from jobs.models import Job, Match, MatchEvidence, MatchRun
from tests.factories import CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db
ApiAs = Callable[..., APIClient]


def ranking(job: Job, *, by: User, people: int) -> MatchRun:
    """A stored ranking of invented people, each with a quote for the first criterion and none for the second."""
    run = MatchRun.objects.create(
        job=job,
        model_hash="0" * 64,
        weights={"dense": 1.0},
        criteria=[{"text": "Python", "kind": "must", "skills": []}, {"text": "Finnish", "kind": "must", "skills": []}],
        considered=people,
        ranked=people,
        milliseconds=12,
        created_by=by,
    )
    for rank in range(1, people + 1):
        resume = ResumeFactory()
        match = Match.objects.create(
            run=run, candidate=resume.candidate, resume=resume, rank=rank, score=1 / rank,
            components={"dense": 1 / rank}, must_covered=1, must_total=2,
        )  # fmt: skip
        MatchEvidence.objects.create(
            match=match, criterion=0, strength="strong", quote="Python", page=1, start=0, end=6, similarity=0.9
        )
        MatchEvidence.objects.create(match=match, criterion=1, strength="none")
    return run


def test_a_ranking_is_shown_best_first_with_evidence_and_on_record_before(
    recruiter: User, api_as: ApiAs, events: Any
) -> None:
    job = JobFactory()
    run = ranking(job, by=recruiter, people=3)
    shown = api_as(recruiter).get(f"/api/v1/jobs/{job.pk}/matches").json()
    assert (shown["id"], [one["rank"] for one in shown["matches"]]) == (str(run.pk), [1, 2, 3])
    assert [one["strength"] for one in shown["matches"][0]["evidence"]] == ["strong", "none"]
    event = events("match_run.viewed")[0]
    assert (event.target_id, event.job_id) == (str(run.pk), str(job.pk))
    assert event.changes["people"] == [one["candidate"] for one in shown["matches"]]


def test_a_ranking_of_somebody_else_does_not_exist(recruiter: User, coordinator: User, api_as: ApiAs) -> None:
    run = ranking(JobFactory(), by=recruiter, people=1)
    api = api_as(coordinator)
    assert api.get(f"/api/v1/match-runs/{run.pk}").status_code == 404
    assert api.get("/api/v1/match-runs").json()["results"] == []
    assert api.get(f"/api/v1/jobs/{run.job_id}/matches").json()["code"] == "no_match_run"


def test_whom_the_reader_may_no_longer_see_is_left_out_of_an_old_ranking(
    hiring_manager: User, api_as: ApiAs, events: Any
) -> None:
    job = JobFactory(team={hiring_manager: "hiring_manager"})
    run = ranking(job, by=hiring_manager, people=2)
    assert api_as(hiring_manager).get(f"/api/v1/match-runs/{run.pk}").json()["matches"] == []
    assert events("match_run.viewed")[0].changes["people"] == []


def test_rankings_are_listed_without_people(recruiter: User, api_as: ApiAs, events: Any) -> None:
    run = ranking(JobFactory(), by=recruiter, people=1)
    ranking(JobFactory(), by=recruiter, people=1)
    rows = api_as(recruiter).get(f"/api/v1/match-runs?job={run.job_id}").json()["results"]
    assert [one["id"] for one in rows] == [str(run.pk)]
    assert "matches" not in rows[0]
    assert events("match_run.viewed") == []


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 201}, {"country": "Germany"}, {"applicants_only": "maybe"}])
def test_a_ranking_that_cannot_be_is_not_run(wrong: dict[str, Any], recruiter: User, api_as: ApiAs) -> None:
    answer = api_as(recruiter).post(f"/api/v1/jobs/{JobFactory().pk}/matches", wrong)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(wrong))
    assert not MatchRun.objects.exists()


def test_a_job_one_may_not_see_is_not_ranked(hiring_manager: User, api_as: ApiAs) -> None:
    assert api_as(hiring_manager).post(f"/api/v1/jobs/{JobFactory().pk}/matches").status_code == 404


def test_a_coordinator_ranks_nobody(coordinator: User, api_as: ApiAs) -> None:
    CandidateFactory()
    assert api_as(coordinator).post(f"/api/v1/jobs/{JobFactory().pk}/matches").status_code == 403


@pytest.mark.parametrize("people", [2, 12])
def test_a_ranking_takes_the_same_queries_for_few_and_many(
    people: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    run = ranking(JobFactory(), by=recruiter, people=people)
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_match_run"):
        assert len(api.get(f"/api/v1/match-runs/{run.pk}").json()["matches"]) == people
