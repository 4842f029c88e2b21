"""A backup from before an erasure brings the person back; the replay of the ledger erases them again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection

from candidates.erasure import ledger
from hrassist.lib import devdb
from hrassist.models import User
from tests.candidates.erasure import canary
from tests.candidates.erasure.canary import WORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

RESTORED = "restored_before_erasure"


def environment() -> dict[str, str]:
    mine = connection.settings_dict
    return {**os.environ, "PGHOST": mine["HOST"], "PGPORT": str(mine["PORT"] or 5432), "PGUSER": mine["USER"],
            "PGPASSWORD": mine["PASSWORD"]}  # fmt: skip


def tool(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [devdb._binary(name), *arguments], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def server() -> psycopg.Connection:
    mine = connection.settings_dict
    return psycopg.connect(
        host=mine["HOST"], port=mine["PORT"] or 5432, user=mine["USER"], password=mine["PASSWORD"], dbname="postgres",
        autocommit=True,
    )  # fmt: skip


@pytest.fixture
def second_database() -> Iterator[str]:
    with server() as at:
        at.execute(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")
        at.execute(f"CREATE DATABASE {RESTORED} TEMPLATE template0")
    yield RESTORED
    with server() as at:
        at.execute(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")


def text_of(database: str, path: Path) -> str:
    tool("pg_dump", "--dbname", database, "--file", str(path))
    return path.read_text(errors="replace").lower()


def replay(database: str, store: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    mine = connection.settings_dict
    url = f"postgresql://{mine['USER']}:{mine['PASSWORD']}@{mine['HOST']}:{mine['PORT']}/{database}"
    return subprocess.run(
        [sys.executable, "manage.py", "replay_erasures", *arguments],
        cwd=configured.BASE_DIR, capture_output=True, text=True, check=False, timeout=180,
        env={**os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": url, "HRASSIST_STORAGE_DIR": str(store),
             "HRASSIST_ERASURE_LEDGER": str(folder), "HRASSIST_ERASURE_LEDGER_KEY": configured.ERASURE_LEDGER_KEY},
    )  # fmt: skip


def test_who_comes_back_with_a_backup_is_erased_again(erase, second_database, tmp_path, own_store, ledger_folder):
    by = User.objects.create(username="rosa")
    candidate = canary.whole_person(by)
    canary.poison(candidate, by=by)
    tool("pg_dump", "--format=custom", "--dbname", connection.settings_dict["NAME"], "--file", str(tmp_path / "backup"))
    assert erase(candidate).state == "done"

    tool("pg_restore", "--dbname", second_database, "--no-owner", "--no-privileges", str(tmp_path / "backup"))
    assert WORD in text_of(second_database, tmp_path / "restored.sql")

    would = replay(second_database, own_store, ledger_folder, "--dry-run")
    assert str(candidate.pk) in would.stdout, would.stderr
    assert WORD in text_of(second_database, tmp_path / "still.sql")
    done = replay(second_database, own_store, ledger_folder)
    assert done.returncode == 0, done.stderr
    assert str(candidate.pk) in done.stdout
    assert WORD not in text_of(second_database, tmp_path / "replayed.sql")
    assert WORD not in done.stdout + done.stderr
    again = replay(second_database, own_store, ledger_folder)
    assert "0 people were back" in again.stderr


def test_a_ledger_that_was_changed_keeps_the_service_from_starting(erase, tmp_path, own_store, ledger_folder):
    erase(canary.CandidateFactory())
    erase(canary.CandidateFactory())
    path = ledger_folder / ledger.FILE
    path.write_text(path.read_text().splitlines()[1] + "\n")
    done = replay(connection.settings_dict["NAME"], own_store, ledger_folder)
    assert done.returncode == 1
    assert "The ledger was changed" in done.stderr
