from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hrassist.models import User
from jobs.actions import applications, messages, reviews
from jobs.actions.steps import UNDO_FOR, AlreadyApplied, Moved, NothingToUndo
from jobs.models import Application, Job, Message, Opening, RejectionReason, Stage
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)
BEFORE = NOON - timedelta(days=3)


@pytest.fixture
def job() -> Job:
    job = JobFactory()
    Opening.objects.create(job=job, number=1)
    return job


@pytest.fixture
def application(job: Job) -> Application:
    return ApplicationFactory(job=job, applied_at=BEFORE, entered_stage_at=BEFORE)


@pytest.fixture
def too_junior() -> RejectionReason:
    return RejectionReason.objects.create(name="Too junior")


def stage(job: Job, kind: str) -> Stage:
    return job.stages.get(kind=kind)


def facts(one: Application) -> tuple[Any, ...]:
    one.refresh_from_db()
    return one.stage.kind, one.status, one.entered_stage_at, one.ended_at, one.ended_by, one.reason


def test_a_move_is_taken_back_exactly_and_both_steps_stay_on_record(
    application: Application, recruiter: User, events: Any
) -> None:
    before = facts(application)
    applications.move(application=application, to=stage(application.job, "offer"), by=recruiter, now=NOON)
    applications.undo(application=application, by=recruiter, now=LATER)
    assert facts(application) == before
    first, second = application.transitions.order_by("pk")
    assert second.undoes == first
    assert (second.from_stage, second.to_stage) == (first.to_stage, first.from_stage)
    assert events("application.undone")[0].changes["undone"] == first.pk


def test_time_in_stage_counts_from_the_last_step_that_stands(application: Application, recruiter: User) -> None:
    job = application.job
    applications.move(application=application, to=stage(job, "screen"), by=recruiter, now=NOON)
    applications.move(application=application, to=stage(job, "offer"), by=recruiter, now=LATER)
    applications.undo(application=application, by=recruiter, now=LATER + timedelta(minutes=1))
    application.refresh_from_db()
    assert (application.stage.kind, application.entered_stage_at) == ("screen", NOON)
    applications.move(
        application=application, to=stage(job, "interview"), by=recruiter, now=LATER + timedelta(minutes=2)
    )
    applications.undo(application=application, by=recruiter, now=LATER + timedelta(minutes=3))
    application.refresh_from_db()
    assert application.entered_stage_at == NOON


def test_what_was_taken_back_is_not_taken_back_again(application: Application, recruiter: User) -> None:
    applications.advance(application=application, by=recruiter, now=NOON)
    applications.undo(application=application, by=recruiter, now=LATER)
    with pytest.raises(NothingToUndo):
        applications.undo(application=application, by=recruiter, now=LATER)


def test_only_ones_own_fresh_last_step_can_be_taken_back(
    application: Application, recruiter: User, coordinator: User
) -> None:
    with pytest.raises(NothingToUndo):
        applications.undo(application=application, by=recruiter, now=NOON)
    applications.advance(application=application, by=recruiter, now=NOON)
    with pytest.raises(NothingToUndo):
        applications.undo(application=application, by=coordinator, now=LATER)
    with pytest.raises(NothingToUndo):
        applications.undo(application=application, by=recruiter, now=NOON + UNDO_FOR)
    step = application.transitions.get()
    applications.advance(application=application, by=coordinator, now=LATER)
    with pytest.raises(Moved):
        applications.undo(application=application, by=recruiter, now=LATER, step=step.pk)
    application.refresh_from_db()
    assert application.stage.kind == "interview"


def test_a_beginning_cannot_be_taken_back(job: Job, recruiter: User) -> None:
    one = applications.apply(candidate=ApplicationFactory().candidate, job=job, by=recruiter, now=NOON)
    with pytest.raises(NothingToUndo):
        applications.undo(application=one, by=recruiter, now=LATER)


def test_a_rejection_is_taken_back_with_its_waiting_mail(
    application: Application, recruiter: User, too_junior: RejectionReason, events: Any
) -> None:
    before = facts(application)
    mail = applications.Mail(subject="Your application", body="We chose another.", send_at=NOON + UNDO_FOR)
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON, mail=mail)
    message = Message.objects.get()
    assert (message.state, message.send_at, message.application) == ("queued", NOON + UNDO_FOR, application)
    applications.undo(application=application, by=recruiter, now=LATER)
    message.refresh_from_db()
    assert (facts(application), message.state) == (before, "cancelled")
    assert len(events("message.cancelled")) == 1


def test_a_rejection_whose_mail_has_left_is_not_taken_back(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    mail = applications.Mail(subject="Your application", body="We chose another.")
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON, mail=mail)
    Message.objects.update(state=Message.State.SENT, sent_at=NOON)
    with pytest.raises(messages.TooLate):
        applications.undo(application=application, by=recruiter, now=LATER)
    application.refresh_from_db()
    assert application.status == "rejected"


def test_nobody_is_rejected_when_the_mail_cannot_be_written(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    application.candidate.emails.all().delete()
    mail = applications.Mail(subject="Your application", body="We chose another.")
    with pytest.raises(messages.NoAddress):
        applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON, mail=mail)
    application.refresh_from_db()
    assert (application.status, Message.objects.count()) == ("active", 0)


def test_a_hire_is_taken_back_and_its_seat_is_free_again(application: Application, recruiter: User) -> None:
    before = facts(application)
    applications.hire(application=application, by=recruiter, now=NOON)
    applications.undo(application=application, by=recruiter, now=LATER)
    seat = Opening.objects.get()
    assert (facts(application), seat.closed_at, seat.filled_by, seat.close_reason) == (before, None, None, "")


def test_a_hire_for_a_job_that_closed_meanwhile_stays(application: Application, recruiter: User) -> None:
    applications.hire(application=application, by=recruiter, now=NOON)
    Job.objects.update(status=Job.Status.CLOSED)
    with pytest.raises(applications.Conflict):
        applications.undo(application=application, by=recruiter, now=LATER)
    assert Opening.objects.get().filled_by == application


def test_a_withdrawal_and_a_bringing_back_are_taken_back(
    application: Application, recruiter: User, coordinator: User, too_junior: RejectionReason
) -> None:
    applications.reject(application=application, reason=too_junior, by=coordinator, now=NOON)
    rejected = facts(application)
    applications.unreject(application=application, by=recruiter, now=LATER)
    applications.undo(application=application, by=recruiter, now=LATER)
    assert facts(application) == rejected
    again = ApplicationFactory(applied_at=BEFORE, entered_stage_at=BEFORE)
    before = facts(again)
    applications.withdraw(application=again, by=recruiter, now=NOON)
    applications.undo(application=again, by=recruiter, now=LATER)
    assert facts(again) == before


def test_a_rejection_is_not_taken_back_over_a_new_application(
    application: Application, recruiter: User, too_junior: RejectionReason
) -> None:
    applications.reject(application=application, reason=too_junior, by=recruiter, now=NOON)
    ApplicationFactory(job=application.job, candidate=application.candidate)
    with pytest.raises(AlreadyApplied):
        applications.undo(application=application, by=recruiter, now=LATER)


def test_taking_back_the_step_of_a_review_takes_back_its_decision(application: Application, recruiter: User) -> None:
    decision = reviews.decide(application=application, verdict="shortlist", by=recruiter, now=NOON)
    applications.undo(application=application, by=recruiter, now=LATER)
    decision.refresh_from_db()
    assert decision.undone_at == LATER
