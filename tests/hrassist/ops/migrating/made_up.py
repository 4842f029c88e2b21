"""Migrations of no release, and what they left in the tables."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations import Migration, RunSQL
from django.db.migrations.recorder import MigrationRecorder


def migration(name: str, *operations: Any, atomic: bool = True) -> Migration:
    made = Migration(name, "candidates")
    made.operations, made.atomic = list(operations), atomic
    return made


ADD = migration(
    "9001_add",
    RunSQL("ALTER TABLE candidates_tag ADD COLUMN later int", "ALTER TABLE candidates_tag DROP COLUMN later"),
)
INDEX = migration("9002_index", RunSQL("CREATE INDEX later ON candidates_tag (later)", "DROP INDEX later"))
BROKEN = migration("9003_broken", RunSQL("ALTER TABLE candidates_tag ADD COLUMN other int; SELECT 1/0", ""))
ONE_WAY = migration("9004_one_way", RunSQL("ALTER TABLE candidates_tag ADD COLUMN for_ever int"))


def as_it_was() -> None:
    with connection.cursor() as cursor:
        for column in ("later", "other", "for_ever"):
            cursor.execute(f"ALTER TABLE candidates_tag DROP COLUMN IF EXISTS {column}")
        cursor.execute("DELETE FROM django_migrations WHERE name LIKE '9%'")


def columns() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'candidates_tag'")
        return {name for (name,) in cursor.fetchall()}


def recorded() -> set[str]:
    return {name for app, name in MigrationRecorder(connection).applied_migrations() if name.startswith("9")}
