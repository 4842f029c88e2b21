"""What was taken back never happened: the figures before a step and after its undo are the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.actions import applications
from jobs.actions.applications import advance, hire, move, undo
from jobs.admin import funnel as bars
from jobs.models import DriveJob, Opening, StageTransition
from jobs.reports.drives import drive_progress
from jobs.reports.funnel import funnel
from jobs.reports.scope import last_days
from jobs.reports.sources import source_quality
from jobs.reports.time_in_stage import time_in_stage
from jobs.reports.time_to_hire import time_to_hire
from tests.factories import CandidateFactory, JobFactory
from tests.hiring import DriveFactory

NOW = timezone.now()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def job(recruiter):
    job = JobFactory(team={recruiter: "recruiter"})
    Opening.objects.create(job=job, number=1)
    today = timezone.localdate()
    drive = DriveFactory(starts_on=today - timedelta(days=20), ends_on=today, created_by=recruiter)
    DriveJob.objects.create(drive=drive, job=job)
    return job


@pytest.fixture
def one(job, recruiter):
    came = NOW - timedelta(days=9)
    return applications.apply(candidate=CandidateFactory(email=""), job=job, by=recruiter, now=came, source="Fair")


@pytest.fixture
def figures(recruiter, job):
    """Every report and the bars of the job's lists, counted anew."""

    def count():
        from django.core.cache import cache

        cache.clear()
        today = timezone.localdate()
        scope = last_days(recruiter, today=today)
        return {
            "funnel": funnel(scope), "sources": source_quality(scope), "hires": time_to_hire(scope),
            "stays": time_in_stage(scope), "drives": drive_progress(scope, today=today), "bars": bars.of_jobs([job]),
        }  # fmt: skip

    return count


def test_a_step_forward_and_its_undo_leave_every_figure_as_it_was(one, figures, recruiter):
    before = figures()
    advance(application=one, by=recruiter, now=NOW)
    assert figures() != before
    undo(application=one, by=recruiter, now=NOW + MINUTE)
    assert StageTransition.objects.filter(application=one).count() == 3
    assert figures() == before


def test_a_hire_and_its_undo_leave_every_figure_as_it_was(one, figures, recruiter):
    move(application=one, to=one.job.stages.get(kind="interview"), by=recruiter, now=NOW - timedelta(days=2))
    before = figures()
    hire(application=one, by=recruiter, now=NOW)
    assert figures()["hires"].total.hires == 1
    undo(application=one, by=recruiter, now=NOW + MINUTE)
    after = figures()
    assert after == before
    assert after["hires"].total.hires == 0


def test_an_undone_return_of_a_hired_person_leaves_the_first_hire_where_it_was(life, job, figures):
    hired = life(job, (2, "hired"))
    StageTransition.objects.update(at=NOW - timedelta(days=5))
    first, hire_ = hired.transitions.order_by("pk")
    StageTransition.objects.filter(pk=first.pk).update(at=NOW - timedelta(days=8))
    before = figures()
    assert before["hires"].total.hires == 1
    same = {"application": hired, "from_stage": hire_.to_stage, "to_stage": hire_.to_stage}
    back = StageTransition.objects.create(**same, from_status="hired", to_status="active", at=NOW - MINUTE)
    StageTransition.objects.create(**same, from_status="active", to_status="hired", at=NOW, undoes=back)
    assert figures() == before
