"""A migration that fails, under load or not, is stopped and reversed; nothing is migrated without a way back."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.models import Tag
from hrassist.ops.backup import keys, manifests, places
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.migrating import safely, steps
from hrassist.ops.migrating.steps import AlreadyMigrating, StepFailed
from tests.audit.sealing import conninfo
from tests.repo.sources import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


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


@pytest.fixture(autouse=True)
def as_before() -> Any:
    yield
    as_it_was()


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


# --- The whole of it --------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def plan(*migrations: Migration) -> None:
        monkeypatch.setattr(steps, "plan", lambda: list(migrations))

    return plan


def test_production_wants_the_receipt_of_staging_for_this_very_commit(
    place: FolderPlace,
    planned: Callable[..., None],
    tmp_path: Path,
    settings: Settings,
) -> None:
    settings.RECEIPT_KEY = "shared by both"
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    with pytest.raises(CommandError, match="Production needs the receipt of staging"):
        call_command("safe_migrate", env="production", commit="abc")
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    assert len(manifests.listed(place, manifests.DATABASE)) == 1
    as_it_was()
    with pytest.raises(CommandError, match="The receipt is of staging and commit abc; this is def"):
        call_command("safe_migrate", env="production", commit="def", receipt=receipt)
    planned(ADD, INDEX)
    with pytest.raises(CommandError, match=r"Staging did not migrate candidates\.9002_index"):
        call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    planned(ADD)
    forged = tmp_path / "forged.json"
    forged.write_text(receipt.read_text().replace("9001_add", "9001_bad"))
    with pytest.raises(CommandError, match="is not signed"):
        call_command("safe_migrate", env="production", commit="abc", receipt=forged)
    assert "later" not in columns()
    call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert "later" in columns()
    said = manifests.newest(place, manifests.MIGRATIONS, ring=keys.configured())
    assert said is not None
    assert (said["environment"], said["applied"]) == ("production", ["candidates.9001_add"])


@pytest.mark.parametrize(("ago", "holds"), [(13, True), (15, False), (-1, False)])
def test_a_receipt_holds_for_a_fortnight(
    place: FolderPlace,
    planned: Callable[..., None],
    tmp_path: Path,
    settings: Settings,
    ago: int,
    holds: bool,
) -> None:
    del place
    settings.RECEIPT_KEY = "shared by both"
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    as_it_was()
    said = json.loads(receipt.read_text())
    del said["signature"]
    said["moment"] = (timezone.now() - timedelta(days=ago)).isoformat()
    receipt.write_text(json.dumps({**said, "signature": safely._signature(said)}))
    if holds:
        call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    else:
        with pytest.raises(CommandError, match=r"it holds for 14 days\. Run safe_migrate there again"):
            call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert ("later" in columns()) == holds


def test_who_has_no_staging_says_so_and_it_stays_on_record(place: FolderPlace, planned: Callable[..., None]) -> None:
    planned(ADD)
    with pytest.raises(CommandError, match="Where there is no staging, say --without-staging"):
        call_command("safe_migrate", env="production", commit="abc")
    call_command("safe_migrate", env="production", commit="abc", without_staging=True)
    assert "later" in columns()
    # The way back was made first, as ever.
    assert len(manifests.listed(place, manifests.DATABASE)) == 1
    (entry,) = manifests.listed(place, manifests.MIGRATIONS)
    _, said = next(iter(manifests.genuine(place, manifests.MIGRATIONS, ring=keys.configured())))
    assert entry.key == said["name"]
    assert said["without_staging"] is True


def test_a_second_run_on_staging_finds_nothing_to_do_and_its_receipt_is_as_good(
    place: FolderPlace, planned: Callable[..., None], tmp_path: Path
) -> None:
    del place
    receipt = tmp_path / "receipt.json"
    planned(ADD)
    call_command("safe_migrate", env="staging", commit="abc")
    planned()
    call_command("safe_migrate", env="staging", commit="abc", receipt=receipt)
    assert json.loads(receipt.read_text())["migrations"] == []
    as_it_was()
    planned(ADD)
    call_command("safe_migrate", env="production", commit="abc", receipt=receipt)
    assert "later" in columns()


def test_the_rows_are_judged_when_the_last_migration_has_brought_what_this_code_reads(
    place: FolderPlace, planned: Callable[..., None]
) -> None:
    """Tickets of uploads are judged by this code, which knows a column that the first of them has not brought yet."""
    del place
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_uploadticket RENAME COLUMN parked_at TO parked")
    planned(
        ADD,
        migration(
            "9007_brings",
            RunSQL(
                "ALTER TABLE candidates_uploadticket RENAME COLUMN parked TO parked_at",
                "ALTER TABLE candidates_uploadticket RENAME COLUMN parked_at TO parked",
            ),
        ),
    )
    try:
        call_command("safe_migrate", env="staging", commit="abc")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_attribute WHERE attrelid = 'candidates_uploadticket'::regclass AND attname = 'parked'"
            )
            if cursor.fetchone():
                cursor.execute("ALTER TABLE candidates_uploadticket RENAME COLUMN parked TO parked_at")
    assert recorded() == {"9001_add", "9007_brings"}


def test_squawk_is_asked_where_it_is_installed_and_what_it_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loader = MigrationExecutor(connection).loader
    plain_index = loader.graph.nodes["jobs", "0011_indexes_for_a_million_people"]
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert steps.linted([plain_index]) == []
    subprocess.run([ROOT / "deploy/scripts/scanner", "squawk", "--version"], check=True)
    monkeypatch.setenv("PATH", f"{ROOT}/.venv-scanners/bin:/usr/bin:/bin")
    for line in (said := steps.linted([plain_index])):
        assert line.startswith("jobs.0011_indexes_for_a_million_people.sql:")
    assert any("require-concurrent-index-creation" in line for line in said), said
    assert tomllib.loads((ROOT / ".ci/squawk.toml").read_text())["excluded_rules"] == list(steps.UNASKED)


def test_without_a_backup_nothing_is_migrated(
    place: FolderPlace,
    planned: Callable[..., None],
    settings: Settings,
) -> None:
    planned(ADD)
    settings.PG_BIN = "/bin/true"
    with pytest.raises(CommandError, match="There is no fresh backup, so nothing was migrated"):
        call_command("safe_migrate", env="staging", commit="abc")
    assert "later" not in columns()
    assert places.configured() == [place] or place.label == "A"


def test_what_cannot_be_reversed_ends_with_the_command_that_restores_beside_it(
    place: FolderPlace,
    planned: Callable[..., None],
) -> None:
    del place
    planned(ONE_WAY, BROKEN)
    with pytest.raises(CommandError, match=r"manage\.py restore --to postgresql://OWNER@.*_back --target-time"):
        call_command("safe_migrate", env="staging", commit="abc")


def test_the_probe_is_a_command_whose_words_are_told() -> None:
    assert safely._probe("true") == ""
    assert "the probe gave 1" in safely._probe("false")
    assert "did not answer" in safely._probe("/no/such/program")


def test_the_plan_is_only_named(planned: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    planned(ADD, ONE_WAY)
    call_command("safe_migrate", env="staging", plan=True)
    assert capsys.readouterr().out.splitlines() == [
        "candidates.9001_add", "candidates.9004_one_way  (cannot be reversed)", "2 migrations.",
    ]  # fmt: skip
    assert json.dumps(sorted(recorded())) == "[]"
