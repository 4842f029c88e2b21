"""Figures of the machinery: queue, services, database, pooler, clock, seals, backups, checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import psycopg
from django.conf import settings
from django.db import connection
from django.utils.dateparse import parse_datetime
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from psycopg.rows import dict_row

from audit.actions import seals
from hrassist import databases, health
from hrassist.lib import backlog
from hrassist.metrics.state import Group, add, by, gauge
from hrassist.models.check_outcome import EVERY, CheckOutcome

STATES = ("active", "idle", "idle in transaction", "other")
# What the status file of backups may tell of.
KINDS = ("backup", "drill")
POOLER_SECONDS = 2


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
            " (SELECT coalesce(extract(epoch FROM now() - min(xact_start)), 0)"
            "  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()),"
            " xact_commit, xact_rollback, deadlocks, blks_hit, blks_read"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        most, size, longest, commits, rollbacks, deadlocks, hit, read = cursor.fetchone()
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
    if settings.BACKUP_STATUS_FILE is None:
        return
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


def checks() -> Iterator[Metric]:
    """What fsck, storage_doctor and audit_verify found; one that never ran is as old as the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.name, o.broken, extract(epoch FROM now() - o.ended_at) FROM hrassist_checkoutcome o"
            " UNION ALL SELECT '', 0, extract(epoch FROM now() - min(applied)) FROM django_migrations"
        )
        found = {name: (int(broken), max(float(age), 0.0)) for name, broken, age in cursor.fetchall()}
    of_its_own = {
        CheckOutcome.Name.STORAGE_DOCTOR: ("hrassist_storage_unsafe", "Probes that the file store last failed."),
        CheckOutcome.Name.AUDIT_VERIFY: ("hrassist_audit_wrong", "What the last proof of the audit trail found wrong."),
    }
    yield by(
        "hrassist_promises_broken",
        "Promises that the last fsck found broken.",
        "check",
        [(name, broken) for name, (broken, _) in found.items() if name and name not in of_its_own],
    )
    for check, (name, helped) in of_its_own.items():
        figure = GaugeMetricFamily(name, helped)
        if check in found:
            figure.add_metric([], found[check][0])
        yield figure
    yield by(
        "hrassist_check_age_seconds",
        "How long ago a check by the clock last ended.",
        "check",
        [(name, found.get(name, found[""])[1]) for name in EVERY],
    )
    yield by(
        "hrassist_check_every_seconds",
        "How often it is due.",
        "check",
        [(name, every.total_seconds()) for name, every in EVERY.items()],
    )


def pooler() -> Iterator[Metric]:
    """Who waits at the pooler, where its console may be asked; it knows no prepared statements."""
    waiting: dict[str, int] = {}
    if settings.POOLER_STATS_URL:
        with psycopg.connect(
            settings.POOLER_STATS_URL, autocommit=True, prepare_threshold=None, connect_timeout=POOLER_SECONDS
        ) as console:
            for row in console.cursor(row_factory=dict_row).execute("SHOW POOLS").fetchall():
                if row["database"] != "pgbouncer":
                    waiting[row["database"]] = waiting.get(row["database"], 0) + int(row["cl_waiting"])
    yield by(
        "hrassist_pooler_waiting",
        "Clients that wait at the pooler for a connection to the database.",
        "database",
        sorted(waiting.items()),
    )


def _finished(one: object) -> datetime | None:
    return parse_datetime(str(one.get("finished_at"))) if isinstance(one, dict) else None


add(Group("queue", queue))
add(Group("services", services))
add(Group("database", database))
add(Group("clock", clock, seconds=60))
add(Group("audit", audit_trail))
add(Group("backups", backups))
add(Group("checks", checks, seconds=60))
add(Group("pooler", pooler))
