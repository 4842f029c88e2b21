from __future__ import annotations

from typing import Any

import pytest

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import User
from jobs.actions import jobs
from jobs.models import Job
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


def test_a_new_job_is_a_draft_with_stages_openings_and_its_maker_on_the_team(recruiter: User, events: Any) -> None:
    job = jobs.create(by=recruiter, now=NOON, facts={"title": "Nurse", "city": "Oslo"}, openings=3)
    assert (job.status, job.created_at) == ("draft", NOON)
    assert [one.kind for one in job.stages.all()] == ["applied", "screen", "interview", "offer", "hired"]
    assert [one.number for one in job.openings.all()] == [1, 2, 3]
    assert [(one.user, one.role) for one in job.team.all()] == [(recruiter, "recruiter")]
    assert events("job.created")[0].changes == {"openings": 3, "confidential": False}


def test_the_maker_of_a_confidential_job_sees_it_and_other_recruiters_do_not(
    recruiter: User, coordinator: User
) -> None:
    job = jobs.create(by=recruiter, now=NOON, facts={"title": "New CEO", "confidential": True})
    assert list(Job.objects.visible_to(recruiter)) == [job]
    assert not Job.objects.visible_to(coordinator).exists()


def test_who_makes_a_job_confidential_keeps_sight_of_it(recruiter: User) -> None:
    job = JobFactory()
    jobs.update(job=job, by=recruiter, now=NOON, facts={"confidential": True})
    assert list(Job.objects.visible_to(recruiter)) == [job]


@pytest.mark.parametrize(
    ("facts", "more", "code"),
    [
        ({"title": " "}, {}, "no_title"),
        ({"title": "Nurse"}, {"openings": 0}, "openings"),
        ({"title": "Nurse"}, {"stages": [("New", "applied")]}, "bad_pipeline"),
        ({"title": "Nurse"}, {"stages": [("Hired", "hired"), ("Late", "hired")]}, "bad_pipeline"),
        ({"title": "Nurse"}, {"stages": [("Same", "applied"), ("same", "hired")]}, "bad_pipeline"),
    ],
)
def test_a_job_that_could_not_work_is_refused_with_a_code(
    facts: dict[str, Any], more: dict[str, Any], code: str, recruiter: User
) -> None:
    with pytest.raises(DomainError) as refused:
        jobs.create(by=recruiter, now=NOON, facts=facts, **more)
    assert refused.value.code == code
    assert not Job.objects.exists()


@pytest.mark.parametrize("status", Job.Status.values)
@pytest.mark.parametrize(
    ("verb", "to"), [("open_job", "open"), ("hold", "on_hold"), ("close", "closed"), ("archive", "archived")]
)
def test_a_verb_moves_a_job_exactly_where_the_table_allows(status: str, verb: str, to: str, recruiter: User) -> None:
    job = JobFactory(status=status)
    if to in Job.MOVES[status]:
        assert getattr(jobs, verb)(job=job, by=recruiter, now=NOON).status == to
    else:
        with pytest.raises(Conflict):
            getattr(jobs, verb)(job=job, by=recruiter, now=NOON)
        job.refresh_from_db()
        assert job.status == status


def test_a_job_is_not_closed_over_the_heads_of_people_who_wait(recruiter: User) -> None:
    job = ApplicationFactory().job
    with pytest.raises(jobs.StillActive) as refused:
        jobs.close(job=job, by=recruiter, now=NOON)
    assert refused.value.message.startswith("1 applications")


def test_closing_cancels_the_seats_that_are_free_and_reopening_adds_one(recruiter: User, events: Any) -> None:
    job = jobs.create(by=recruiter, now=NOON, facts={"title": "Nurse"}, openings=2)
    jobs.open_job(job=job, by=recruiter, now=NOON)
    jobs.close(job=job, by=recruiter, now=NOON)
    assert {(one.close_reason, one.closed_at) for one in job.openings.all()} == {("cancelled", NOON)}
    again = jobs.reopen(job=job, by=recruiter, now=NOON)
    assert (again.status, again.closed_at) == ("open", None)
    assert [one.number for one in job.openings.filter(closed_at__isnull=True)] == [3]
    assert [one.action for one in events("job.")][-2:] == ["job.reopened", "job.openings_added"]


def test_an_archived_job_comes_back_closed(recruiter: User) -> None:
    assert jobs.reopen(job=JobFactory(status="archived"), by=recruiter, now=NOON).status == "closed"


def test_a_change_over_a_newer_one_is_refused(recruiter: User) -> None:
    job = JobFactory()
    read = job.updated_at
    jobs.update(job=job, by=recruiter, now=NOON, facts={"city": "Oslo"}, expected_updated_at=read)
    with pytest.raises(Conflict) as refused:
        jobs.update(job=job, by=recruiter, now=NOON, facts={"city": "Rome"}, expected_updated_at=read)
    assert refused.value.code == "job_changed"


def test_a_change_that_changes_nothing_leaves_no_event(recruiter: User, events: Any) -> None:
    job = JobFactory(city="Oslo")
    jobs.update(job=job, by=recruiter, now=NOON, facts={"city": "Oslo"})
    assert events("job.") == []


def test_joining_the_team_gives_sight_and_leaving_takes_it(recruiter: User, interviewer: User, events: Any) -> None:
    job = JobFactory()
    for _ in range(2):
        jobs.add_team_member(job=job, user=interviewer, role="interviewer", by=recruiter, now=NOON)
    assert job.team.count() == 1
    assert list(Job.objects.visible_to(interviewer)) == [job]
    assert jobs.remove_team_member(job=job, user=interviewer, by=recruiter, now=NOON) == 1
    assert jobs.remove_team_member(job=job, user=interviewer, by=recruiter, now=NOON) == 0
    assert not Job.objects.visible_to(interviewer).exists()
    assert [one.action for one in events("job.")] == ["job.team_added", "job.team_removed"]


def test_somebody_whose_account_is_off_joins_no_team(recruiter: User, interviewer: User) -> None:
    interviewer.is_active = False
    with pytest.raises(DomainError):
        jobs.add_team_member(job=JobFactory(), user=interviewer, role="interviewer", by=recruiter, now=NOON)
