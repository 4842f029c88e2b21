"""Uploads and tasks move on or say why they do not: I4 and I7."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q

from audit.models import Event
from candidates.models import Resume, UploadTicket
from candidates.resumes.claims import LEASE
from candidates.tasks import forgotten_uploads, ingest_upload
from hrassist import long_tasks
from hrassist.models import LongTask
from hrassist.ops.fsck import ended
from hrassist.ops.fsck.broken import Asked, Broken, Repair

State = UploadTicket.State
MOST_WAIT = timedelta(minutes=15)
STARTED = "SELECT pg_postmaster_start_time() > %s"
# A worker says every ten seconds that it lives.
MOST_SILENCE = timedelta(minutes=10)


def tickets_move_one_way(asked: Asked) -> Iterator[Broken]:
    """I4: a ticket's moments fit its state, and it brought one version at most."""
    del asked
    tickets = UploadTicket.objects.order_by("pk")
    wrong = {
        "is confirmed and has no moment of it": Q(state__in=[State.CONFIRMED, State.AVAILABLE], confirmed_at=None),
        "ended and has no moment of it": Q(
            state__in=[State.AVAILABLE, State.REJECTED, State.EXPIRED], settled_at__isnull=True
        ),
        "is open and has a moment of its end": Q(state__in=[State.ISSUED, State.CONFIRMED], settled_at__isnull=False),
        "ended before it was confirmed": Q(settled_at__lt=F("confirmed_at")),
        "was refused and has a resume": Q(state=State.REJECTED, resume__state=Resume.State.READY),
    }
    for how, condition in wrong.items():
        for pk in tickets.filter(condition).values_list("pk", flat=True).iterator():
            yield Broken(f"Upload {pk} {how}.", "Somebody wrote this row past the actions: the audit log says who.")
    # Their resume is in nobody's hands while the ticket waits: it was the last step that did not come.
    for ticket in tickets.filter(state=State.CONFIRMED, resume__state=Resume.State.READY).select_related("resume"):
        yield Broken(f"Upload {ticket.pk} waits although its resume is available.", "", _settle(ticket))
    twice = Resume.objects.values("ticket").annotate(rows=Count("pk")).filter(ticket__isnull=False, rows__gt=1)
    for row in twice:
        yield Broken(f"Upload {row['ticket']} brought {row['rows']} versions.", "Keep the oldest, erase the others.")


def _settle(ticket: UploadTicket) -> Repair:
    def settle() -> str:
        UploadTicket.objects.filter(pk=ticket.pk, state=State.CONFIRMED).update(
            state=State.AVAILABLE, settled_at=ticket.resume.created_at, claimed_until=None
        )
        return f"upload {ticket.pk} is available"

    return settle


def work_is_held_or_ended(asked: Asked) -> Iterator[Broken]:
    """I7: every task is done, waits for less than a quarter of an hour, is held by a living worker, or says why not.

    Of a restored copy it is asked only what no clock changes: nobody works in it, so everything there waits.
    """
    yield from ended.says_why()
    yield from ended.once()
    if asked.as_of is None:
        yield from ended.failed_tasks(asked)
        yield from _is_held(asked)
        yield from _is_taken(asked.now - MOST_WAIT)


def _is_taken(last: datetime) -> Iterator[Broken]:
    """Tasks that wait since before this moment, unless nobody could have taken them for as long.

    After a restore everything waits until the service is started, and whoever starts it asks this first.
    """
    if _nobody_could_work(since=last):
        return
    for pk, task in _jobs(
        "status = 'todo' AND coalesce(scheduled_at, '-infinity') < %s AND coalesce((SELECT max(at) FROM"
        " procrastinate_events e WHERE e.job_id = procrastinate_jobs.id), '-infinity') < %s",
        last,
        last,
    ):
        yield Broken(f"Task {pk} ({task}) has waited for over 15 minutes.", "Start a worker, or more of them.")


def _nobody_could_work(*, since: datetime) -> bool:
    """Whether the database server was started, or its rows were restored, after this moment."""
    with connection.cursor() as cursor:
        cursor.execute(STARTED, [since])
        (started,) = cursor.fetchone()
    return bool(started) or Event.objects.filter(action="backup.restored", ts__gt=since).exists()


def _is_held(asked: Asked) -> Iterator[Broken]:
    for pk, task in _jobs(
        "status = 'doing' AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = worker_id"
        " AND w.last_heartbeat > %s)",
        asked.now - MOST_SILENCE,
    ):
        yield Broken(f"Task {pk} ({task}) is held by a worker that is dead.", "", _put_back(pk))
    for ticket in UploadTicket.objects.filter(state=State.CONFIRMED, claimed_until__gt=asked.now + 2 * LEASE):
        yield Broken(f"Upload {ticket.pk} is held for longer than any lease.", "", _free(ticket))
    for forgotten in forgotten_uploads(now=asked.now):
        yield Broken(f"Upload {forgotten} waits and has no task.", "", _defer(forgotten))
    stalled = [one for one in LongTask.objects.filter(state=LongTask.State.RUNNING) if one.is_stalled(now=asked.now)]
    for one in stalled:
        yield Broken(f"Long work {one.pk} ({one.kind}) has no worker any more.", "", _end_long_work(asked))


def _jobs(condition: str, *values: datetime) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- conditions of our own, values are passed beside them
        cursor.execute(f"SELECT id, task_name FROM procrastinate_jobs WHERE {condition} ORDER BY id LIMIT 1000", values)  # noqa: S608 - our own words
        return list(cursor.fetchall())


def _put_back(pk: int) -> Repair:
    def put_back() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_retry_job_v2(%s, clock_timestamp(), NULL, NULL, NULL)", [pk])
        return f"task {pk} waits again"

    return put_back


def _free(ticket: UploadTicket) -> Repair:
    def free() -> str:
        UploadTicket.objects.filter(pk=ticket.pk).update(claimed_until=None)
        return f"upload {ticket.pk} is free again"

    return free


def _defer(ticket_id: str) -> Repair:
    def defer() -> str:
        ingest_upload.defer(ticket_id=ticket_id)
        return f"upload {ticket_id} has a task"

    return defer


def _end_long_work(asked: Asked) -> Repair:
    def end() -> str:
        long_tasks.end_forgotten(now=asked.now)
        return "work without a worker was ended"

    return end
