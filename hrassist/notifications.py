"""Telling somebody of ours something: a row at once, mail by the task that looks for what is not mailed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache

from hrassist.models import Notification, User

# Beyond that the bell says "99+"; nobody reads the exact number.
MOST_COUNTED = 100
COUNT_SECONDS = 30

# What a guard gets: the user and identifiers; it gives back those that the user may see now.
Guard = Callable[[User, set[UUID]], set[UUID]]

_guards: dict[str, Guard] = {}


def guard(column: str, may_see: Guard) -> None:
    """Let the app that knows a noun say who may read of it: `column` is subject_ref or job_ref."""
    _guards[column] = may_see


def tell(
    *,
    users: Iterable[User],
    kind: str,
    text: str,
    url: str,
    now: datetime,
    subject: Any = None,
    job: Any = None,
    by: User | None = None,
) -> list[Notification]:
    """Tell each of these users once, in the caller's transaction; whoever did it themselves (`by`) is not told.

    `subject` is a candidate or its id, `job` a job or its id. Who may not see them is left out.
    """
    subject_ref, job_ref = _id(subject), _id(job)
    wanted = {user.pk: user for user in users if user.is_active and (by is None or user.pk != by.pk)}
    cache.delete_many([_count_key(pk) for pk in wanted])
    return Notification.objects.bulk_create(
        Notification(
            user=user,
            kind=kind,
            text=text[:200],
            url=url[:300],
            subject_ref=subject_ref,
            job_ref=job_ref,
            by=by,
            created_at=now,
        )
        for user in wanted.values()
        if _may_see(user, subject_ref=subject_ref, job_ref=job_ref)
    )


def readable(user: User, rows: Iterable[Notification]) -> list[Notification]:
    """Those whose subject and job the user still sees: rights may have gone since they were told."""
    told = list(rows)
    for column, may_see in _guards.items():
        asked = {getattr(one, column) for one in told} - {None}
        seen = may_see(user, asked) if asked else set()
        told = [one for one in told if getattr(one, column) is None or getattr(one, column) in seen]
    return told


def unread(user: User, *, fresh: bool = False) -> int:
    """How many the user has not read and may still read, up to 100; kept for half a minute unless asked `fresh`."""
    count: int | None = None if fresh else cache.get(_count_key(user.pk))
    if count is None:
        newest = Notification.objects.visible_to(user).unread().order_by("-created_at", "-id")
        count = len(readable(user, newest[:MOST_COUNTED]))
        cache.set(_count_key(user.pk), count, COUNT_SECONDS)
    return count


def mark_read(*, user: User, now: datetime, only: UUID | None = None) -> int:
    """Keep that the user has read one of theirs, or all of them; the number that was unread."""
    rows = Notification.objects.visible_to(user).unread()
    done = (rows if only is None else rows.filter(pk=only)).update(read_at=now)
    cache.delete(_count_key(user.pk))
    return done


def mark_unread(*, user: User, only: UUID) -> int:
    """Let one of the user's own count as unread again."""
    done = Notification.objects.visible_to(user).filter(pk=only, read_at__isnull=False).update(read_at=None)
    cache.delete(_count_key(user.pk))
    return done


def _count_key(user_id: int) -> str:
    return f"unread-{user_id}"


def seen_of(column: str, user: User, ids: set[UUID]) -> set[UUID]:
    """Of these candidates (subject_ref) or jobs (job_ref), those the user may read of."""
    return _guards[column](user, ids) if ids and column in _guards else ids


def _may_see(user: User, **refs: UUID | None) -> bool:
    return all(
        ref is None or column not in _guards or ref in _guards[column](user, {ref}) for column, ref in refs.items()
    )


def _id(thing: Any) -> UUID | None:
    found: UUID | None = getattr(thing, "pk", thing)
    return found
