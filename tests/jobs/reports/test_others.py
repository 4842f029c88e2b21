from datetime import date, timedelta

import pytest

from hrassist.lib.errors import DomainError
from jobs.models import DriveJob
from jobs.reports.drives import drive_progress
from jobs.reports.scope import Scope, last_days
from jobs.reports.sources import SourceQuality, source_quality
from jobs.reports.workload import workload
from tests.factories import JobFactory
from tests.hiring import DriveFactory, HumanDecisionFactory, InterviewFactory
from tests.jobs.reports.conftest import DAY_ZERO


def test_sources_are_told_with_how_far_their_people_got(life, scope, recruiter, hiring_manager):
    job, hidden = JobFactory(team={hiring_manager: "hiring_manager"}), JobFactory()
    life(job, source="Fair")
    life(job, (1, "interview"), source="Fair")
    life(job, (1, "interview"), (2, "offer"), (3, "hired"), source="Fair")
    life(job, (1, "offer"), (2, "rejected"))
    life(hidden, source="Board")
    found = source_quality(scope(hiring_manager))
    assert found == [SourceQuality("Fair", 3, 2, 1, 1), SourceQuality("No source", 1, 1, 1, 0)]
    assert found[0].share(found[0].hires) == pytest.approx(1 / 3)
    assert {one.source for one in source_quality(scope(recruiter))} == {"Fair", "No source", "Board"}


def test_workload_counts_open_jobs_active_applications_reviews_and_interviews(life, scope, recruiter, hiring_manager):
    mine = JobFactory(team={recruiter: "recruiter", hiring_manager: "hiring_manager"})
    closed = JobFactory(team={recruiter: "recruiter"}, status="closed")
    one, two = life(mine), life(mine)
    life(closed)
    now = DAY_ZERO + timedelta(days=3)
    HumanDecisionFactory(application=one, by=recruiter, at=now)
    HumanDecisionFactory(application=one, by=recruiter, at=now, undone_at=now)
    HumanDecisionFactory(application=two, by=recruiter, at=now - timedelta(days=30))
    times = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
    InterviewFactory(application=one, interviewers=[hiring_manager], **times)
    InterviewFactory(
        application=one,
        interviewers=[hiring_manager],
        status="cancelled",
        cancelled_at=now,
        cancelled_by=recruiter,
        **times,
    )
    found = {load.user: load for load in workload(scope(recruiter))}
    rosa, hugo = found["rosa"], found["hugo"]
    assert (rosa.open_jobs, rosa.applications, rosa.reviews, rosa.interviews) == (1, 2, 1, 0)
    assert (hugo.open_jobs, hugo.applications, hugo.reviews, hugo.interviews) == (1, 2, 0, 1)
    assert rosa.roles == "Recruiter"


def test_workload_tells_nothing_of_confidential_jobs(life, scope, recruiter, coordinator):
    life(JobFactory(team={coordinator: "recruiter"}, confidential=True))
    assert workload(scope(recruiter)) == []


def test_a_drive_counts_applications_of_its_jobs_during_its_days(life, scope, recruiter):
    job, other = JobFactory(), JobFactory()
    drive = DriveFactory(
        starts_on=date(2026, 9, 1),
        ends_on=date(2026, 9, 10),
        target_applications=4,
        target_hires=0,
        created_by=recruiter,
    )
    DriveJob.objects.create(drive=drive, job=job)
    life(job, came=-1)
    life(job)
    life(job, (30, "hired"), came=9.4)
    life(job, (2, "hired"), (3, "active"), came=1)
    life(job, came=9.6)
    life(other)
    (found,) = drive_progress(scope(recruiter), today=date(2026, 9, 5))
    assert (found.jobs, found.applications, found.hires) == (1, 3, 1)
    assert found.share(found.applications, found.target_applications) == 0.75
    assert found.share(found.hires, found.target_hires) is None
    assert found.elapsed == 0.5


def test_a_drive_counts_only_jobs_one_sees(life, scope, recruiter, hiring_manager):
    mine, hidden = JobFactory(team={hiring_manager: "hiring_manager"}), JobFactory()
    drive = DriveFactory(starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 10))
    for job in (mine, hidden):
        DriveJob.objects.create(drive=drive, job=job)
        life(job)
    (found,) = drive_progress(scope(hiring_manager), today=date(2026, 9, 5))
    assert (found.jobs, found.applications) == (1, 1)


def test_a_period_has_an_order_and_a_bound(recruiter):
    with pytest.raises(DomainError):
        Scope(user=recruiter, since=date(2026, 9, 2), until=date(2026, 9, 1))
    with pytest.raises(DomainError):
        Scope(user=recruiter, since=date(2020, 1, 1), until=date(2026, 9, 1))
    assert last_days(recruiter, today=date(2026, 9, 30), days=30).since == date(2026, 9, 1)
