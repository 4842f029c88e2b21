"""The files of long work: what it made or was given stays in the store for a day, and leaves it on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone

from audit import actions as audit
from hrassist.lib import storage
from hrassist.lib.errors import Gone
from hrassist.models import LongTask, User

KEPT = timedelta(hours=24)

# Whether the user still has the right that the file of this kind of task was made with.
Guard = Callable[[User, LongTask], bool]
_guards: dict[str, Guard] = {}


def guard(kind: str, may_open: Guard) -> None:
    """Let whoever makes files of a kind say who may still open them: a right may go within the day they are kept."""
    _guards[kind] = may_open


class FileExpired(Gone):
    """It was kept for a day and then deleted."""

    code = "file_expired"
    default_message = "This file was kept for a day and is deleted now. Start the work again to have a new one."


def keep(path: Path, *, content_type: str) -> tuple[str, datetime]:
    """Put a file into the store for a day; gives its key and when it ends."""
    key = f"clean/{uuid4()}"
    with path.open("rb") as file:
        storage.clean().put_file(key, file, content_type=content_type)
    return key, timezone.now() + KEPT


def read(task: LongTask, *, part: str, by: User, now: datetime) -> tuple[Iterator[bytes], str]:
    """The bytes and the name of a task's `file` or of its list of `refused` rows, for whom the task belongs to.

    On record before a byte leaves. Raises PermissionDenied where the right has gone, FileExpired.
    """
    if task.kind in _guards and not _guards[task.kind](by, task):
        raise PermissionDenied
    refused = part == "refused"
    key = task.result.get("refused_key", "") if refused else task.file_key
    if not key or (not refused and not task.file_name) or task.file_expires_at is None or task.file_expires_at <= now:
        raise FileExpired
    audit.viewed("task_file.downloaded", target=task, by=by, kind=task.kind, part=part)
    return storage.clean().open(key), "refused.csv" if refused else task.file_name


def expire(*, now: datetime) -> int:
    """Delete the files of tasks whose day is over; gives how many tasks had some."""
    # A file that was given and never led to one that is offered is of no more use after its day either.
    unused = Q(file_expires_at__isnull=True, created_at__lte=now - KEPT) & ~Q(source_key="")
    tasks = LongTask.objects.filter(Q(file_expires_at__lte=now) | unused)
    count = 0
    for task in tasks[:1000]:
        for key in {task.file_key, task.source_key, task.result.pop("refused_key", "")} - {""}:
            if not LongTask.objects.filter(source_key=key, file_expires_at__gt=now).exists():
                storage.clean().delete(key)
        task.file_key = task.source_key = ""
        task.file_expires_at = None
        task.save(update_fields=["file_key", "source_key", "file_expires_at", "result"])
        count += 1
    return count
