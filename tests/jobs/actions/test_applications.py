from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import User
from jobs.actions import applications
from jobs.models import Application, Job, Opening, RejectionReason, Stage
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
Status = Application.Status


def stage(job: Job, kind: str) -> Stage:
    return job.stages.get(kind=kind)


@pytest.fixture
def job() -> Job:
    job = JobFactory()
    Opening.objects.create(job=job, number=1)
    return job


@pytest.fixture
def application(job: Job) -> Application:
    return ApplicationFactory(job=job)


@pytest.fixture
def too_junior() -> RejectionReason:
    return RejectionReason.objects.create(name="Too junior")


@pytest.fixture
def took_another_job() -> RejectionReason:
    return RejectionReason.objects.create(name="Took another job", kind=RejectionReason.Kind.THEY_WITHDREW)


def test_an_application_begins_at_the_first_stage_with_its_transition_and_event(
    job: Job, recruiter: User, events: Any
) -> None:
    candidate = CandidateFactory()
    made = applications.apply(candidate=candidate, job=job, by=recruiter, now=NOON, source="fair")
    assert (made.stage.kind, made.status, made.applied_at, made.source) == ("applied", "active", NOON, "fair")
    first = made.transitions.get()
    assert (first.from_stage, first.from_status, first.to_stage, first.by, first.at) == (
        None,
        "",
        made.stage,
        recruiter,
        NOON,
    )
    event = events("application.created")[0]
    assert (event.subject_ref, event.job_id, event.actor_id) == (str(candidate.pk), str(job.pk), str(recruiter.pk))


@pytest.mark.parametrize("status", ["draft", "on_hold", "closed", "archived"])
def test_a_job_that_is_not_open_takes_no_applications(status: str, recruiter: User) -> None:
    with pytest.raises(applications.JobNotOpen):
        applications.apply(candidate=CandidateFactory(), job=JobFactory(status=status), by=recruiter, now=NOON)


def test_nobody_applies_twice_while_active_but_may_again_after_a_rejection(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    person, job = application.candidate, application.job
    with pytest.raises(applications.AlreadyApplied):
        applications.apply(candidate=person, job=job, by=recruiter, now=NOON)
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON)
    again = applications.apply(candidate=person, job=job, by=recruiter, now=NOON)
    assert again.pk != application.pk


def test_a_merged_person_cannot_apply(job: Job, recruiter: User) -> None:
    merged = CandidateFactory(merged_into=CandidateFactory())
    with pytest.raises(DomainError) as refused:
        applications.apply(candidate=merged, job=job, by=recruiter, now=NOON)
    assert refused.value.code == "candidate_merged"


@pytest.mark.parametrize("kind", ["hired"])
def test_an_application_cannot_begin_as_hired(job: Job, recruiter: User, kind: str) -> None:
    with pytest.raises(DomainError) as refused:
        applications.apply(candidate=CandidateFactory(), job=job, stage=stage(job, kind), by=recruiter, now=NOON)
    assert refused.value.code == "bad_stage"


def test_advance_takes_every_stage_in_order_and_stops_before_hired(application: Application, recruiter: User) -> None:
    for kind in ("screen", "interview", "offer"):
        assert applications.advance(application=application, by=recruiter, now=NOON).stage.kind == kind
    with pytest.raises(Conflict) as refused:
        applications.advance(application=application, by=recruiter, now=NOON)
    assert refused.value.code == "last_stage"
    assert application.transitions.count() == 3


def test_who_saw_an_older_stage_does_not_move_it(application: Application, recruiter: User) -> None:
    seen = application.stage
    applications.advance(application=application, expected_stage=seen, by=recruiter, now=NOON)
    with pytest.raises(applications.Moved) as refused:
        applications.advance(application=application, expected_stage=seen, by=recruiter, now=NOON)
    assert "Screening" in refused.value.message
    application.refresh_from_db()
    assert application.stage.kind == "screen"


def test_move_goes_back_as_well_and_to_the_same_stage_writes_nothing(application: Application, recruiter: User) -> None:
    job = application.job
    applications.move(application=application, to=stage(job, "offer"), by=recruiter, now=NOON)
    back = applications.move(application=application, to=stage(job, "screen"), by=recruiter, now=NOON, note="Too soon.")
    applications.move(application=application, to=stage(job, "screen"), by=recruiter, now=NOON)
    assert back.stage.kind == "screen"
    assert [(one.from_stage and one.from_stage.kind, one.to_stage.kind) for one in back.transitions.all()] == [
        ("applied", "offer"),
        ("offer", "screen"),
    ]
    assert back.transitions.last().note == "Too soon."  # type: ignore[union-attr]


def test_nobody_is_moved_into_a_stage_of_another_job_or_into_hired(application: Application, recruiter: User) -> None:
    with pytest.raises(DomainError) as elsewhere:
        applications.move(application=application, to=stage(JobFactory(), "screen"), by=recruiter, now=NOON)
    with pytest.raises(DomainError) as hired:
        applications.move(application=application, to=stage(application.job, "hired"), by=recruiter, now=NOON)
    assert (elsewhere.value.code, hired.value.code) == ("bad_stage", "use_hire")


def test_reject_keeps_who_when_and_why(
    application: Application, recruiter: User, too_junior: RejectionReason, events: Any
) -> None:
    ended = applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON)
    assert (ended.status, ended.ended_at, ended.ended_by, ended.reason) == ("rejected", NOON, recruiter, too_junior)
    assert ended.transitions.get().to_status == "rejected"
    assert events("application.rejected")[0].changes["reason"] == too_junior.pk


def test_a_reason_of_theirs_is_not_a_reason_to_reject(
    application: Application, recruiter: User, took_another_job: RejectionReason
) -> None:
    with pytest.raises(DomainError) as refused:
        applications.reject(application=application, reason=took_another_job, by=recruiter, now=NOON)
    assert refused.value.code == "bad_reason"


def test_withdraw_needs_no_reason_and_ends_it(application: Application, recruiter: User) -> None:
    assert applications.withdraw(application=application, by=recruiter, now=NOON).status == Status.WITHDRAWN


@pytest.mark.parametrize("verb", ["advance", "withdraw", "hire"])
def test_an_ended_application_takes_no_step(application: Application, recruiter: User, verb: str) -> None:
    applications.withdraw(application=application, by=recruiter, now=NOON)
    with pytest.raises(applications.NotActive):
        getattr(applications, verb)(application=application, by=recruiter, now=NOON)


def test_unreject_brings_it_back_to_where_it_ended(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    applications.advance(application=application, by=recruiter, now=NOON)
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON)
    back = applications.unreject(application=application, by=recruiter, now=NOON + timedelta(hours=1))
    assert (back.status, back.stage.kind, back.ended_at, back.ended_by, back.reason) == (
        "active",
        "screen",
        None,
        None,
        None,
    )
    last = back.transitions.last()
    assert last is not None
    assert (last.from_status, last.to_status) == ("rejected", "active")


def test_unreject_does_not_give_a_person_two_active_applications(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON)
    applications.apply(candidate=application.candidate, job=application.job, by=recruiter, now=NOON)
    with pytest.raises(applications.AlreadyApplied):
        applications.unreject(application=application, by=recruiter, now=NOON)


def test_hire_fills_the_first_free_opening_and_a_second_person_needs_another_one(
    application: Application, recruiter: User
) -> None:
    job = application.job
    other = ApplicationFactory(job=job)
    hired = applications.hire(application=application, by=recruiter, now=NOON)
    seat = job.openings.get()
    assert (hired.status, hired.stage.kind) == ("hired", "hired")
    assert (seat.filled_by, seat.closed_at, seat.close_reason) == (hired, NOON, "filled")
    with pytest.raises(applications.NoOpening):
        applications.hire(application=other, by=recruiter, now=NOON)
    other.refresh_from_db()
    assert other.status == Status.ACTIVE


def test_a_hired_application_is_not_unrejected(application: Application, recruiter: User) -> None:
    applications.hire(application=application, by=recruiter, now=NOON)
    with pytest.raises(Conflict) as refused:
        applications.unreject(application=application, by=recruiter, now=NOON)
    assert refused.value.code == "application_not_ended"
