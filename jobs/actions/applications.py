"""Every step of an application: locked, checked, written with its transition and put on record, all or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from candidates.models import Candidate
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import adverse_notices, messages, steps
from jobs.actions.adverse_notices import Mail
from jobs.actions.steps import AlreadyApplied, Moved, NotActive, NothingToUndo
from jobs.models import Application, Job, Opening, RejectionReason, Stage

if TYPE_CHECKING:
    from hrassist.models import User

Status = Application.Status

__all__ = [
    "AlreadyApplied", "JobNotOpen", "Mail", "Moved", "NoOpening", "NotAPerson", "NotActive", "NothingToUndo", "advance",
    "apply", "hire", "move", "reject", "undo", "unreject", "withdraw",
]  # fmt: skip


class JobNotOpen(Conflict):
    """The job takes no applications."""

    code = "job_not_open"
    default_message = "This job takes no applications: it is {status}. Open it first."


class NotAPerson(DomainError):
    """Nobody who answers for the decision stands behind it."""

    code = "needs_a_person"
    default_message = "Only a person can reject somebody: the decision needs a name that answers for it."


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
    steps.require_stage_of(job.pk, first)
    application = Application.objects.create(
        candidate=candidate, job=job, stage=first, source=source.strip(), external_id=external_id.strip(),
        credited_to=credited_to, applied_at=applied_at or now, entered_stage_at=applied_at or now, created_at=now,
    )  # fmt: skip
    steps.put_down(application, "application.created", from_stage=None, from_status="", by=by, now=now)
    Candidate.objects.filter(pk=candidate.pk).update(last_activity_at=now, updated_at=now)
    return application


@transaction.atomic
def advance(
    *, application: Application, by: User, now: datetime, expected_stage: Stage | None = None, note: str = ""
) -> Application:
    """Take the next step of the pipeline; the step to hired is `hire`."""
    application = steps.locked(application, expected_stage=expected_stage)
    following = steps.following(application)
    if following is None:
        raise Conflict("The next step is to hire. Use hire for it.", code="last_stage")
    return steps.to_stage(application, following, action="application.advanced", by=by, now=now, note=note)


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
    application = steps.locked(application, expected_stage=expected_stage)
    if to.kind == Stage.Kind.HIRED:
        raise DomainError("Nobody becomes hired by a move. Use hire, which fills an opening.", code="use_hire")
    return steps.to_stage(application, to, action="application.moved", by=by, now=now, note=note)


@transaction.atomic
def reject(
    *,
    application: Application,
    reason: RejectionReason,
    by: User,
    now: datetime,
    expected_stage: Stage | None = None,
    note: str = "",
    mail: Mail | None = None,
) -> Application:
    """End it by our decision and queue the mail that says so; only a person calls this, never a score.

    Where the law of the place asks for it, and a ranking was made, the mail carries a notice with the reasons and what
    the person can do; without a mail of its own the notice is the mail. Raises NotAPerson for a decision without a
    name, NoAddress where a mail is wanted and no address is known: then nobody is rejected either.
    """
    _require_person(by)
    application = steps.locked(application, expected_stage=expected_stage)
    mail = adverse_notices.added(application, mail, now=now)
    rejected = steps.end(application, Status.REJECTED, reason, by=by, now=now, note=note)
    if mail is not None:
        messages.queue(
            candidate=rejected.candidate, application=rejected, subject=mail.subject, body=mail.body, by=by, now=now,
            template=mail.template, send_at=mail.send_at,
        )  # fmt: skip
    return rejected


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
    application = steps.locked(application, expected_stage=expected_stage)
    return steps.end(application, Status.WITHDRAWN, reason, by=by, now=now, note=note)


@transaction.atomic
def unreject(*, application: Application, by: User, now: datetime, note: str = "") -> Application:
    """Bring a rejected or withdrawn application back to the stage where it ended."""
    application = steps.locked(application)
    if application.status not in {Status.REJECTED, Status.WITHDRAWN}:
        raise Conflict("Only a rejected or withdrawn application can be brought back.", code="application_not_ended")
    steps.require_only_active(application)
    before = application.status
    application.status = Status.ACTIVE
    application.ended_at = application.ended_by = application.reason = None
    application.save(update_fields=["status", "ended_at", "ended_by", "reason", "updated_at"])
    steps.put_down(application, "application.unrejected", from_stage=application.stage, from_status=before, by=by,
                   now=now, note=note)  # fmt: skip
    return application


@transaction.atomic
def hire(
    *, application: Application, by: User, now: datetime, expected_stage: Stage | None = None, note: str = ""
) -> Application:
    """Fill the first free opening of the job with this person. Raises NoOpening."""
    application = steps.locked(application, expected_stage=expected_stage)
    steps.require_active(application)
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
    steps.put_down(application, "application.hired", from_stage=before, from_status=Status.ACTIVE, by=by, now=now,
                   note=note, opening=opening.number)  # fmt: skip
    return application


@transaction.atomic
def undo(*, application: Application, by: User, now: datetime, step: int | None = None) -> Application:
    """Take back one's own last step while nothing followed it: a step backwards on record, not a row less.

    `step` names the transition that is meant. Raises NothingToUndo, Moved, TooLate, AlreadyApplied.
    """
    return steps.take_back(steps.locked(application), by=by, now=now, step=step)


def _require_person(by: User | None) -> None:
    # An account that is switched off, or of a machine that cannot sign in, is nobody who answers for a decision.
    if by is None or by.pk is None or not by.is_active:
        raise NotAPerson
