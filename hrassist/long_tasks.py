"""Long work with a page of its own: an app registers what a kind does, a page starts it, the worker runs it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from hrassist import notifications, task_files
from hrassist.lib import failpoint, tables
from hrassist.lib.errors import DomainError
from hrassist.models import LongTask, Notification, User

logger = logging.getLogger(__name__)

QUEUE, RUNNER = "bulk", "hrassist.tasks.run_long_task"
State = LongTask.State
# Who waited longer than this for the end has gone on to something else: they are told.
TELL_AFTER = timedelta(seconds=20)
SHOWN_REFUSED = 200
RUNNING_SECONDS = 3600
# In the result of work that raised Later.
WAITS = "waits"


class Cancelled(Exception):
    """Its owner stopped it, or another worker took it over; what was committed so far stays."""


class Later(Exception):
    """What it began goes on by itself: look at it again in so many seconds. What was counted until now stays."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Progress:
    """What a piece of work is given: its parameters, who asked, and where it tells how far it is."""

    def __init__(self, task: LongTask) -> None:
        self.task = task
        self.by: User = task.created_by
        self.params: dict[str, Any] = task.params
        self._refused: list[tuple[str, str]] = []
        self._refused_count = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._refused_rows: tables.Sheet | None = None

    @property
    def waits(self) -> bool:
        """Whether everything is begun, and only looked at again until it has ended."""
        return bool(self.task.result.get(WAITS))

    def total(self, count: int) -> None:
        LongTask.objects.filter(pk=self.task.pk).update(total=count)

    def at(self, done: int, **result: Any) -> None:
        """Tell how many are done (outside any transaction, so that the page sees it); raises Cancelled."""
        self.task.result |= result | self._refusals()
        # A worker that was taken for dead finds another start here, and stops.
        mine = LongTask.objects.filter(pk=self.task.pk, state=State.RUNNING, started_at=self.task.started_at)
        if not mine.update(done=done, result=self.task.result, heartbeat_at=timezone.now()):
            raise Cancelled
        failpoint.reach(f"long_task.{self.task.kind}.{done}")

    def refuse(self, what: str | int, why: str) -> None:
        """Keep that one row was not done and why: the first ones for the page, all of them for a file beside it."""
        self._refused_count += 1
        if len(self._refused) < SHOWN_REFUSED:
            self._refused.append((str(what)[:200], why[:300]))
        if self._refused_rows is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hrassist-refused-")
            self._refused_rows = tables.sheet(Path(self._folder.name, "refused.csv"), ["Row", "Why it was refused"])
        self._refused_rows.add([str(what), why])

    def store(self, path: Path, *, name: str, content_type: str) -> None:
        """Put a file that was made into the store, and offer it for download while it is kept."""
        key, expires_at = task_files.keep(path, content_type=content_type)
        self.file(key=key, name=name, expires_at=expires_at)

    def file(self, *, key: str, name: str, expires_at: datetime) -> None:
        """Offer a file that is in the store for download from the page of this work."""
        LongTask.objects.filter(pk=self.task.pk).update(file_key=key, file_name=name, file_expires_at=expires_at)

    def settle(self) -> dict[str, Any]:
        """What was refused, with the file of all of it in the store."""
        if self._refused_rows is None or self._folder is None:
            return {}
        key, expires_at = task_files.keep(self._refused_rows.close(), content_type=tables.CSV)
        self._folder.cleanup()
        LongTask.objects.filter(pk=self.task.pk).update(file_expires_at=expires_at)
        return {**self._refusals(), "refused_key": key}

    def _refusals(self) -> dict[str, Any]:
        if not self._refused_count:
            return {}
        return {"refused": self._refused_count, "refused_rows": self._refused}


Work = Callable[[Progress], dict[str, Any]]
Stop = Callable[[LongTask], None]
_kinds: dict[str, Work] = {}
_stops: dict[str, Stop] = {}


def work(kind: str, *, stop: Stop | None = None) -> Callable[[Work], Work]:
    """Register what does a kind. It must bear to run twice: a killed worker's work begins again from the start.

    What it gives back is shown as its result: counts by their words (`{"tagged": 12}` reads "Tagged 12"). `stop` ends
    what goes on by itself when the owner stops the whole; it may come twice.
    """

    def keep(function: Work) -> Work:
        _kinds[kind] = function
        if stop is not None:
            _stops[kind] = stop
        return function

    return keep


@transaction.atomic
def start(
    *, kind: str, title: str, params: dict[str, Any], by: User, now: datetime, total: int | None = None,
    source_key: str = "",
) -> LongTask:  # fmt: skip
    """A row and its task, in the caller's transaction; the row's page is `admin:long_task`."""
    if kind not in _kinds:
        raise LookupError(f"nothing does {kind}")
    task = LongTask.objects.create(
        kind=kind, title=title[:150], params=params, total=total, source_key=source_key, created_by=by, created_at=now
    )
    app.configure_task(RUNNER, queue=QUEUE, allow_unknown=True).defer(long_task_id=str(task.pk))
    cache.set(_flag(by.pk), 1, RUNNING_SECONDS)
    return task


def of_user(user: User) -> list[LongTask]:
    """What runs for this user now. Costs nothing while nothing does: the cache remembers that something was started."""
    if not cache.get(_flag(user.pk)):
        return []
    running = list(LongTask.objects.visible_to(user).unfinished()[:20])
    if not running:
        cache.delete(_flag(user.pk))
    return running


def _flag(user_id: Any) -> str:
    return f"long-tasks-{user_id}"


def run(long_task_id: str | UUID) -> None:
    """Do it, and keep how it ended. Only what nobody foresaw is raised, after it is kept."""
    task = _begin(long_task_id)
    if task is None:
        _stop(long_task_id)
        return
    progress = Progress(task)
    try:
        if not task.created_by.is_active:
            raise DomainError("Whoever started this has no active account any more.", code="account_inactive")
        result = _kinds[task.kind](progress)
        result |= progress.settle()
    except Later as later:
        _wait(task, seconds=later.seconds, result=progress.settle())
    except Cancelled:
        _stop(long_task_id)
    except DomainError as error:
        _end(task, to=State.FAILED, message=error.message, result=progress.settle())
    except Exception:
        _end(task, to=State.FAILED, message="Something went wrong that we did not foresee. Nothing more was done.")
        logger.exception("long task %s (%s) failed", task.pk, task.kind)
        raise
    else:
        _end(task, to=State.DONE, result=result)


@transaction.atomic
def _begin(long_task_id: str | UUID) -> LongTask | None:
    """The row as this worker's own: with its start and heartbeat, without what an earlier worker counted."""
    task = LongTask.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=long_task_id)
    if task.is_over:
        return None
    now = timezone.now()
    if task.state == State.QUEUED:
        task.move(State.RUNNING, now=now)
    task.started_at = task.heartbeat_at = now
    if not task.result.get(WAITS):
        task.done, task.result = 0, {}
    task.save(update_fields=["state", "started_at", "heartbeat_at", "done", "result"])
    return task


@transaction.atomic
def _wait(task: LongTask, *, seconds: int, result: dict[str, Any]) -> None:
    """Look at it again later, in a task of the queue of its own: no worker is kept busy by waiting."""
    row = LongTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    # Who stopped it meanwhile is heard by the task that comes.
    if row.started_at != task.started_at:
        return
    row.heartbeat_at, row.result = timezone.now(), row.result | result | {WAITS: True}
    row.save(update_fields=["heartbeat_at", "result"])
    cache.set(_flag(row.created_by_id), 1, RUNNING_SECONDS)
    again = app.configure_task(
        RUNNER, queue=QUEUE, allow_unknown=True, schedule_in={"seconds": seconds}, queueing_lock=f"long-task-{row.pk}"
    )
    try:
        with transaction.atomic():
            again.defer(long_task_id=str(row.pk))
    except AlreadyEnqueued:
        logger.info("long task %s is looked at again already", row.pk)


def _stop(long_task_id: str | UUID) -> None:
    task = LongTask.objects.select_related("created_by").filter(pk=long_task_id, state=State.CANCELLED).first()
    if task is not None and (stop := _stops.get(task.kind)):
        stop(task)


@transaction.atomic
def cancel(*, task: LongTask, by: User, now: datetime) -> LongTask:
    """Stop it at its next step; what is done stays done. Raises Conflict when it is over."""
    task = LongTask.objects.visible_to(by).select_for_update(of=("self",)).get(pk=task.pk)
    task.move(State.CANCELLED, now=now)
    task.message = "You stopped it."
    task.save(update_fields=["state", "ended_at", "message"])
    return task


def end_forgotten(*, now: datetime) -> int:
    """End the work that no task of the queue will do any more: its worker died too often. Gives how many."""
    idle = LongTask.objects.unfinished().filter(created_at__lt=now - LongTask.STALLED_AFTER)
    ended = 0
    for task in idle[:500]:
        waiting = ProcrastinateJob.objects.filter(
            task_name=RUNNER, status__in=["todo", "doing"], args__long_task_id=str(task.pk)
        )
        if not waiting.exists():
            _end(task, to=State.FAILED, message="The worker was stopped while it did this, several times. Start anew.")
            ended += 1
    return ended


@transaction.atomic
def _end(task: LongTask, *, to: str, message: str = "", result: dict[str, Any] | None = None) -> None:
    row = LongTask.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=task.pk)
    if row.is_over or row.started_at != task.started_at:
        return
    now = timezone.now()
    row.move(to, now=now)
    row.message, row.result = message[:300], row.result | (result or {})
    if to == State.DONE and row.total is not None:
        row.done = row.total
    row.save(update_fields=["state", "ended_at", "message", "result", "done"])
    if now - row.created_at >= TELL_AFTER:
        notifications.tell(
            users=[row.created_by],
            kind=Notification.Kind.TASK_ENDED,
            text=f"{row.title}: {row.get_state_display().lower()}.",
            url=reverse("admin:long_task", args=[row.pk]),
            now=now,
        )
