"""Nobody blocks the database, and its schema serves the code that runs on it: I10 and I11."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from hrassist.ops.fsck.broken import Asked, Broken, Repair

LONGEST_IDLE = "60 seconds"
LONGEST_WAIT = "5 seconds"


def nobody_is_in_the_way(asked: Asked) -> Iterator[Broken]:
    """I10: no transaction does nothing for a minute, nobody waits for a lock for five seconds."""
    del asked
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, usename, extract(epoch FROM clock_timestamp() - state_change)::int FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%%'"
            " AND clock_timestamp() - state_change > %s::interval AND pid <> pg_backend_pid()",
            [LONGEST_IDLE],
        )
        for pid, role, seconds in cursor.fetchall():
            yield Broken(f"A transaction of {role} (process {pid}) does nothing for {seconds} s.", "", _end(pid))
        cursor.execute(
            "SELECT pid, usename, extract(epoch FROM clock_timestamp() - state_change)::int, pg_blocking_pids(pid)"
            " FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND state = 'active' AND clock_timestamp() - state_change > %s::interval",
            [LONGEST_WAIT],
        )
        for pid, role, seconds, blockers in cursor.fetchall():
            yield Broken(
                f"{role} (process {pid}) waits {seconds} s for a lock of process {', '.join(map(str, blockers))}.",
                "See what the blocker does (pg_stat_activity) before you end it.",
            )


def _end(pid: int) -> Repair:
    def end() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return f"process {pid} was ended"

    return end


def schema_serves_the_code(asked: Asked) -> Iterator[Broken]:
    """I11: every migration of this code is in, and what a newer release added does not stand in the way of this one."""
    del asked
    executor = MigrationExecutor(connection)
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Broken(
            f"Migration {migration.app_label}.{migration.name} is not applied.", "manage.py safe_migrate (docs)."
        )
    yield from _columns()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE NOT i.indisvalid AND c.relnamespace = 'public'::regnamespace"
        )
        for (name,) in cursor.fetchall():
            yield Broken(
                f"The index {name} is not valid: making it was broken off.", "As the owner: REINDEX INDEX …",
                _make_again(name),
            )  # fmt: skip
        cursor.execute(
            "SELECT conname::text, relname::text FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE NOT convalidated AND connamespace = 'public'::regnamespace"
        )
        for name, table in cursor.fetchall():
            yield Broken(
                f"The constraint {name} of {table} was never validated.",
                f"As the owner: ALTER TABLE {table} VALIDATE CONSTRAINT {name}.",
                _validate(table, name),
            )


def _columns() -> Iterator[Broken]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name::text, column_name::text, is_nullable = 'YES' OR column_default IS NOT NULL"
            " OR is_identity = 'YES' OR is_generated = 'ALWAYS' FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        there: dict[str, dict[str, bool]] = {}
        for table, column, optional in cursor.fetchall():
            there.setdefault(table, {})[column] = optional
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if not model._meta.managed or table not in there:
            continue
        known = {str(field.column) for field in model._meta.local_concrete_fields}
        for column in sorted(known - set(there[table])):
            yield Broken(f"{table} has no column {column}, which this code reads.", "Run the release that fits it.")
        for column in sorted(set(there[table]) - known):
            if not there[table][column]:
                yield Broken(
                    f"{table}.{column} has to be given a value, and this code does not know it.",
                    "A newer release added it without a default: run that release, or give the column a default.",
                )


def _make_again(name: str) -> Repair:
    def make_again() -> str:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("REINDEX INDEX {}").format(sql.Identifier(name)))
        return f"the index {name} was made again"

    return make_again


def _validate(table: str, name: str) -> Repair:
    def validate() -> str:
        with connection.cursor() as cursor:
            named = sql.Identifier(table), sql.Identifier(name)
            cursor.execute(sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(*named))
        return f"the constraint {name} was validated"

    return validate
