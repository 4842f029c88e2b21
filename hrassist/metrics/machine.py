"""Figures of the machinery: queue, services, database, clock, seals, backups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.dateparse import parse_datetime
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from audit.actions import seals
from hrassist import databases, health
from hrassist.lib import backlog
from hrassist.metrics.state import Group, add, by, gauge

STATES = ("active", "idle", "idle in transaction", "other")
# What the status file of backups may tell of.
KINDS = ("backup", "drill")


def queue() -> Iterator[Metric]:
    queues = backlog.queues()
    tasks = GaugeMetricFamily("hrassist_queue_tasks", "Tasks by queue and state.", labels=["queue", "state"])
    for one in queues:
        for state in ("ready", "scheduled", "running", "failed"):
            tasks.add_metric([one.name, state], getattr(one, state))
    yield tasks
    yield by(
        "hrassist_queue_oldest_ready_seconds",
        "For how long the oldest task of a queue could have run.",
        "queue",
        [(one.name, one.oldest) for one in queues],
    )
    yield gauge("hrassist_queue_workers", "Workers that told lately that they live.", backlog.workers())
    yield gauge("hrassist_queue_stalled_tasks", "Tasks held by a worker that no longer lives.", backlog.stalled())


def services() -> Iterator[Metric]:
    found = {name: health.timed(ask) for name, ask in health.services().items()}
    yield by(
        "hrassist_service_up",
        "Whether what we need from outside answers.",
        "service",
        [(name, float(up)) for name, (up, _) in found.items()],
    )
    yield by(
        "hrassist_service_seconds",
        "How long it took to answer.",
        "service",
        [(name, took) for name, (_, took) in found.items()],
    )


def database() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN state IN ('active', 'idle', 'idle in transaction') THEN state ELSE 'other' END, count(*)"
            " FROM pg_stat_activity WHERE datid IS NOT NULL GROUP BY 1"
        )
        states = dict(cursor.fetchall())
        cursor.execute(
            "SELECT current_setting('max_connections')::int, pg_database_size(current_database()),"
            " coalesce(extract(epoch FROM now() - min(xact_start)), 0)"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        most, size, longest = cursor.fetchone()
        cursor.execute(
            "SELECT xact_commit, xact_rollback, deadlocks, blks_hit, blks_read FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        commits, rollbacks, deadlocks, hit, read = cursor.fetchone()
    yield by(
        "hrassist_database_connections",
        "Connections to the database server by state.",
        "state",
        [(state, states.get(state, 0)) for state in STATES],
    )
    yield gauge("hrassist_database_connections_used", "Connections to the database server.", sum(states.values()))
    yield gauge("hrassist_database_connections_max", "How many the server allows.", most)
    yield gauge("hrassist_database_bytes", "Size of the database.", size)
    yield gauge("hrassist_database_longest_transaction_seconds", "Age of the oldest open transaction.", longest)
    yield by(
        "hrassist_database_transactions",
        "Transactions since the server's figures were reset.",
        "outcome",
        [("commit", commits), ("rollback", rollbacks), ("deadlock", deadlocks)],
    )
    yield by("hrassist_database_blocks", "Blocks that were asked for.", "source", [("memory", hit), ("disk", read)])


def clock() -> Iterator[Metric]:
    yield gauge("hrassist_clock_skew_seconds", "This machine's clock less the database's.", databases.skew())


def audit_trail() -> Iterator[Metric]:
    late = seals.lag()
    yield gauge("hrassist_audit_seal_lag_seconds", "For how long the oldest event is without a seal.", late.seconds)
    yield gauge("hrassist_audit_unsealed_events", "Events without a seal, counted to 10,000.", late.unsealed)


def backups() -> Iterator[Metric]:
    """When the last backup and the last restore drill ended well, where anybody wrote that down."""
    try:
        told = json.loads(settings.BACKUP_STATUS_FILE.read_bytes())
    except FileNotFoundError:
        return
    times = [(kind, at) for kind in KINDS if (at := _finished(told.get(kind))) is not None]
    yield by(
        "hrassist_backup_success_timestamp_seconds",
        "When the last one ended well.",
        "kind",
        [(kind, at.timestamp()) for kind, at in times],
    )
    sizes = [(kind, float(told[kind]["bytes"])) for kind, _ in times if "bytes" in told[kind]]
    if sizes:
        yield by("hrassist_backup_bytes", "How large it was.", "kind", sizes)


def _finished(one: object) -> datetime | None:
    return parse_datetime(str(one.get("finished_at"))) if isinstance(one, dict) else None


add(Group("queue", queue))
add(Group("services", services))
add(Group("database", database))
add(Group("clock", clock, seconds=60))
add(Group("audit", audit_trail))
add(Group("backups", backups))
