"""Letting events go whose time is over: by whole seals, and a seal says so, for the trail to verify afterwards.

The application cannot delete an event. A function of the database's owner does, for seals that a signed seal names, and
never an event younger than a year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from audit.actions import seals
from audit.actions.events import record
from audit.models import Event, Seal
from audit.sealing import canonical, keys
from audit.sealing.keys import Ring

# So many seals in one transaction: a month's rows are gone in a few minutes' pieces.
MOST_SEALS = 500

Hold = Callable[[], Iterable[object]]
_holds: list[Hold] = []


def keep_while(held: Hold) -> None:
    """Let an app name people and jobs whose events stay, however old: those under a legal hold."""
    if held not in _holds:
        _holds.append(held)


@dataclass(frozen=True, slots=True)
class Expiry:
    """What went, or would go: the seals, and how many events they covered; those kept because of a hold."""

    seals: int = 0
    events: int = 0
    held: int = 0


def expire(*, ring: Ring | None = None, dry_run: bool = False) -> Expiry:
    """Let go of the next seals whose events are all older than AUDIT_KEEP_MONTHS; call it until nothing goes.

    Raises NoKey.
    """
    ring = ring or keys.configured()
    with transaction.atomic():
        before = _limit()
        due, held = _due(before)
        numbers = [one.seq for one in due]
        count = sum(one.count for one in due)
        if dry_run or not due:
            return Expiry(seals=len(due), events=count, held=held)
        said: dict[str, Any] = {"seals": canonical.as_ranges(numbers), "before": before.isoformat(), "events": count}
        # On record, and sealed, before anything is gone.
        record("event.expired", **said)
        seal = seals.seal_expiry(ring=ring, details=said)
        if seal is None:
            transaction.set_rollback(True)
            return Expiry(held=held)
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_expire(%s)", [seal.seq])
            gone = int(cursor.fetchone()[0])
    return Expiry(seals=len(due), events=gone, held=held)


def _limit() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - make_interval(months => %s)", [settings.AUDIT_KEEP_MONTHS])
        limit: datetime = cursor.fetchone()[0]
    return limit


def _due(before: datetime) -> tuple[list[Seal], int]:
    """The oldest seals that may go, without those that cover somebody who is held."""
    gone = [
        pair
        for (details,) in Seal.objects.filter(kind=Seal.Kind.EXPIRY).values_list("details")
        for pair in canonical.ranges(str(details.get("seals", "")))
    ]
    kept = _held_rows(before)
    due: list[Seal] = []
    held = 0
    for one in Seal.objects.filter(sealed_at__lt=before, count__gt=0).defer("leaves").order_by("seq").iterator():
        if any(first <= one.seq <= last for first, last in gone):
            continue
        if kept and any(first <= key <= last for first, last in canonical.ranges(one.ids) for key in kept):
            held += 1
            continue
        due.append(one)
        if len(due) == MOST_SEALS:
            break
    return due, held


def _held_rows(before: datetime) -> list[int]:
    named = sorted({str(key) for held in _holds for key in held()})
    if not named:
        return []
    about = Q(subject_ref__in=named) | Q(job_id__in=named)
    return list(Event.objects.filter(about, ts__lt=before).values_list("pk", flat=True))
