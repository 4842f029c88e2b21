"""Every step of an application: locked, checked, written with its transition and put on record, all or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import Application, Job, Opening, RejectionReason, Stage, StageTransition

if TYPE_CHECKING:
    from hrassist.models import User

Status = Application.Status


class JobNotOpen(Conflict):
    """The job takes no applications."""

    code = "job_not_open"
    default_message = "This job takes no applications: it is {status}. Open it first."


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


class NoOpening(Conflict):
    """No seat of the job is free."""

    code = "no_opening"
    default_message = "Every opening of this job is filled or cancelled. Add an opening first."


@transaction.atomic
def apply(
    *,
    candidate: Candidate,
    job: Job,
    by: User,
    now: datetime,
    stage: Stage | None = None,
    source: str = "",
    external_id: str = "",
    credited_to: User | None = None,
    applied_at: datetime | None = None,
) -> Application:
    """Put a person into a job's pipeline, at its first stage unless another one (not hired) is named.

    Raises JobNotOpen, AlreadyApplied, and DomainError for a stage of another job or a merged person.
    """
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.status != Job.Status.OPEN:
        raise JobNotOpen(status=job.get_status_display().lower())
    # Locked against a merge or an erasure that runs at the same moment.
    candidate = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)
    if candidate.merged_into_id is not None:
        raise DomainError("This record was merged into another one. Use that one.", code="candidate_merged")
    if Application.objects.active().filter(candidate=candidate, job=job).exists():
        raise AlreadyApplied
    first = stage or job.stages.order_by("position").first()
    if first is None:
        raise DomainError("This job has no stages. Add stages first.", code="no_stages")
    if first.kind == Stage.Kind.HIRED:
        raise DomainError("An application cannot begin as hired.", code="bad_stage")
    _require_stage_of(job.pk, first)
    application = Application.objects.create(
        candidate=candidate, job=job, stage=first, source=source.strip(), external_id=external_id.strip(),
        credited_to=credited_to, applied_at=applied_at or now, entered_stage_at=applied_at or now, created_at=now,
    )  # fmt: skip
    _put_down(application, "application.created", from_stage=None, from_status="", by=by, now=now)
    Candidate.objects.filter(pk=candidate.pk).update(last_activity_at=now, updated_at=now)
    return application


@transaction.atomic
def advance(
    *, application: Application, by: User, now: datetime, expected_stage: Stage | None = None, note: str = ""
) -> Application:
    """Take the next step of the pipeline; the step to hired is `hire`."""
    application = _locked(application, expected_stage=expected_stage)
    following = application.job.stages.filter(position__gt=application.stage.position).order_by("position").first()
    if following is None or following.kind == Stage.Kind.HIRED:
        raise Conflict("The next step is to hire. Use hire for it.", code="last_stage")
    return _to_stage(application, following, action="application.advanced", by=by, now=now, note=note)


@transaction.atomic
def move(
    *,
    application: Application,
    to: Stage,
    by: User,
    now: datetime,
    expected_stage: Stage | None = None,
    note: str = "",
) -> Application:
    """Put the application into any stage of its job but hired, forwards or back; to where it stands changes nothing."""
    application = _locked(application, expected_stage=expected_stage)
    if to.kind == Stage.Kind.HIRED:
        raise DomainError("Nobody becomes hired by a move. Use hire, which fills an opening.", code="use_hire")
    return _to_stage(application, to, action="application.moved", by=by, now=now, note=note)


@transaction.atomic
def reject(
    *,
    application: Application,
    reason: RejectionReason,
    by: User,
    now: datetime,
    expected_stage: Stage | None = None,
    note: str = "",
) -> Application:
    """End it by our decision, with the reason; only a person calls this, never a score."""
    return _end(application, Status.REJECTED, reason, by=by, now=now, expected_stage=expected_stage, note=note)


@transaction.atomic
def withdraw(
    *,
    application: Application,
    by: User,
    now: datetime,
    reason: RejectionReason | None = None,
    expected_stage: Stage | None = None,
    note: str = "",
) -> Application:
    """End it because the person no longer wants it."""
    return _end(application, Status.WITHDRAWN, reason, by=by, now=now, expected_stage=expected_stage, note=note)


@transaction.atomic
def unreject(*, application: Application, by: User, now: datetime, note: str = "") -> Application:
    """Bring a rejected or withdrawn application back to the stage where it ended."""
    application = _locked(application)
    if application.status not in {Status.REJECTED, Status.WITHDRAWN}:
        raise Conflict("Only a rejected or withdrawn application can be brought back.", code="application_not_ended")
    others = Application.objects.active().filter(candidate_id=application.candidate_id, job_id=application.job_id)
    if others.exists():
        raise AlreadyApplied
    before = application.status
    application.status = Status.ACTIVE
    application.ended_at = application.ended_by = application.reason = None
    application.save(update_fields=["status", "ended_at", "ended_by", "reason", "updated_at"])
    _put_down(application, "application.unrejected", from_stage=application.stage, from_status=before, by=by, now=now,
              note=note)  # fmt: skip
    return application


@transaction.atomic
def hire(
    *, application: Application, by: User, now: datetime, expected_stage: Stage | None = None, note: str = ""
) -> Application:
    """Fill the first free opening of the job with this person. Raises NoOpening."""
    application = _locked(application, expected_stage=expected_stage)
    _require_active(application)
    seat = Opening.objects.select_for_update().filter(job_id=application.job_id, closed_at__isnull=True)
    opening = seat.order_by("number").first()
    if opening is None:
        raise NoOpening
    before = application.stage
    last = application.job.stages.filter(kind=Stage.Kind.HIRED).order_by("position").first()
    application.stage, application.entered_stage_at = last or before, now
    application.status, application.ended_at, application.ended_by = Status.HIRED, now, by
    application.save(update_fields=["stage", "entered_stage_at", "status", "ended_at", "ended_by", "updated_at"])
    opening.closed_at, opening.close_reason, opening.filled_by = now, Opening.CloseReason.FILLED, application
    opening.save(update_fields=["closed_at", "close_reason", "filled_by"])
    _put_down(application, "application.hired", from_stage=before, from_status=Status.ACTIVE, by=by, now=now, note=note,
              opening=opening.number)  # fmt: skip
    return application


def _locked(application: Application, *, expected_stage: Stage | None = None) -> Application:
    """The row, locked. Every action that also locks the job does so first, so two of them never wait in a circle."""
    Job.objects.select_for_update(no_key=True).get(pk=application.job_id)
    locked = Application.objects.select_for_update(of=("self",)).select_related("stage", "job").get(pk=application.pk)
    if expected_stage is not None and locked.stage_id != expected_stage.pk:
        raise Moved(stage=locked.stage.name, status=locked.get_status_display().lower())
    return locked


def _require_active(application: Application) -> None:
    if application.status != Status.ACTIVE:
        raise NotActive(status=application.get_status_display().lower())


def _require_stage_of(job_id: Any, stage: Stage) -> None:
    if stage.job_id != job_id:
        raise DomainError("This stage belongs to another job.", code="bad_stage",
                          fields={"stage": ["Use a stage of the application's job."]})  # fmt: skip


def _to_stage(application: Application, to: Stage, *, action: str, by: User, now: datetime, note: str) -> Application:
    _require_active(application)
    _require_stage_of(application.job_id, to)
    if to.pk == application.stage_id:
        return application
    before = application.stage
    application.stage, application.entered_stage_at = to, now
    application.save(update_fields=["stage", "entered_stage_at", "updated_at"])
    _put_down(application, action, from_stage=before, from_status=Status.ACTIVE, by=by, now=now, note=note)
    return application


def _end(
    application: Application,
    to: str,
    reason: RejectionReason | None,
    *,
    by: User,
    now: datetime,
    expected_stage: Stage | None,
    note: str,
) -> Application:
    application = _locked(application, expected_stage=expected_stage)
    _require_active(application)
    wanted = RejectionReason.Kind.WE_REJECTED if to == Status.REJECTED else RejectionReason.Kind.THEY_WITHDREW
    if reason is not None and reason.kind != wanted:
        raise DomainError("This reason is not for that: it says {kind}.", code="bad_reason",
                          kind=reason.get_kind_display().lower())  # fmt: skip
    application.status, application.ended_at, application.ended_by, application.reason = to, now, by, reason
    application.save(update_fields=["status", "ended_at", "ended_by", "reason", "updated_at"])
    _put_down(application, f"application.{to}", from_stage=application.stage, from_status=Status.ACTIVE, by=by, now=now,
              note=note)  # fmt: skip
    return application


def _put_down(
    application: Application,
    action: str,
    *,
    from_stage: Stage | None,
    from_status: str,
    by: User,
    now: datetime,
    note: str = "",
    **changes: Any,
) -> None:
    """The step twice: for figures as a transition, for the record as an event (without the note, which is prose)."""
    StageTransition.objects.create(
        application=application, from_stage=from_stage, to_stage=application.stage, from_status=from_status,
        to_status=application.status, reason=application.reason, note=note.strip(), by=by, at=now,
    )  # fmt: skip
    audit.record(
        action, target=application, by=by, subject=application.candidate_id, job=application.job_id,
        from_stage=from_stage.pk if from_stage else None, to_stage=application.stage_id, status=application.status,
        reason=application.reason_id, **changes,
    )  # fmt: skip
