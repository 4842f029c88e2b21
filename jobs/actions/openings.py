"""The seats of a job one by one: cancelled, put on hold, and opened again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict
from jobs.models import Job, Opening

if TYPE_CHECKING:
    from hrassist.models import User

Reason = Opening.CloseReason


class OpeningChanged(Conflict):
    """The seat is not what it was when it was read."""

    code = "opening_changed"
    default_message = "Opening {number} is {state} by now. Look at it again before you change it."


@transaction.atomic
def cancel(*, opening: Opening, by: User, now: datetime) -> Opening:
    """Nobody is hired on this seat any more."""
    return _close(opening, Reason.CANCELLED, by=by, now=now)


@transaction.atomic
def hold(*, opening: Opening, by: User, now: datetime) -> Opening:
    """Nobody is hired on this seat for now."""
    return _close(opening, Reason.ON_HOLD, by=by, now=now)


@transaction.atomic
def reopen(*, opening: Opening, by: User, now: datetime) -> Opening:
    """Hire on this seat again. Raises OpeningChanged for one that is filled or free, Conflict for a closed job."""
    job, seat = _locked(opening)
    if seat.closed_at is None or seat.close_reason == Reason.FILLED:
        raise OpeningChanged(number=seat.number, state=state(seat))
    if job.status in {Job.Status.CLOSED, Job.Status.ARCHIVED}:
        raise Conflict("This job is closed. Reopen it first.", code="job_status")
    seat.closed_at, seat.close_reason, seat.opened_at = None, "", now
    return _save(job, seat, "job.opening_reopened", by=by)


def state(seat: Opening) -> str:
    """Free, filled, cancelled or on hold."""
    return seat.get_close_reason_display().lower() if seat.closed_at else "free"


def _close(opening: Opening, reason: str, *, by: User, now: datetime) -> Opening:
    job, seat = _locked(opening)
    if seat.close_reason in {Reason.FILLED, reason} or (seat.closed_at is not None and reason == Reason.ON_HOLD):
        raise OpeningChanged(number=seat.number, state=state(seat))
    seat.closed_at, seat.close_reason = now, reason
    return _save(job, seat, f"job.opening_{reason}", by=by)


def _locked(opening: Opening) -> tuple[Job, Opening]:
    # The job first, as hiring does: two of them never wait in a circle.
    job = Job.objects.select_for_update(no_key=True).get(pk=opening.job_id)
    return job, Opening.objects.select_for_update().get(pk=opening.pk)


def _save(job: Job, seat: Opening, action: str, *, by: User) -> Opening:
    seat.save(update_fields=["closed_at", "close_reason", "opened_at"])
    job.save(update_fields=["updated_at"])
    audit.record(action, target=job, by=by, job=job, number=seat.number)
    return seat
