"""Times in which somebody of ours cannot be planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import DomainError
from jobs.models import Absence

if TYPE_CHECKING:
    from hrassist.models import User


@transaction.atomic
def enter(*, user: User, starts_at: datetime, ends_at: datetime, note: str, by: User, now: datetime) -> Absence:
    """Keep a time free. One's own; of others only whoever schedules interviews."""
    _require_right(user, by=by)
    if not starts_at < ends_at:
        raise DomainError("It ends before it begins.", code="bad_span", fields={"until": ["Choose a later time."]})
    if ends_at < now or ends_at - starts_at > timedelta(days=400):
        raise DomainError("An absence ends in the future and takes at most 400 days.", code="bad_span")
    absence = Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, note=" ".join(note.split())[:100])
    audit.record("absence.entered", target=absence, by=by, user=user.pk)
    return absence


@transaction.atomic
def remove(*, absence: Absence, by: User, now: datetime) -> None:
    """Forget an absence."""
    del now
    absence = Absence.objects.select_for_update(of=("self",)).select_related("user").get(pk=absence.pk)
    _require_right(absence.user, by=by)
    audit.record("absence.removed", target=absence, by=by, user=absence.user_id)
    absence.delete()


def _require_right(user: User, *, by: User) -> None:
    if user.pk != by.pk and not by.has_perm("jobs.add_interview"):
        raise DomainError("Only whoever schedules interviews can enter absences of others.", code="not_yours")
