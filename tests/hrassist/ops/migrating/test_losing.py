"""A migration that makes rows fewer is not committed unless it says so; one that breaks what rows name is reversed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration, RunPython, RunSQL

from candidates.models import Candidate, Resume, Tag
from hrassist.lib import storage
from hrassist.ops.backup import keys, manifests
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.migrating import judging, losing, steps
from hrassist.ops.migrating.steps import StepFailed
from tests import factories
from tests.audit.sealing import conninfo
from tests.hrassist.ops.migrating.made_up import ADD, columns, migration, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_before")]


def sqls(name: str, statement: str, *, atomic: bool = True, says: tuple[str, ...] = ()) -> Migration:
    made = migration(name, RunSQL(statement, ""), atomic=atomic)
    if says:
        setattr(made, losing.DECLARED, says)
    return made


@pytest.fixture(autouse=True)
def spare() -> Iterator[None]:
    """A table of ten rows of which nobody else knows."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE spare (n int); INSERT INTO spare SELECT generate_series(1, 10)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS spare; DROP TABLE IF EXISTS spared")


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM spare")
        return int(cursor.fetchone()[0])


DELETES = {
    "deletes": ("DELETE FROM spare WHERE n > 7", 3),
    "deletes more than it adds": ("INSERT INTO spare VALUES (11); DELETE FROM spare WHERE n > 7", 3),
    "empties": ("TRUNCATE spare", 10),
    "empties and fills again": ("TRUNCATE spare; INSERT INTO spare VALUES (1), (2)", 8),
    "drops": ("DROP TABLE spare", 10),
}


@pytest.mark.parametrize(("statement", "count"), DELETES.values(), ids=DELETES)
def test_a_migration_that_loses_rows_without_a_word_is_not_committed(statement: str, count: int) -> None:
    with pytest.raises(StepFailed, match=rf"9010_loses failed: RowsLost: {count} rows of spare are gone") as error:
        steps.apply([ADD, sqls("9010_loses", statement)], probe=lambda: "")
    assert "loses_rows_of = ('spare',)" in error.value.message
    assert error.value.is_back
    assert (rows(), recorded()) == (10, set())
    assert "later" not in columns()


@pytest.mark.parametrize("atomic", [True, False])
def test_a_table_of_somebody_else_that_nobody_may_read_stops_nothing(atomic: bool) -> None:
    """As a superuser leaves one beside ours, whose owner is not the role that migrates."""
    looked = sqls("9010_looks", "SELECT 1", atomic=atomic)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE who_migrates; GRANT ALL ON ALL TABLES IN SCHEMA public TO who_migrates")
        cursor.execute("REVOKE ALL ON spare FROM who_migrates; SET ROLE who_migrates")
        try:
            with losing.watched(looked) as gone:
                cursor.execute("SELECT 1")
        finally:
            cursor.execute("RESET ROLE; DROP OWNED BY who_migrates; DROP ROLE who_migrates")
    assert gone == {}


@pytest.mark.parametrize(("statement", "count"), DELETES.values(), ids=DELETES)
def test_one_that_says_so_is_applied_and_how_many_went_is_on_record(statement: str, count: int) -> None:
    done = steps.apply([ADD, sqls("9010_loses", statement, says=("spare",))], probe=lambda: "")
    assert done.rows_gone == {"candidates.9010_loses": {"spare": count}}
    assert recorded() == {"9001_add", "9010_loses"}


def test_it_may_lose_rows_of_what_it_names_alone() -> None:
    Tag.objects.create(name="Python")
    both = sqls("9010_loses", "DELETE FROM spare; DELETE FROM candidates_tag", says=("spare",))
    with pytest.raises(StepFailed, match="RowsLost: 1 rows of candidates_tag are gone"):
        steps.apply([both], probe=lambda: "")
    assert (rows(), Tag.objects.count()) == (10, 1)


KEEPS = [
    "UPDATE spare SET n = n + 1",
    # Written anew with every row.
    "ALTER TABLE spare ALTER COLUMN n TYPE text",
    "ALTER TABLE spare RENAME TO spared",
    "DELETE FROM spare WHERE n > 7; INSERT INTO spare SELECT generate_series(8, 20)",
]


@pytest.mark.parametrize("statement", KEEPS)
def test_one_that_keeps_them_is_applied(statement: str) -> None:
    done = steps.apply([sqls("9011_keeps", statement)], probe=lambda: "")
    assert (done.applied, done.rows_gone) == (["candidates.9011_keeps"], {})


def test_what_others_delete_meanwhile_is_not_laid_to_its_charge() -> None:
    def work(*_args: Any) -> None:
        def sign_out() -> None:
            with psycopg.connect(**conninfo(), autocommit=True) as other:
                other.execute("DELETE FROM spare WHERE n > 5")

        thread = threading.Thread(target=sign_out)
        thread.start()
        thread.join()
        Tag.objects.create(name="Filled")

    done = steps.apply([migration("9011_keeps", RunPython(work, RunPython.noop))], probe=lambda: "")
    assert (rows(), done.rows_gone) == (5, {})


def test_what_this_connection_deleted_before_is_not_either() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM spare WHERE n > 5")
    assert steps.apply([ADD], probe=lambda: "").rows_gone == {}


def test_outside_a_transaction_it_is_told_that_they_are_gone_and_nothing_is_reversed() -> None:
    with pytest.raises(
        StepFailed, match=r"RowsLost: 3 rows of spare .* outside a transaction: nothing was reversed"
    ) as error:
        steps.apply([ADD, sqls("9010_loses", "DELETE FROM spare WHERE n > 7", atomic=False)], probe=lambda: "")
    assert not error.value.is_back
    assert "later" in columns()


def test_the_command_says_which_rows_and_the_receipt_how_many(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "plan", lambda: [sqls("9010_loses", "DELETE FROM spare")])
    with pytest.raises(CommandError, match="10 rows of spare are gone"):
        call_command("safe_migrate", env="staging", commit="abc")
    monkeypatch.setattr(steps, "plan", lambda: [sqls("9010_loses", "DELETE FROM spare", says=("spare",))])
    call_command("safe_migrate", env="staging", commit="abc")
    said = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert said is not None
    assert said["rows_gone"] == {"candidates.9010_loses": {"spare": 10}}


def planned(monkeypatch: pytest.MonkeyPatch, statement: str, back: str) -> None:
    monkeypatch.setattr(judging, "PAUSE", 0.01)
    monkeypatch.setattr(steps, "plan", lambda: [migration("9012_breaks", RunSQL(statement, back))])


def test_a_schema_that_does_not_serve_the_code_afterwards_is_taken_back(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(
        monkeypatch, "ALTER TABLE candidates_tag ADD COLUMN other int NOT NULL",
        "ALTER TABLE candidates_tag DROP COLUMN other",
    )  # fmt: skip
    with pytest.raises(CommandError, match=r"candidates_tag\.other has to be given a value.*as it was \(1 reversed\)"):
        call_command("safe_migrate", env="staging", commit="abc")
    assert "other" not in columns()
    assert place.label == "A"


@pytest.mark.parametrize(
    ("asked", "why"), [("I2", "has no object x"), ("I9", "Rows name 1 objects and the store lists 0 of them")]
)
def test_keys_that_lead_nowhere_afterwards_take_it_back(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch, asked: str, why: str
) -> None:
    resume = factories.ResumeFactory(content=b"here")
    monkeypatch.setattr(judging, "FILES", {asked: 10})
    update = "UPDATE candidates_resume SET key ="
    planned(monkeypatch, f"{update} 'x' || key", f"{update} substr(key, 2)")
    with pytest.raises(CommandError, match=rf"{why}.*as it was \(1 reversed\)"):
        call_command("safe_migrate", env="staging", commit="abc")
    assert Resume.objects.get().key == resume.key
    assert place.label == "A"


def test_what_was_broken_before_is_told_and_stops_no_release(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = factories.ResumeFactory(content=b"here")
    storage.clean().delete(lost.key)
    monkeypatch.setattr(steps, "plan", lambda: [ADD])
    call_command("safe_migrate", env="staging", commit="abc")
    said = capsys.readouterr()
    assert f"note: this was so before: Resume {lost.pk} has no object {lost.key} in the store." in said.err
    assert "note: I9 does not hold already" in said.err
    assert "1 migrations applied" in said.out
    assert Candidate.objects.count() == 1
    assert place.label == "A"


def test_where_there_are_too_many_files_to_ask_it_is_said(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    factories.ResumeFactory(content=b"one", pages=1)
    monkeypatch.setattr(judging, "FILES", {"I2": 1, "I9": 2})
    monkeypatch.setattr(steps, "plan", lambda: [ADD])
    call_command("safe_migrate", env="staging", commit="abc")
    assert "note: I2 is not asked afterwards: 2 files take too long" in (said := capsys.readouterr().err)
    assert "I9" not in said
    assert place.label == "A"


def test_a_question_that_this_code_cannot_ask_yet_stops_nothing() -> None:
    told: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_resume RENAME COLUMN key TO named")
    try:
        found = judging.before(tell=told.append)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE candidates_resume RENAME COLUMN named TO key")
    assert found.files == []
    assert told == [
        f"note: {name} is not asked afterwards: this code cannot ask it before (ProgrammingError)."
        for name in judging.FILES
    ]
