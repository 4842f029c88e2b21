"""A migration outside a transaction waits for a long dump, begins anew where it was cut, and says what it left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import Migration, RunSQL
from django.db.migrations.recorder import MigrationRecorder
from psycopg import errors

from hrassist.ops.migrating import steps, unwrapped
from hrassist.ops.migrating.steps import StepFailed
from tests.audit.sealing import conninfo

pytestmark = pytest.mark.django_db(transaction=True)


def migration(name: str, *operations: Any, atomic: bool = False) -> Migration:
    made = Migration(name, "candidates")
    made.operations, made.atomic = list(operations), atomic
    return made


ADD = migration(
    "9101_add",
    RunSQL("ALTER TABLE candidates_tag ADD COLUMN later int", "ALTER TABLE candidates_tag DROP COLUMN later"),
    atomic=True,
)
FIND = migration(
    "9102_find", AddIndexConcurrently("tag", models.Index(fields=["name", "id"], name="tag_by_both"))
)  # fmt: skip
HALF = migration(
    "9103_half",
    RunSQL("ALTER TABLE candidates_tag ADD COLUMN other int", "ALTER TABLE candidates_tag DROP COLUMN other"),
    RunSQL("SELECT 1/0", ""),
)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS tag_by_both")
        for column in ("later", "other"):
            cursor.execute(f"ALTER TABLE candidates_tag DROP COLUMN IF EXISTS {column}")
        cursor.execute("DELETE FROM django_migrations WHERE name LIKE '9%'")


def index() -> bool | None:
    """Whether the index can be used; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('tag_by_both')")
        row = cursor.fetchone()
    return row[0] if row else None


def recorded() -> set[str]:
    return {name for _app, name in MigrationRecorder(connection).applied_migrations() if name.startswith("9")}


@contextmanager
def reader_of_another_table() -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is open and has read, as a nightly dump is for an hour."""
    with psycopg.connect(**conninfo()) as reading:
        reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reading.execute("SELECT count(*) FROM candidates_source")
        yield reading
        reading.rollback()


def apply(*migrations: Migration, told: list[str] | None = None) -> steps.Done:
    with steps.alone():
        return steps.apply(migrations, probe=lambda: "", tell=(told if told is not None else []).append, pause=0)


def test_an_index_waits_for_a_dump_longer_than_a_lock_may_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LOCK_TIMEOUT", "200ms")
    with reader_of_another_table() as reading:
        # Five times what everything else may wait.
        ends = threading.Timer(1.0, reading.rollback)
        ends.start()
        done = apply(FIND)
        ends.join()
    assert index() is True
    assert (done.applied, done.lock_waits, recorded()) == (["candidates.9102_find"], 0, {"9102_find"})


def test_where_the_dump_does_not_end_nothing_is_left_and_the_next_run_goes_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unwrapped, "PATIENCE", "100ms")
    with reader_of_another_table():
        with pytest.raises(StepFailed, match="The database is as it was") as failed:
            apply(ADD, FIND)
        assert failed.value.is_back
        assert (index(), recorded()) == (None, set())
    apply(ADD, FIND)
    assert (index(), recorded()) == (True, {"9101_add", "9102_find"})


def test_an_index_that_a_killed_run_left_is_made_anew() -> None:
    with reader_of_another_table(), psycopg.connect(**conninfo(), autocommit=True) as cut:
        cut.execute("SET lock_timeout = '100ms'")
        with pytest.raises(errors.LockNotAvailable):
            cut.execute("CREATE INDEX CONCURRENTLY tag_by_both ON candidates_tag (name, id)")
    assert index() is False
    told: list[str] = []
    apply(FIND, told=told)
    assert index() is True
    assert "tag_by_both, which an earlier try left, is dropped." in told


def test_what_may_stand_of_it_is_said_and_nothing_before_it_is_taken_away() -> None:
    with pytest.raises(StepFailed, match=r"Nothing was reversed: .* a part of it may stand") as failed:
        apply(ADD, HALF)
    assert not failed.value.is_back
    assert recorded() == {"9101_add"}


def test_the_limit_for_everything_else_is_as_before() -> None:
    with steps.alone():
        steps.apply([FIND], probe=lambda: "")
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone()[0] == steps.LOCK_TIMEOUT
