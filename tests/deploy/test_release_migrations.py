"""Releases that bring migrations: old code on new tables, one that fails half-way, staging before production."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from candidates.models import Candidate
from hrassist import databases
from hrassist.ops.backup import keys, servers
from tests.audit.sealing import conninfo
from tests.deploy.conftest import nginx_before
from tests.deploy.load import Load
from tests.deploy.machine import Machine, archive
from tests.factories import UserFactory, api_token

pytestmark = [
    pytest.mark.rollout,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]

# What a migration may cost those who ask meanwhile: no request, and nobody waits longer than for one lock that was not
# to be had (hrassist.ops.migrating.steps.LOCK_TIMEOUT) and for the answer that comes after it.
FAILED_REQUESTS = 0
LONGEST_REQUEST = 5.0

MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("candidates", "{after}")]
    operations = [
        migrations.AddField("candidate", "{column}", models.CharField(max_length=20, blank=True, db_default="")),
        {more}
    ]
"""


def brings(tree: Path, number: int, column: str, more: str = "") -> None:
    """A further migration of candidates, which widens the table that the load writes into."""
    folder = tree / "candidates/migrations"
    after = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / f"{number}_{column}.py").write_text(MIGRATION.format(after=after, column=column, more=more))


def reads_it(tree: Path, column: str) -> None:
    """The code of that release knows the column."""
    path = tree / "candidates/models/candidate.py"
    field = f'    {column} = models.CharField(max_length=20, blank=True, db_default="")\n'
    text = path.read_text().replace("    # What is left then", f"{field}    # What is left then")
    text = text.replace('"id", "country",', f'"id", "{column}", "country",')
    assert text.count(column) == 2
    path.write_text(text)


def widens(tree: Path) -> None:
    brings(tree, 9001, "later_one")
    reads_it(tree, "later_one")


def widens_and_fails(tree: Path) -> None:
    """Its first migration is in when its second one fails, half done."""
    widens(tree)
    brings(tree, 9002, "later_two")
    brings(tree, 9003, "later_three", more='migrations.RunSQL("SELECT 1/0", ""),')


def columns() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'candidates_candidate'::regclass")
        return {name for (name,) in cursor.fetchall() if name.startswith("later_")}


def migrated() -> list[str]:
    return sorted(name for _, name in MigrationRecorder(connection).applied_migrations() if name.startswith("9"))


def unmigrate() -> None:
    with connection.cursor() as cursor:
        for column in sorted(columns()):
            cursor.execute(f"ALTER TABLE candidates_candidate DROP COLUMN {column}")
        cursor.execute("DELETE FROM django_migrations WHERE name LIKE '9%'")


@pytest.fixture
def schema_as_before() -> Iterator[None]:
    yield
    unmigrate()


@pytest.fixture
def of_staging(new_machine: Callable[..., Machine], schema_as_before: None, backed_up: dict[str, str]) -> Machine:
    """A machine of staging, where backups are set up."""
    databases.claim(environment="staging")
    return new_machine("staging", HRASSIST_ENV="staging", **backed_up)


@pytest.fixture
def backed_up(tmp_path: Path) -> dict[str, str]:
    keys.generate(tmp_path / "backup.key")
    (tmp_path / "place").mkdir()
    return {
        "HRASSIST_BACKUP_KEY_FILE": str(tmp_path / "backup.key"),
        "HRASSIST_BACKUP_A": str(tmp_path / "place"),
        # Of the embedded server, which the machine's own pg_dump is too old for.
        "HRASSIST_PG_BIN": str(Path(servers.program("pg_dump", server=servers.own())).parent),
    }


def held_until_somebody_waited(found: list[float]) -> None:
    """Read from the table of the people and do not end until an ALTER gave up waiting for it once."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE relation = 'candidates_candidate'::regclass AND NOT granted"
        " AND mode = 'AccessExclusiveLock'"
    )
    with psycopg.connect(**conninfo()) as holder, psycopg.connect(**conninfo(), autocommit=True) as watcher:

        def waits() -> bool:
            return bool(watcher.execute(waiting).fetchone() != (0,))

        holder.execute("SELECT * FROM candidates_candidate LIMIT 1")
        until = time.monotonic() + 200
        while not waits() and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()
        while waits() and time.monotonic() < until:
            time.sleep(0.01)
        found.append(time.monotonic() - began)


def test_the_release_before_runs_on_the_schema_after_and_a_migration_that_fails_half_way_costs_no_request(
    of_staging, nginx_folder, static, tmp_path
):
    machine = of_staging
    token = api_token(UserFactory(role="Recruiter"))
    done = machine.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr + machine.log.read_text()[-3000:]
    second = archive(tmp_path, "1.1.0", static=static, change=widens)
    third = archive(tmp_path, "1.2.0", static=static, change=widens_and_fails)
    waited: list[float] = []
    with nginx_before(nginx_folder(), machine) as before, Load(before.tls, token=token) as load:
        load.wait_for(50)

        # Somebody's long statement is in its way at first: the release before answers, while it waits and tries again.
        held = threading.Thread(target=held_until_somebody_waited, args=(waited,))
        held.start()
        done = machine.script("release", str(second), "1.1.0")
        held.join()
        assert done.returncode == 0, done.stdout + done.stderr
        assert before.ask("/livez").body == b"ok 1.1.0\n"
        assert columns() == {"later_one"}
        load.wait_for(50)

        # Code N-1 on schema N, under its own load.
        done = machine.script("rollback")
        assert done.returncode == 0, done.stdout + done.stderr
        assert before.ask("/livez").body == b"ok 1.0.0\n"
        assert columns() == {"later_one"}
        written = load.found["POST 201"]
        load.wait_for(100)
        assert load.found["POST 201"] > written

        # Nothing restarts in this one: how long anybody waited is the migrations' doing alone.
        load.slowest = 0.0
        done = machine.script("release", str(third), "1.2.0")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "candidates.9003_later_three failed: DataError: division by zero" in done.stderr
        assert "The database is as it was (1 reversed)." in done.stderr
        assert "Release 1.2.0 was not migrated to; release 1.0.0 still answers." in done.stderr
        slowest = load.slowest
        load.wait_for(50)
        assert before.ask("/livez").body == b"ok 1.0.0\n"
        assert columns() == {"later_one"}
        assert migrated() == ["9001_later_one"]

    answered = load.found["GET 200"] + load.found["POST 201"]
    assert load.total - answered <= FAILED_REQUESTS, load.found
    assert slowest < LONGEST_REQUEST
    assert 1.5 < waited[0] < 3.5
    # Nothing was lost, and nothing was done twice.
    assert Candidate.objects.filter(full_name__startswith="Load ").count() == load.found["POST 201"]


def unwell_with_it(tree: Path) -> None:
    """Its migration makes the release that answers say that it is not ready."""
    touch = "__import__('django.conf').conf.settings.DRAIN_FILE"
    forth, back = f"lambda *_: {touch}.touch()", f"lambda *_: {touch}.unlink()"
    brings(tree, 9001, "later_one", more=f"migrations.RunPython({forth}, {back}),")


def test_a_migration_after_which_the_release_that_answers_is_not_well_is_taken_back(of_staging, static, tmp_path):
    done = of_staging.script("release", str(archive(tmp_path, "1.0.0", static=static)), "1.0.0")
    assert done.returncode == 0, done.stdout + done.stderr
    second = archive(tmp_path, "1.1.0", static=static, change=unwell_with_it)
    done = of_staging.script("release", str(second), "1.1.0")
    assert done.returncode == 1
    assert "9001_later_one failed: after it the service was not well: the probe gave 22" in done.stderr
    assert "The database is as it was (1 reversed)." in done.stderr
    assert (columns(), migrated()) == (set(), [])


def test_production_migrates_with_the_receipt_of_the_very_archive_that_staging_had(
    of_staging, new_machine, backed_up, static, tmp_path
):
    receipt = tmp_path / "receipt.json"
    first = archive(tmp_path, "1.1.0", static=static, change=widens)
    done = of_staging.script("release", "--receipt-to", str(receipt), str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert migrated() == ["9001_later_one"]
    # A second machine of staging has nothing left to migrate, and vouches for the same.
    receipt.unlink()
    snapshot = ("--snapshot-made", "before 1.1")
    done = of_staging.script("release", "--receipt-to", str(receipt), *snapshot, str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(receipt.read_text())
    assert (said["environment"], said["migrations"], said["snapshot"]) == ("staging", [], "before 1.1")
    of_staging.stop()

    # The tables of production are those of the release before.
    unmigrate()
    databases.claim(environment="production")
    production = new_machine("production", **backed_up)
    dumps = tmp_path / "place/database"
    made = len(list(dumps.iterdir()))
    done = production.script("release", str(first), "1.1.0")
    assert done.returncode == 1
    assert "Production needs the receipt of staging." in done.stderr
    assert "Release 1.1.0 was not migrated to; release none still answers." in done.stderr
    other = archive(
        tmp_path, "1.2.0", static=static, change=lambda tree: [widens(tree), brings(tree, 9002, "later_two")]
    )
    done = production.script("release", "--receipt", str(receipt), str(other), "1.2.0")
    assert done.returncode == 1
    assert f"commit {said['commit'][:12]}; this is" in done.stderr
    assert columns() == set()
    assert len(list(dumps.iterdir())) == made

    done = production.script("release", "--receipt", str(receipt), str(first), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr + production.log.read_text()[-3000:]
    assert migrated() == ["9001_later_one"]
    assert len(list(dumps.iterdir())) == made + 1


def test_without_backups_the_migration_has_no_way_back_and_that_is_said(machine, schema_as_before, static, tmp_path):
    done = machine.script("release", str(archive(tmp_path, "1.1.0", static=static, change=widens)), "1.1.0")
    assert done.returncode == 0, done.stdout + done.stderr + machine.log.read_text()[-3000:]
    assert "WITHOUT A WAY BACK: backups are not set up here" in done.stderr
    assert migrated() == ["9001_later_one"]

    # Commands are those of the release that answers, with its settings and secrets.
    done = machine.script("manage", "fsck", "--only", "I11")
    assert (done.returncode, "holds   I11" in done.stdout) == (0, True), done.stdout + done.stderr
    done = machine.script("manage", "--as-owner", "migrate", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    done = machine.script("manage")
    assert (done.returncode, "usage:" in done.stderr) == (1, True)
