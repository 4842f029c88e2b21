"""Migrations outside a transaction: they wait while nobody waits for them, and leave parts of them when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.operations import RunPython, RunSQL, SeparateDatabaseAndState
from psycopg.sql import SQL, Identifier

# CONCURRENTLY waits for every transaction that was there before it, a nightly dump's too, and blocks none meanwhile.
PATIENCE = "30min"
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"


def _operations(migration: Migration) -> list[Any]:
    found: list[Any] = []
    for one in migration.operations:
        found += one.database_operations if isinstance(one, SeparateDatabaseAndState) else [one]
    return found


def is_repeatable(migration: Migration) -> bool:
    """Whether it can begin anew after it was cut: everything in it stands by itself, or is cleared before."""
    return migration.atomic or all(isinstance(one, AddIndexConcurrently) for one in _operations(migration))


def _blocks_nobody(operation: Any) -> bool:
    if isinstance(operation, RunSQL):
        return "CONCURRENTLY" in str(operation.sql)
    return isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently | RunPython)


@contextmanager
def patiently(migration: Migration, *, otherwise: str) -> Iterator[None]:
    """Within the block what blocks nobody waits long for its locks; everything else waits as `otherwise` says."""
    if migration.atomic or not all(_blocks_nobody(one) for one in _operations(migration)):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [PATIENCE])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s", [otherwise])


def clear(migration: Migration) -> list[str]:
    """Drop the indexes that an earlier try of this migration left, whole or invalid; their names.

    They stand in no other's way: this migration is not applied, and another of the same name would be refused.
    """
    if migration.atomic:
        return []
    dropped = []
    with connection.cursor() as cursor:
        for one in _operations(migration):
            if not isinstance(one, AddIndexConcurrently):
                continue
            cursor.execute("SELECT to_regclass(%s)", [f'"{one.index.name}"'])
            if cursor.fetchone()[0] is not None:
                cursor.execute(SQL("DROP INDEX CONCURRENTLY {}").format(Identifier(one.index.name)))
                dropped.append(one.index.name)
    return dropped


def what_stands(migration: Migration) -> str:
    """What of a migration that failed cannot be known to be gone, in words; nothing where all of it is."""
    if migration.atomic:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_INVALID)
        invalid = [name for (name,) in cursor.fetchall()]
    if invalid:
        return f"{', '.join(invalid)} cannot be used: `manage.py fsck --repair` makes it anew"
    operations = _operations(migration)
    left = [one for one in operations if not _leaves_nothing(one)]
    # The only one that there is did not end, and an index that it touched would be invalid.
    if not left or (len(operations) == 1 and _blocks_nobody(operations[0])):
        return ""
    return "it works outside a transaction, and a part of it may stand: " + "; ".join(one.describe() for one in left)


def _leaves_nothing(operation: Any) -> bool:
    """Cleared by name, or said by its author to need no way back."""
    if isinstance(operation, RunPython):
        return operation.reverse_code is RunPython.noop
    return isinstance(operation, AddIndexConcurrently)
