"""How the connection aliases share one schema, as whom they speak, and how long a page may ask it."""

import time
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.utils import timezone
from psycopg import sql

from hrassist.lib import dbroles, planner
from hrassist.lib.dbroles import Standing

_MARK = "hrassist: "
REPLICA = "replica"
# Figures of reports are kept for five minutes anyway; a copy that is further behind than this is broken.
MOST_LAG_SECONDS = 30
_LOOKED_AT_EVERY = 5.0
# A copy that has replayed all it received is as new as the primary, however long nobody wrote anything; one that
# receives nothing is as old as the last transaction it knows.
_LAG = """
SELECT CASE
    WHEN NOT pg_is_in_recovery() THEN 0
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 1e9)
END
"""
_looked_at, _is_near = float("-inf"), False


class OneSchemaRouter:
    """`audit` is a second connection to the default database, for rows that survive a rollback; it never migrates.

    `replica` is a copy that only `for_lagging_reads` names: what somebody just wrote, and what they may see, is always
    asked where it is written.
    """

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        return False if db in {"audit", REPLICA} else None

    def allow_relation(self, *_args: Any, **_hints: Any) -> bool | None:
        return True


def limit_statements() -> None:
    """End each statement of this process after DB_STATEMENT_TIMEOUT seconds; 0 leaves it to the server.

    Called by the web process alone: a migration, an import or a ranking may take longer than somebody waits for a page.
    """
    seconds = settings.DB_STATEMENT_TIMEOUT
    if not seconds:
        return
    for alias in connections:
        options = connections.settings[alias].setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()


def grant_after_migrate(using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Give the application's role its rights over what was just migrated, where the owner migrates."""
    if using != DEFAULT_DB_ALIAS:
        return
    with connections[using].cursor() as cursor:
        role = settings.DB_APP_ROLE
        if dbroles.may_grant(cursor, role) and not dbroles.is_granted(cursor, role=role):
            with transaction.atomic(using=using):
                dbroles.grant(cursor, role=role)


def for_lagging_reads() -> str:
    """Who is asked for figures over many rows that may be some seconds old: the replica while it is near.

    Never for what decides who may see what; the caller has asked that before, and hands in what it found.
    """
    global _looked_at, _is_near
    if REPLICA not in connections.settings or transaction.get_connection().in_atomic_block:
        return DEFAULT_DB_ALIAS
    now = time.monotonic()
    if now - _looked_at >= _LOOKED_AT_EVERY:
        _looked_at, _is_near = now, _lag() <= MOST_LAG_SECONDS
    return REPLICA if _is_near else DEFAULT_DB_ALIAS


def _lag() -> float:
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(_LAG)
            return float(cursor.fetchone()[0])
    except DatabaseError:
        connections[REPLICA].close()
        return float("inf")


def mark_after_migrate(using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Write into a database whose it is, once: a copy of it keeps the mark, so that no other environment takes it."""
    if using == DEFAULT_DB_ALIAS and not environment():
        claim(environment=settings.ENVIRONMENT)


def claim(*, environment: str) -> None:
    """Make the database that of another environment; only its owner can."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- a comment takes no parameter, and the literal is quoted
        cursor.execute(sql.SQL("COMMENT ON TABLE django_migrations IS {}").format(sql.Literal(f"{_MARK}{environment}")))


def environment() -> str:
    """Which environment this database belongs to; empty before the first migration."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regclass('django_migrations'), 'pg_class')")
        row = cursor.fetchone()
    mark = str(row[0] or "") if row else ""
    return mark.removeprefix(_MARK) if mark.startswith(_MARK) else ""


def skew() -> float:
    """By how many seconds this machine's clock is ahead of the database's."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        # Half of the way there and back is the moment at which it was read.
        ours = before + (timezone.now() - before) / 2
    return float((ours - theirs).total_seconds())


def analyze_after_migrate(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Have the planner look at what was just migrated, on whatever way the migration came.

    A flush says it has migrated as well, but has no plan.
    """
    if using != DEFAULT_DB_ALIAS or "plan" not in kwargs:
        return
    with connections[using].cursor() as cursor:
        planner.learn(cursor, planner.unknown(cursor))


def standing() -> Standing:
    """As whom this process speaks to the database, and what that lets it do to the legal record."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        return dbroles.standing(cursor)
