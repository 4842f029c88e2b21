"""Long work with a page of its own: an app registers what a kind does, a page starts it, the worker runs it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from hrassist.lib.errors import DomainError
from hrassist.models import LongTask, User

logger = logging.getLogger(__name__)

QUEUE, RUNNER = "bulk", "hrassist.tasks.run_long_task"
State = LongTask.State


class Cancelled(Exception):
    """Its owner stopped it; what was committed so far stays, and the result says how far it came."""


class Progress:
    """What a piece of work is given: its parameters, who asked, and where it tells how far it is."""

    def __init__(self, task: LongTask) -> None:
        self.task = task
        self.by: User = task.created_by
        self.params: dict[str, Any] = task.params

    def total(self, count: int) -> None:
        LongTask.objects.filter(pk=self.task.pk).update(total=count)

    def at(self, done: int, **result: Any) -> None:
        """Tell how many are done (outside any transaction, so that the page sees it); raises Cancelled."""
        self.task.result |= result
        running = LongTask.objects.filter(pk=self.task.pk, state=State.RUNNING)
        if not running.update(done=done, result=self.task.result, heartbeat_at=timezone.now()):
            raise Cancelled

    def file(self, *, key: str, name: str, expires_at: datetime) -> None:
        """Offer a file that is in the store for download from the page of this work."""
        LongTask.objects.filter(pk=self.task.pk).update(file_key=key, file_name=name, file_expires_at=expires_at)


Work = Callable[[Progress], dict[str, Any]]
_kinds: dict[str, Work] = {}


def work(kind: str) -> Callable[[Work], Work]:
    """Register what does a kind. It must bear to run twice: a killed worker's work begins again from the start."""

    def keep(function: Work) -> Work:
        _kinds[kind] = function
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
    return task


def run(long_task_id: str | UUID) -> None:
    """Do it, and keep how it ended. Only what nobody foresaw is raised, after it is kept."""
    with transaction.atomic():
        task = LongTask.objects.select_for_update(of=("self",)).select_related("created_by").get(pk=long_task_id)
        if task.is_over:
            return
        if task.state == State.QUEUED:
            task.move(State.RUNNING, now=timezone.now())
            task.save(update_fields=["state", "started_at"])
    try:
        result = _kinds[task.kind](Progress(task))
    except Cancelled:
        return
    except DomainError as error:
        _end(task, to=State.FAILED, message=error.message)
    except Exception:
        _end(task, to=State.FAILED, message="Something went wrong that we did not foresee. Nothing more was done.")
        logger.exception("long task %s (%s) failed", task.pk, task.kind)
        raise
    else:
        _end(task, to=State.DONE, result=result)


@transaction.atomic
def cancel(*, task: LongTask, by: User, now: datetime) -> LongTask:
    """Stop it at its next step; what is done stays done. Raises Conflict when it is over."""
    task = LongTask.objects.visible_to(by).select_for_update(of=("self",)).get(pk=task.pk)
    task.move(State.CANCELLED, now=now)
    task.message = "You stopped it."
    task.save(update_fields=["state", "ended_at", "message"])
    return task


@transaction.atomic
def _end(task: LongTask, *, to: str, message: str = "", result: dict[str, Any] | None = None) -> None:
    row = LongTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if row.is_over:
        return
    row.move(to, now=timezone.now())
    row.message, row.result = message[:300], row.result | (result or {})
    row.save(update_fields=["state", "ended_at", "message", "result"])
