"""What every step of an application shares: the lock, the checks, the row for figures, the event, and the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import messages
from jobs.models import Application, HumanDecision, Job, Message, Opening, RejectionReason, Stage, StageTransition

if TYPE_CHECKING:
    from hrassist.models import User

Status = Application.Status
# As long as a rejection mail waits by default: who takes the step back in time takes the mail back with it.
UNDO_FOR = timedelta(minutes=30)


class AlreadyApplied(Conflict):
    """The person has an active application for the job."""

    code = "already_applied"
    default_message = "This person already has an active application for this job."


class Moved(Conflict):
    """Somebody moved the application since it was read."""

    code = "application_moved"
    default_message = "This application is in {stage} ({status}) by now. Look at it again before you move it."


class NotActive(Conflict):
    """The application has ended."""

    code = "application_ended"
    default_message = "This application is {status}; only an active one can do that."


class NothingToUndo(Conflict):
    """The last step is not one's own, too old, or something followed it."""

    code = "nothing_to_undo"
    default_message = "There is no step of yours from the past {minutes} minutes that could be taken back."


def locked(application: Application, *, expected_stage: Stage | None = None) -> Application:
    """The row, locked. Every action that also locks the job does so first, so two of them never wait in a circle."""
    Job.objects.select_for_update(no_key=True).get(pk=application.job_id)
    row = Application.objects.select_for_update(of=("self",)).select_related("stage", "job").get(pk=application.pk)
    if expected_stage is not None and row.stage_id != expected_stage.pk:
        raise Moved(stage=row.stage.name, status=row.get_status_display().lower())
    return row


def require_active(application: Application) -> None:
    if application.status != Status.ACTIVE:
        raise NotActive(status=application.get_status_display().lower())


def require_only_active(application: Application) -> None:
    others = Application.objects.active().filter(candidate_id=application.candidate_id, job_id=application.job_id)
    if others.exclude(pk=application.pk).exists():
        raise AlreadyApplied


def require_stage_of(job_id: Any, stage: Stage) -> None:
    if stage.job_id != job_id:
        raise DomainError("This stage belongs to another job.", code="bad_stage",
                          fields={"stage": ["Use a stage of the application's job."]})  # fmt: skip


def following(application: Application) -> Stage | None:
    """The stage that the next step leads to; none before hired."""
    after = application.job.stages.filter(position__gt=application.stage.position).order_by("position").first()
    return None if after is None or after.kind == Stage.Kind.HIRED else after


def to_stage(application: Application, to: Stage, *, action: str, by: User, now: datetime, note: str) -> Application:
    require_active(application)
    require_stage_of(application.job_id, to)
    if to.pk == application.stage_id:
        return application
    before = application.stage
    application.stage, application.entered_stage_at = to, now
    application.save(update_fields=["stage", "entered_stage_at", "updated_at"])
    put_down(application, action, from_stage=before, from_status=Status.ACTIVE, by=by, now=now, note=note)
    return application


def end(
    application: Application, to: str, reason: RejectionReason | None, *, by: User, now: datetime, note: str
) -> Application:
    require_active(application)
    wanted = RejectionReason.Kind.WE_REJECTED if to == Status.REJECTED else RejectionReason.Kind.THEY_WITHDREW
    if reason is not None and reason.kind != wanted:
        raise DomainError("This reason is not for that: it says {kind}.", code="bad_reason",
                          kind=reason.get_kind_display().lower())  # fmt: skip
    application.status, application.ended_at, application.ended_by, application.reason = to, now, by, reason
    application.save(update_fields=["status", "ended_at", "ended_by", "reason", "updated_at"])
    put_down(application, f"application.{to}", from_stage=application.stage, from_status=Status.ACTIVE, by=by, now=now,
             note=note)  # fmt: skip
    return application


def put_down(
    application: Application,
    action: str,
    *,
    from_stage: Stage | None,
    from_status: str,
    by: User,
    now: datetime,
    note: str = "",
    undoes: StageTransition | None = None,
    **changes: Any,
) -> None:
    """The step twice: for figures as a transition, for the record as an event (without the note, which is prose)."""
    StageTransition.objects.create(
        application=application, from_stage=from_stage, to_stage=application.stage, from_status=from_status,
        to_status=application.status, reason=application.reason, note=note.strip(), by=by, at=now, undoes=undoes,
    )  # fmt: skip
    audit.record(
        action, target=application, by=by, subject=application.candidate_id, job=application.job_id,
        from_stage=from_stage.pk if from_stage else None, to_stage=application.stage_id, status=application.status,
        reason=application.reason_id, **changes,
    )  # fmt: skip


def newest(application: Application) -> StageTransition | None:
    return application.transitions.select_related("from_stage", "to_stage", "by").order_by("-pk").first()


def can_be_undone(step: StageTransition | None, *, by: User, now: datetime) -> bool:
    """Whether `by` may take this newest step back: it is their own, fresh, and no beginning or way back itself."""
    return (
        step is not None
        and step.by_id == by.pk
        and step.from_stage_id is not None
        and step.undoes_id is None
        and step.at > now - UNDO_FOR
    )


def take_back(application: Application, *, by: User, now: datetime, step: int | None = None) -> Application:
    """Put a locked application back to where it stood before its last step, with all that came with the step.

    The seat of a hire opens, a rejection mail that still waits is cancelled, the reviewer's decision is undone.
    `step` is the transition that the user means. Raises NothingToUndo, Moved when something followed, TooLate.
    """
    last = newest(application)
    if last is not None and step is not None and last.pk != step:
        raise Moved(stage=application.stage.name, status=application.get_status_display().lower())
    if last is None or not can_be_undone(last, by=by, now=now):
        raise NothingToUndo(minutes=UNDO_FOR.seconds // 60)
    _reopen_seat(application, last)
    cancelled = [
        messages.take_back(message=one, by=by, now=now).pk
        for one in Message.objects.filter(application=application, by=by, created_at=last.at).exclude(
            state=Message.State.CANCELLED
        )
    ]
    stage_then, status_then = application.stage, application.status
    if last.from_stage is not None:
        application.stage = last.from_stage
    if last.from_stage_id != last.to_stage_id:
        application.entered_stage_at = _entered(application, before=last)
    if last.from_status == Status.ACTIVE:
        require_only_active(application)
        application.ended_at = application.ended_by = application.reason = None
    elif last.from_status != last.to_status:
        ended = application.transitions.filter(pk__lt=last.pk, to_status=last.from_status).order_by("-pk").first()
        application.ended_at, application.ended_by, application.reason = (
            (ended.at, ended.by, ended.reason) if ended else (last.at, last.by, None)
        )
    application.status = last.from_status
    application.save(
        update_fields=["stage", "entered_stage_at", "status", "ended_at", "ended_by", "reason", "updated_at"]
    )
    HumanDecision.objects.standing().filter(application=application, by=by, at=last.at, moved=True).update(
        undone_at=now
    )
    put_down(application, "application.undone", from_stage=stage_then, from_status=status_then, by=by, now=now,
             undoes=last, undone=last.pk, mails_cancelled=len(cancelled))  # fmt: skip
    return application


def _reopen_seat(application: Application, last: StageTransition) -> None:
    if last.to_status != Status.HIRED:
        return
    if application.job.status not in {Job.Status.OPEN, Job.Status.ON_HOLD}:
        raise Conflict("The job is closed by now. Reopen it before you take the hire back.", code="job_closed")
    for seat in Opening.objects.select_for_update().filter(filled_by=application):
        seat.closed_at, seat.close_reason, seat.filled_by = None, "", None
        seat.save(update_fields=["closed_at", "close_reason", "filled_by"])


def _entered(application: Application, *, before: StageTransition) -> datetime:
    """Since when it stood where it stood before that step; steps that were taken back never happened."""
    steps = application.transitions.filter(pk__lt=before.pk, undoes__isnull=True, undone_by__isnull=True)
    for step in steps.order_by("-pk"):
        if step.from_stage_id is None:
            break
        if step.from_stage_id != step.to_stage_id:
            return step.at
    return application.applied_at
