"""The runbook's commands for pgBackRest, in the order of their pages, over the cluster to which that happened."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from hrassist.ops.backup import pgbackrest
from hrassist.ops.backup.cluster import COUNTS
from tests import runbooks
from tests.restore.cluster import DATA, HOME, STANZA
from tests.restore.installation import Installation
from tests.restore.proof import archived, counted, erase, started

pytestmark = pytest.mark.restore
MAIN, SCRATCH = "/var/lib/postgresql/17/main", "/srv/drill/data"


# What pgBackRest cannot do without.
INFO = (".info", ".info.copy", ".manifest", ".manifest.copy")


def walk(
    installation: Installation,
    page: str,
    section: str = "",
    *,
    systemctl: dict[str, Callable[[], None]] | None = None,
    before: dict[str, Callable[[], None]] | None = None,
    fails: tuple[str, ...] = (),
    **named: str,
) -> dict[str, str]:
    """Run the section with the scratch cluster's words in place of the page's; what each command said.

    `before` is what an operator does by hand ahead of a command.
    """
    said = {}
    for text in runbooks.commands(page, section):
        line = text
        for word, real in named.items():
            assert any(WORDS[word] in one for one in runbooks.commands(page, section)), word
            line = line.replace(WORDS[word], real)
        (before or {}).get(text, lambda: None)()
        # As pages write what `runbook_check` runs as well.
        program, *words = shlex.split(line.removeprefix(".venv/bin/python "))
        if program == "systemctl":
            (systemctl or {})[text]()
        elif program == "manage.py":
            said[text] = installation.manage(*words, fails=any(text.startswith(f"manage.py {one}") for one in fails))
        elif program == "psql":
            said[text] = installation.tree.call(
                "psql", "--host=/tmp", f"--port={installation.tree.port}", *words
            ).stdout  # fmt: skip
        else:
            assert program == "pgbackrest"
            said[text] = installation.tree.call("pgbackrest", f"--config={HOME}/pgbackrest.conf", *words).stdout
    return said


WORDS = {
    "main": MAIN,
    "scratch": SCRATCH,
    "heartbeat": "2026-11-26T03:14:00+00:00",
    "moment": "2026-11-25T12:00:00+00:00",
    "anchored": "2026-11-25T11:59:00+00:00",
}


@pytest.fixture(scope="module")
def people(installation: Installation) -> list[list[str]]:
    done = installation.run("-m", "tests.restore.people", "4")
    assert done.returncode == 0, done.stderr
    installation.manage("backup")
    installation.manage("audit_seal")
    return [line.split() for line in done.stdout.splitlines()]


def test_setting_up(installation: Installation, people: list[list[str]]) -> None:
    said = walk(installation, "backup", "pgBackRest")
    assert "Passed" in said["manage.py drill"]
    assert "Repository" not in said["manage.py backup_status"]
    assert {one.number: len(one.backups) > 0 for one in pgbackrest.info()} == {1: True, 2: True}
    assert people


def test_lost_server(installation: Installation, people: list[list[str]]) -> None:
    archived(installation.tree)
    before = installation.asked("SELECT count(*) FROM candidates_candidate")
    # As the page does it: from outside the database, which is gone then.
    heartbeat = installation.run("manage.py", "audit_anchors").stdout.strip()
    assert heartbeat == installation.asked("SELECT max(sealed_at) FROM audit_seal").isoformat()
    Path(installation.environment["HRASSIST_STORAGE_DIR"], people[0][1]).unlink()
    # Somebody is erased, and no copy of that leaves the machine before it is lost: only the ledger knows.
    erased = people[1][0]
    with psycopg.connect(installation.tree.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET archive_command = 'false'")
        connection.execute("SELECT pg_reload_conf()")
    erase(installation, erased)
    assert not _is_here(installation, erased)
    installation.tree.destroy()
    services: list[str] = []

    def start_postgresql() -> None:
        installation.tree.start()
        # Before anybody could ask the server that came back.
        assert not _is_here(installation, erased)

    said = walk(
        installation, "lost-server", "With the engine pgbackrest", main=DATA, heartbeat=heartbeat,
        systemctl={
            "systemctl start postgresql": start_postgresql,
            # No systemd runs here: what the units do is proven by tests/deploy.
            "systemctl start hrassist.target": lambda: services.append("hrassist"),
        },
    )  # fmt: skip
    assert services == ["hrassist"]
    assert heartbeat in said["manage.py audit_anchors"]
    assert installation.asked("SELECT count(*) FROM candidates_candidate") == before
    (restored,) = (text for line, text in said.items() if line.startswith("manage.py restore --data-directory"))
    assert "1 people were erased again." in restored
    assert erased not in said["manage.py replay_erasures"]
    assert not _is_here(installation, erased)
    assert re.search(r"^erasures +ok$", installation.run("manage.py", "health").stdout, re.MULTILINE)
    assert "1 files came back" in said["manage.py restore --files"]
    assert "BROKEN" not in said["manage.py fsck --repair"]
    assert {one.number: len(one.backups) > 0 for one in pgbackrest.info()} == {1: True, 2: True}


def _is_here(installation: Installation, person: str) -> bool:
    with psycopg.connect(installation.tree.url) as connection:
        row = connection.execute(
            "SELECT erased_at FROM candidates_candidate WHERE id = %s AND full_name LIKE 'Scratch person%%'", [person]
        ).fetchone()
    return row == (None,)


def test_archive_failing(installation: Installation, people: list[list[str]]) -> None:
    for _ in range(3):
        archived(installation.tree)
    segments = sorted(one for one in installation.tree.keys(1, "pgbackrest/archive/") if one.endswith(".zst"))
    installation.tree.hide(1, segments[-2])
    assert "WAL segments are missing in repository 1" in installation.manage("backup_status", fails=True)
    said = walk(
        installation, "archive-failing", scratch=f"{HOME}/drill", fails=("restore", "backup_status"),
        heartbeat=(datetime.now(tz=UTC) + timedelta(minutes=5)).isoformat(),
    )  # fmt: skip
    assert "archived_count" in next(text for line, text in said.items() if "dbshell" in line)
    assert "WAL is missing" in next(text for line, text in said.items() if "--heartbeat" in line)
    assert "Passed" in said["manage.py drill --place A"]
    assert "from before the newest backup are missing" in installation.run("manage.py", "backup_status").stdout
    installation.tree.call("rm", "-rf", f"{HOME}/drill.partial")
    assert people


def test_ransomware(installation: Installation, people: list[list[str]]) -> None:
    archived(installation.tree)
    time.sleep(1.5)
    before = datetime.now(tz=UTC)
    time.sleep(1.5)
    anchored = installation.run("manage.py", "audit_anchors", "--until", before.isoformat()).stdout.strip()
    rows = counted(installation.tree)
    over = {repo: [one for one in installation.tree.keys(repo, "pgbackrest/") if one.endswith(INFO)] for repo in (1, 2)}
    for repo, keys in over.items():
        assert keys
        for key in keys:
            installation.tree.overwrite(repo, key, lambda _data: b"pay us")
    for key in installation.tree.keys(2, "pgbackrest/"):
        installation.tree.hide(2, key)

    def begin_anew() -> None:
        # Without that nothing is taken in any more.
        for repo in over:
            asked = f"--config={HOME}/pgbackrest.conf", f"--stanza={STANZA}", f"--repo={repo}", "--type=full", "backup"
            assert installation.tree.call("pgbackrest", *asked, check=False).returncode != 0
        installation.tree.configure(path="/pgbackrest-anew")

    try:
        said = walk(
            installation, "ransomware", "With the engine pgbackrest", main=f"{HOME}/clean", moment=before.isoformat(),
            anchored=anchored, before={"pgbackrest --stanza=hrassist stanza-create": begin_anew},
        )  # fmt: skip
        asked, restored, *anew = said.values()
        assert len(anew) == 4
        assert {one.number: len(one.backups) for one in pgbackrest.info()} == {1: 1, 2: 1}
        assert [pgbackrest.verify(repo) for repo in (1, 2)] == [[], []]
        assert anchored in asked
        assert "came back from repository 2" in restored
        assert "behind the heartbeat" in restored
        # What is in the directory that would be put into service, and not what was said of it.
        with started(installation, f"{HOME}/clean") as ask:
            back, events = ask(COUNTS).split()
        # That it was restored is on record in it.
        assert (back, int(events)) == (rows.split()[0], int(rows.split()[1]) + 1)
    finally:
        installation.tree.configure()
        installation.tree.show_again(2)
        for repo, keys in over.items():
            installation.tree.put_back(repo, keys)
        installation.tree.call("rm", "-rf", f"{HOME}/clean", f"{HOME}/clean.partial")
    assert pgbackrest.verify(2) == []
    assert people
