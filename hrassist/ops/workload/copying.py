"""Rows into tables by COPY, and the tables' indexes out of the way meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, AutoField, Field, Model

NULL = "\\N"


class Table:
    """The rows of one model that wait to be copied. What `columns` leaves out gets the model's own default."""

    def __init__(self, model: type[Model], *columns: str) -> None:
        self.name = model._meta.db_table
        self.rows: list[str] = []
        self.copied = 0
        named = set(columns)
        others = {
            field.column: _constant(field)
            for field in model._meta.concrete_fields
            if field.column not in named and not isinstance(field, AutoField) and not field.has_db_default()
        }
        unknown = named - {field.column for field in model._meta.concrete_fields}
        if unknown:
            raise ValueError(f"{self.name} has no columns {sorted(unknown)}.")
        self.columns = (*columns, *others)
        self._constants = "".join(f"\t{value}" for value in others.values())

    def add(self, *values: str) -> None:
        """One row, each value as COPY's text format writes it."""
        self.rows.append("\t".join(values) + self._constants)

    def copy(self) -> None:
        """Send the rows that wait."""
        if not self.rows:
            return
        columns = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor, cursor.copy(f'COPY "{self.name}" ({columns}) FROM STDIN') as copy:
            copy.write("\n".join(self.rows) + "\n")
        self.copied += len(self.rows)
        self.rows = []


def _constant(field: Field[Any, Any]) -> str:
    """The default of a field that nobody fills, as COPY writes it."""
    default = field.get_default()
    if field.null and (field.default is NOT_PROVIDED or default is None):
        return NULL
    if isinstance(default, bool):
        return "t" if default else "f"
    if isinstance(default, list | dict):
        return "{}" if "[]" in (field.db_type(connection) or "") else json.dumps(default)
    return text(str(default))


def text(value: str) -> str:
    """A text as COPY's text format writes it."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


@contextmanager
def quick_session() -> Iterator[None]:
    """Leave foreign keys and triggers unchecked in this session: the rows fit each other by construction."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET statement_timeout = 0")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                for name in ("session_replication_role", "synchronous_commit", "maintenance_work_mem"):
                    # nosemgrep: no-sql-built-from-text -- a name out of our own list
                    cursor.execute(f"RESET {name}")


@contextmanager
def without_indexes(tables: list[str]) -> Iterator[None]:
    """Drop the indexes that no constraint needs, and build them once when all rows are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT place.relname, pg_get_indexdef(index.indexrelid)
            FROM pg_index index JOIN pg_class place ON place.oid = index.indexrelid
            WHERE index.indrelid = ANY(SELECT name::regclass FROM unnest(%s::text[]) name) AND NOT index.indisprimary
              AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)
            ORDER BY place.relname
            """,
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            # nosemgrep: no-sql-built-from-text -- a name out of our own list
            cursor.execute(f'DROP INDEX "{name}"')
        try:
            yield
        finally:
            # Also after a failure: a database without its indexes would look whole and crawl.
            if not connection.needs_rollback:
                for _, definition in indexes:
                    cursor.execute(definition)
