"""What the proofs ask of the server, of its repositories and of whoever writes to it meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings as configured

from hrassist.ops.backup import cluster, pgbackrest
from hrassist.ops.backup.cluster import COUNTS
from hrassist.ops.backup.drill import JUDGED
from tests.restore.cluster import HOME, Tree, until
from tests.restore.installation import Installation

DRILL = f"{HOME}/drill"


@contextmanager
def writing(tree: Tree, history: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.restore.writer", str(history)],
        cwd=configured.BASE_DIR,
        env={**os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": tree.url},
        stderr=(history.parent / "writer.log").open("wb"),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def written(history: Path) -> list[tuple[str, datetime]]:
    lines = history.read_text().splitlines() if history.exists() else []
    return [(line.split()[0], datetime.fromisoformat(line.split()[1])) for line in lines if len(line.split()) == 2]


def there(tree: Tree) -> set[str]:
    with psycopg.connect(tree.url) as connection:
        return {str(pk) for (pk,) in connection.execute("SELECT id FROM candidates_candidate").fetchall()}


def counted(tree: Tree) -> str:
    """The rows of the server, as a restore tells of those that came back."""
    with psycopg.connect(tree.url) as connection:
        row = connection.execute(COUNTS).fetchone()
    return str(row[0]) if row else ""


def segment(connection: psycopg.Connection[Any]) -> str:
    """Which the server writes to."""
    row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
    return str(row[0]) if row else ""


def gone(tree: Tree, *paths: str) -> bool:
    """Of a drill, and of what failed, nothing is left under any of these names."""
    return not any(tree.outside(path).exists() for path in paths)


def judged(installation: Installation) -> dict[str, bool]:
    """Whether each promise holds in the server that came back, by the judge of every drill."""
    said = ""
    for words in (["audit_seal"], ["fsck", "--json", "--only", *JUDGED]):
        said = installation.run("manage.py", *words).stdout
    return {name: not one["broken"] for name, one in json.loads(said)["invariants"].items()}


def archived(tree: Tree) -> None:
    """Everything that was written until now is in both repositories."""
    with psycopg.connect(tree.url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        connection.execute("CREATE TABLE IF NOT EXISTS moved_on (at timestamptz)")
        connection.execute("INSERT INTO moved_on VALUES (now())")
    segment = row[0] if row else ""
    until(lambda: all(one.newest_wal >= segment for one in pgbackrest.info()))


@contextmanager
def started(installation: Installation, path: str) -> Iterator[Callable[[str], str]]:
    """A server that was restored beside the one that runs, for whoever asks it here; it archives nothing."""
    back = cluster.Machine.configured()
    try:
        options = f"-c listen_addresses='' -c unix_socket_directories={path} -c port={back.port} -c archive_mode=off"
        options += f" {cluster._own_configuration(back, path)}"
        up = back.program("pg_ctl", "-D", path, "-w", "-o", options, "-l", f"{path}/log", "start")
        assert up.returncode == 0, up.stderr
        yield lambda statement: cluster._ask(back, path, "hrassist", statement)
    finally:
        back.program("pg_ctl", "-D", path, "-w", "-m", "immediate", "stop")
        installation.tree.call("rm", "-r", path)


ERASE = """
import sys, datetime, django
django.setup()
from django.utils import timezone
from candidates.actions import erasures, replaying
from candidates.models import Candidate, Erasure
made = erasures.request(
    candidate=Candidate.objects.get(pk=sys.argv[1]), by=None, channel=erasures.Channel.MAIL, reason="",
    now=timezone.now(), wait=datetime.timedelta(0),
)
Erasure.objects.filter(pk=made.pk).update(needs_second=False)
replaying._to_its_end(made.pk)
"""


def erase(installation: Installation, person: str) -> None:
    done = installation.run("-c", ERASE, person, DJANGO_SETTINGS_MODULE="hrassist.settings")
    assert done.returncode == 0, done.stderr
