"""A migration that fails, under load or not, is stopped and reversed, and lets nobody wait for long."""

from __future__ import annotations

import subprocess
import threading
import time
import tomllib
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor

from candidates.models import Tag
from hrassist.ops.migrating import steps
from hrassist.ops.migrating.steps import AlreadyMigrating, StepFailed
from tests.audit.sealing import conninfo
from tests.hrassist.ops.migrating.made_up import ADD, BROKEN, INDEX, ONE_WAY, columns, migration, recorded
from tests.repo.sources import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_before")]


def well() -> str:
    return ""


def test_steps_are_applied_one_by_one_and_recorded() -> None:
    with steps.alone():
        done = steps.apply([ADD, INDEX], probe=well)
    assert done.applied == ["candidates.9001_add", "candidates.9002_index"]
    assert recorded() == {"9001_add", "9002_index"}
    assert "later" in columns()


def test_a_step_that_fails_takes_the_steps_before_it_back() -> None:
    with pytest.raises(StepFailed, match=r"9003_broken failed: .*division by zero.*as it was \(2 reversed\)") as error:
        steps.apply([ADD, INDEX, BROKEN], probe=well)
    assert error.value.is_back
    assert columns().isdisjoint({"later", "other"})
    assert recorded() == set()


def test_a_service_that_is_not_well_afterwards_takes_the_step_back() -> None:
    said = iter(["", "readyz gave 503"])
    with pytest.raises(StepFailed, match="readyz gave 503"):
        steps.apply([ADD, INDEX], probe=lambda: next(said))
    assert "later" not in columns()


def test_a_probe_that_breaks_off_takes_the_step_back() -> None:
    def breaks() -> str:
        raise OSError("no route to the service")

    with pytest.raises(StepFailed, match="the service was not well: OSError: no route to the service") as error:
        steps.apply([ADD], probe=breaks)
    assert error.value.is_back
    assert "later" not in columns()


def test_the_judge_is_asked_once_after_the_last_step_and_may_take_all_of_them_back() -> None:
    seen: list[set[str]] = []

    def judge() -> str:
        seen.append(recorded())
        return "a row is lost"

    with pytest.raises(StepFailed, match=r"9002_index failed: after it .* a row is lost.*as it was \(2 reversed\)"):
        steps.apply([ADD, INDEX], probe=well, judge=judge)
    assert seen == [{"9001_add", "9002_index"}]
    assert "later" not in columns()


def test_going_back_waits_for_a_lock_and_tries_again_as_going_forth_does() -> None:
    holder = psycopg.connect(**conninfo())

    def somebody_reads() -> str:
        holder.execute("SELECT * FROM candidates_tag")
        threading.Timer(3, holder.close).start()
        return "not well"

    with steps.alone(), pytest.raises(StepFailed, match=r"as it was \(1 reversed\)"):
        steps.apply([ADD], probe=somebody_reads, pause=0.5)
    assert "later" not in columns()


def test_where_one_step_has_no_way_back_nothing_is_reversed_and_it_is_said() -> None:
    with pytest.raises(StepFailed, match="9004_one_way cannot be reversed, so nothing was") as error:
        steps.apply([ADD, ONE_WAY, BROKEN], probe=well)
    assert not error.value.is_back
    assert {"later", "for_ever"} <= columns()
    assert steps.cannot_go_back([ADD, ONE_WAY]) == ["candidates.9004_one_way"]


def test_tables_and_rows_in_one_step_are_pointed_out() -> None:
    both = migration(
        "9005_both",
        RunSQL("SELECT 1", ""),
        RunPython(RunPython.noop, RunPython.noop),
    )
    assert steps.runs_code_over_rows([ADD, both]) == []
    from django.db import models
    from django.db.migrations import AddField

    mixed = migration("9006", AddField("tag", "x", models.IntegerField(null=True)), RunPython(RunPython.noop))
    assert steps.runs_code_over_rows([ADD, mixed]) == ["candidates.9006"]


def test_two_never_migrate_at_once() -> None:
    with psycopg.connect(**conninfo(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [steps.LOCK])
        with pytest.raises(AlreadyMigrating), steps.alone():
            pass
        other.execute("SELECT pg_advisory_unlock(%s)", [steps.LOCK])
    with steps.alone(), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)


def test_readers_wait_no_longer_than_the_limit_while_a_lock_is_not_to_be_had() -> None:
    """Behind an ALTER that waits, every SELECT waits: the limit is what they are spared."""
    Tag.objects.create(name="Python")
    waits: list[float] = []
    ended = threading.Event()

    def read() -> None:
        with psycopg.connect(**conninfo(), autocommit=True) as reader:
            while not ended.is_set():
                began = time.monotonic()
                reader.execute("SELECT count(*) FROM candidates_tag")
                waits.append(time.monotonic() - began)
                time.sleep(0.02)

    holder = psycopg.connect(**conninfo())
    holder.execute("SELECT * FROM candidates_tag")
    letting_go = threading.Timer(4, holder.close)
    thread = threading.Thread(target=read)
    thread.start()
    letting_go.start()
    try:
        with steps.alone():
            done = steps.apply([ADD], probe=well, pause=0.5)
    finally:
        ended.set()
        thread.join()
    assert done.lock_waits >= 1
    assert "later" in columns()
    assert len(waits) > 20
    assert max(waits) < 3.5


def test_a_migration_that_fails_under_load_costs_no_request(recruiter: Any, client_as: Callable[..., Any]) -> None:
    """The rows are written to by the code before the migration, the whole time: expand, then back."""
    del recruiter, client_as
    ended, failed, done = threading.Event(), [], []

    def write() -> None:
        with psycopg.connect(**conninfo(), autocommit=True) as writer:
            number = 0
            while not ended.is_set():
                number += 1
                try:
                    # As the code of the release before it names them: it knows nothing of the new column.
                    writer.execute(f"INSERT INTO candidates_tag ({names}) SELECT {values}", [number, number])
                    done.append(number)
                except psycopg.Error as error:
                    failed.append(str(error))

    tag = Tag.objects.create(name="Model")
    known = [field.column for field in Tag._meta.local_concrete_fields]
    names = ", ".join(known)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM candidates_tag WHERE id = %s", [tag.pk])  # noqa: S608
        row = dict(zip(known, cursor.fetchone(), strict=True))
    fresh = {"id": "%s + 1000000", "name": "'load ' || %s"}
    quoted = {name: fresh.get(name) or psycopg.sql.Literal(value).as_string() for name, value in row.items()}
    values = ", ".join(quoted[name] for name in known)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(done) < 20 and not failed:
            time.sleep(0.01)
        with steps.alone(), pytest.raises(StepFailed):
            steps.apply([ADD, INDEX, BROKEN], probe=well)
        after = len(done)
        while len(done) < after + 20 and not failed:
            time.sleep(0.01)
    finally:
        ended.set()
        writer.join()
    assert failed == []
    assert Tag.objects.filter(name__startswith="load ").count() == len(done)


def test_squawk_is_asked_where_it_is_installed_and_what_it_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = MigrationExecutor(connection).loader
    plain_index = loader.graph.nodes["jobs", "0011_indexes_for_a_million_people"]
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert steps.linted([plain_index]) == [steps.NOT_LINTED]
    assert steps.linted([]) == []
    subprocess.run([ROOT / "deploy/scripts/scanner", "squawk", "--version"], check=True)
    monkeypatch.setenv("PATH", f"{ROOT}/.venv-scanners/bin:/usr/bin:/bin")
    for line in (said := steps.linted([plain_index])):
        assert line.startswith("jobs.0011_indexes_for_a_million_people.sql:")
    assert any("require-concurrent-index-creation" in line for line in said), said
    assert tomllib.loads((ROOT / ".ci/squawk.toml").read_text())["excluded_rules"] == list(steps.UNASKED)
