"""How far behind the queue is: what waits, what could run now, and for how long it could have."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

# A worker tells every ten seconds that it lives.
ALIVE_SECONDS = 60
# A task without a date of its own could run since it was deferred, and one with a date since then.
_COUNTS = """
SELECT queue_name,
       count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
       count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),
       count(*) FILTER (WHERE status = 'doing'),
       count(*) FILTER (WHERE status = 'failed'),
       min(scheduled_at) FILTER (WHERE status = 'todo' AND scheduled_at <= now()),
       min(id) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL)
  FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY queue_name
"""
_OLDEST = f"""
SELECT queue_name, ready, scheduled, running, failed,
       coalesce(extract(epoch FROM now() - least(due, (
           SELECT min(at) FROM procrastinate_events WHERE job_id = first AND type = 'deferred'))), 0)
  FROM ({_COUNTS}) AS counted(queue_name, ready, scheduled, running, failed, due, first) ORDER BY queue_name
"""  # noqa: S608  two constants
_STALLED = """
SELECT count(*) FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
 WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
"""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: `ready` could run now, `oldest` is how many seconds the oldest of these could have."""

    name: str
    ready: int
    scheduled: int
    running: int
    failed: int
    oldest: float


def queues() -> list[Queue]:
    """Every queue that holds something, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        return [
            Queue(name, ready, scheduled, running, failed, oldest=max(float(oldest), 0.0))
            for name, ready, scheduled, running, failed, oldest in cursor.fetchall()
        ]


def workers() -> int:
    """How many workers told lately that they live."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat >= now() - make_interval(secs => %s)",
            [ALIVE_SECONDS],
        )
        return int(cursor.fetchone()[0])


def stalled() -> int:
    """How many tasks are held by a worker that no longer tells that it lives."""
    with connection.cursor() as cursor:
        cursor.execute(_STALLED, [ALIVE_SECONDS])
        return int(cursor.fetchone()[0])
