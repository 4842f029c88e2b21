"""A migration that makes a table's rows fewer names the table beforehand, or it is not committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection, transaction
from django.db.migrations import Migration
from psycopg import sql

from hrassist.lib.errors import DomainError

# Stands in the migration as `atomic` does: class Migration: loses_rows_of = ("jobs_scratch",)
DECLARED = "loses_rows_of"
# What somebody else put beside them and lets nobody read is no migration's to lose.
_TABLES = (
    "SELECT oid, relname::text, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND has_table_privilege(oid, 'SELECT')"
)
_CHANGES = "SELECT relid, n_tup_ins - n_tup_del FROM pg_stat_xact_user_tables"


class RowsLost(DomainError):
    code = "migration_loses_rows"
    default_message = "{what}, and the migration does not say so ({declared})"


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the file that it lies in, and how many rows it has."""

    name: str
    file: int
    rows: int


def _counted(migration: Migration) -> dict[int, Table]:
    # What could not lose a row is not waited for.
    if _makes_indexes_alone(migration):
        return {}
    return {oid: Table(name, file, _count(name)) for oid, (name, file) in _now().items()}


@contextmanager
def watched(migration: Migration) -> Iterator[dict[str, int]]:
    """Within the block the migration is applied; gives how many rows went of each table. Raises RowsLost.

    Where it is one transaction that is not committed then. What others delete meanwhile is not laid to its charge; in a
    migration that works outside a transaction it cannot be told apart.
    """
    gone: dict[str, int] = {}
    # Before the transaction, which then holds no lock for as long as it takes to count.
    before = _counted(migration)
    if not migration.atomic:
        yield gone
        gone |= _fewer(before)
        _require_said(migration, gone)
        return
    with transaction.atomic():
        # What this connection did a moment ago may be among the counters still.
        earlier = _changes()
        yield gone
        gone |= _lost(before, earlier)
        _require_said(migration, gone)


def _require_said(migration: Migration, gone: dict[str, int]) -> None:
    unsaid = sorted(set(gone) - set(getattr(migration, DECLARED, ())))
    if unsaid:
        what = ", ".join(f"{gone[name]} rows of {name} are gone" for name in unsaid)
        raise RowsLost(what=what, declared=f"{DECLARED} = {tuple(unsaid)!r}")


def _makes_indexes_alone(migration: Migration) -> bool:
    return all(isinstance(one, AddIndexConcurrently | RemoveIndexConcurrently) for one in migration.operations)


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table)))
        return int(cursor.fetchone()[0])


def _changes() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES)
        return dict(cursor.fetchall())


def _now() -> dict[int, tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return {oid: (name, file) for oid, name, file in cursor.fetchall()}


def _lost(before: dict[int, Table], earlier: dict[int, int]) -> dict[str, int]:
    """By table, what this very transaction took away: deleted, or gone with its table or with its file."""
    there, changes = _now(), _changes()
    found = {}
    for oid, table in before.items():
        if oid not in there:
            change = -table.rows
        elif there[oid][1] != table.file:
            # TRUNCATE counts no row, and a table that is written anew keeps all of them.
            change = _count(there[oid][0]) - table.rows
        else:
            change = changes.get(oid, 0) - earlier.get(oid, 0)
        if change < 0:
            found[table.name] = -change
    return found


def _fewer(before: dict[int, Table]) -> dict[str, int]:
    there = _now() if before else {}
    now = {oid: _count(there[oid][0]) if oid in there else 0 for oid in before}
    return {table.name: table.rows - now[oid] for oid, table in before.items() if now[oid] < table.rows}
