"""What a run tells while it works: numbered rows, each with a notification in the same transaction."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.fields.json import KT
from django.urls import reverse

from hrassist import notifications
from hrassist.models import Notification
from jobs.models.tailoring import EVENT_CHANNEL, TailoringRun, TailoringStep
from jobs.models.tailoring_course import TailoringEvent

# About ten events a second are as quick as anybody reads.
BATCH_SECONDS = 0.1
TEXT = "text"
AGAIN = "again"
# Longer than a stream that was cut off is away, or a page that sleeps asks anew.
TEXT_KEPT = timedelta(minutes=10)
MOST_EVENTS = 2000


def told(run_id: UUID, after: int) -> list[dict[str, Any]]:
    """What a run told after this number, in order."""
    rows = TailoringEvent.objects.filter(run=run_id, seq__gt=after).order_by("seq")[:MOST_EVENTS]
    return [{"seq": seq, "kind": kind, **data} for seq, kind, data in rows.values_list("seq", "kind", "data")]


def notify(run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [EVENT_CHANNEL, str(run_id)])


class Teller:
    """Writes the events of one run; only the worker that holds its lease has one."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._seq: int = TailoringEvent.objects.filter(run=run_id).aggregate(last=Max("seq"))["last"] or 0
        self._waiting: list[str] = []
        self._agent = ""
        self._told_at = 0.0

    @transaction.atomic
    def tell(self, kind: str, **data: Any) -> None:
        """One event; what was said before it goes first."""
        self.flush()
        self._write(kind, data)

    def say(self, agent: str, text: str) -> bool:
        """A piece of text; gives whether it was written now, together with those before."""
        self._agent = agent
        if text:
            self._waiting.append(text)
        if not self._waiting or time.monotonic() - self._told_at < BATCH_SECONDS:
            return False
        self.flush()
        return True

    @transaction.atomic
    def flush(self) -> None:
        if self._waiting:
            self._write(TEXT, {"agent": self._agent, "text": "".join(self._waiting)})
            self._waiting = []
            self._told_at = time.monotonic()

    def forget_text(self, agent: str) -> None:
        """The pieces of an earlier try of a step that begins anew."""
        TailoringEvent.objects.filter(run=self._run_id, kind=TEXT, data__agent=agent).delete()

    def _write(self, kind: str, data: dict[str, Any]) -> None:
        self._seq += 1
        TailoringEvent.objects.create(run_id=self._run_id, seq=self._seq, kind=kind, data=data)
        notify(self._run_id)


TOLD_TO_PEOPLE = {
    TailoringRun.State.REVIEW: "A tailored resume waits for your review: {job}",
    TailoringRun.State.FAILED: "A tailored resume stopped, and can be continued: {job}",
    TailoringRun.State.READY: "The files of a tailored resume are ready: {job}",
}


def tell_people(run: TailoringRun, *, now: datetime) -> None:
    """Notify whoever began the run, and who approved it, that it ended: nobody has to keep its page open."""
    said = TOLD_TO_PEOPLE.get(TailoringRun.State(run.state))
    if said is None:
        return
    application = run.application
    notifications.tell(
        users={one for one in (run.created_by, run.approved_by) if one is not None},
        kind=Notification.Kind.TASK_ENDED,
        text=said.format(job=application.job.title),
        url=reverse("admin:jobs_tailoringrun_change", args=[run.pk]),
        now=now,
        subject=application.candidate_id,
        job=application.job_id,
    )


def forget_texts(*, now: datetime) -> int:
    """Delete the pieces of text of steps that are over, once nobody can be about to read them; gives how many.

    A step's output says it all. Deleted at its end, the last pieces would be missing for whoever reads a moment later.
    """
    at_work = TailoringStep.objects.filter(
        run=OuterRef("run"), agent=OuterRef("said_by"), state=TailoringStep.State.RUNNING
    )
    told = TailoringEvent.objects.filter(kind=TEXT, at__lt=now - TEXT_KEPT).annotate(said_by=KT("data__agent"))
    deleted, _ = told.filter(~Exists(at_work)).delete()
    return deleted


@transaction.atomic
def tell_once(run_id: UUID, kind: str, **data: Any) -> None:
    """An event of a run that no worker holds: the caller has its row locked."""
    Teller(run_id).tell(kind, **data)
