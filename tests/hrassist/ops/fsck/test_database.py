"""Who is in the way of others, and a schema that this code does not fit."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.audit.sealing import conninfo
from tests.hrassist.ops.fsck.asking import asked, said

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_i10_a_transaction_that_does_nothing_is_named_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(**conninfo()) as idle:
        idle.execute("SELECT 1")
        pid = idle.info.backend_pid
        assert asked("I10").holds
        # The same question with a bound of nothing: nobody waits a minute in a test.
        monkeypatch.setattr("hrassist.ops.fsck.database.LONGEST_IDLE", "0 seconds")
        assert f"(process {pid}) does nothing" in said(asked("I10"))
        assert asked("I10", repair=True).holds
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_i10_who_waits_for_a_lock_is_named_with_who_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrassist.ops.fsck.database.LONGEST_WAIT", "0 seconds")
    holder, waiter = psycopg.connect(**conninfo()), psycopg.connect(**conninfo())
    try:
        holder.execute("LOCK TABLE candidates_tag")
        waiter.pgconn.send_query(b"BEGIN; LOCK TABLE candidates_tag")
        for _ in range(100):
            if not (verdict := asked("I10")).holds:
                break
        assert f"for a lock of process {holder.info.backend_pid}" in said(verdict)
    finally:
        waiter.close()
        holder.close()


def test_i11_a_column_that_must_be_given_and_that_this_code_does_not_know() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ADD COLUMN later int NOT NULL")
    assert "candidates_tag.later has to be given a value" in said(asked("I11"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ALTER later SET DEFAULT 0")
    assert asked("I11").holds


def test_i11_a_column_that_is_gone_and_a_migration_that_is_not_in() -> None:
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("jobs")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag DROP COLUMN colour CASCADE")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs' AND name = %s", [newest])
    found = said(asked("I11"))
    assert "candidates_tag has no column colour" in found
    assert f"Migration jobs.{newest[:4]}" in found


def test_i11_a_constraint_that_was_never_validated_is() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ADD CONSTRAINT late CHECK (id IS NOT NULL) NOT VALID")
    assert "The constraint late of candidates_tag was never validated" in said(asked("I11"))
    assert asked("I11", repair=True).holds


def test_i11_an_index_that_broke_off_is_made_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX broke_off ON candidates_tag (id)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broke_off'::regclass")
    assert "The index broke_off is not valid" in said(asked("I11"))
    assert asked("I11", repair=True).holds
