"""What came back and is not what was lost, or could not come back whole, is not put into service, and says why."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django.fixtures import Settings

from hrassist.ops.backup import cluster, pgbackrest
from hrassist.ops.backup.cluster import NotPutIntoService
from hrassist.ops.backup.pgbackrest import PgBackRestFailed
from tests.restore.cluster import HOME, PASS, STANZA, Tree
from tests.restore.proof import DRILL, archived, gone

pytestmark = pytest.mark.restore


@pytest.fixture(scope="module", autouse=True)
def backups(tree: Tree) -> Iterator[None]:
    """Both repositories have one of a server in which something happened, and are well again afterwards."""
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("SELECT audit_insert('job.opened', '', '', '', '{}')")
    with override_settings(**tree.settings):
        for repo in (1, 2):
            pgbackrest.backup(repo)
        archived(tree)
    yield
    # One of them was damaged.
    with override_settings(**tree.settings):
        pgbackrest.backup(1, kind="full")


def test_a_server_whose_indexes_lie_is_not_put_into_service_and_is_kept_to_be_looked_at(tree: Tree) -> None:
    with psycopg.connect(tree.url, autocommit=True) as connection:
        # A comparison that turns round after the index was made.
        connection.execute(TURNED_ROUND)
    archived(tree)
    try:
        with pytest.raises(NotPutIntoService, match=r"(?s)not put into service; it lies in .*lies_at.*"):
            cluster.restore(directory=DRILL, repo=2)
        assert gone(tree, DRILL)
        kept = tree.outside(DRILL + cluster.PARTIAL)
        assert (kept / "PG_VERSION").exists()
        # Nothing of it runs.
        assert not (kept / "postmaster.pid").exists()
        with pytest.raises(NotPutIntoService):
            cluster.restore(directory=DRILL, repo=2, keep=False)
        assert gone(tree, DRILL, DRILL + cluster.PARTIAL)
    finally:
        with psycopg.connect(tree.url, autocommit=True) as connection:
            connection.execute("DROP TABLE lies; DROP OPERATOR FAMILY turned USING btree CASCADE")
        archived(tree)


def test_a_server_with_all_its_tables_and_nothing_in_its_trail_is_not_put_into_service(tree: Tree) -> None:
    """Without anything to hold it to: a database in which something ever happened has an event."""
    with psycopg.connect(tree.url.replace("/hrassist", "/postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE hollow TEMPLATE hrassist STRATEGY file_copy")
    with psycopg.connect(tree.url.replace("/hrassist", "/hollow"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("TRUNCATE audit_event, audit_seal CASCADE")
        # What only fills a database of the size that was asked for is backed up with the one that has it.
        connection.execute("DROP TABLE IF EXISTS filler_people, filler_steps")
    # It has to be there before recovery ends: it is asked whether it has.
    pgbackrest.backup(1)
    archived(tree)
    try:
        with pytest.raises(NotPutIntoService, match="the database hollow has no event and no seal: it is empty"):
            cluster.restore(directory=DRILL, repo=1, database="hollow", keep=False)
    finally:
        with psycopg.connect(tree.url.replace("/hrassist", "/postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE hollow")
        archived(tree)


TURNED_ROUND = """
    CREATE FUNCTION turned_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($1, $2)';
    CREATE OPERATOR CLASS turned FOR TYPE int USING btree AS
        OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 turned_cmp(int, int);
    CREATE TABLE lies (n int);
    INSERT INTO lies SELECT generate_series(1, 100);
    CREATE INDEX lies_at ON lies (n turned);
    CREATE OR REPLACE FUNCTION turned_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($2, $1)';
"""


def test_the_wrong_key_is_said_to_be_the_wrong_key(tree: Tree, settings: Settings) -> None:
    path = tree.configure("other-key.conf", passes={1: "not-the-key-at-all-0123456789012", 2: PASS[2]})
    settings.PGBACKREST = " ".join([*tree.run, "pgbackrest", f"--config={path}"])
    with pytest.raises(CommandError, match="the wrong key"):
        call_command("restore", data_directory=DRILL, place="A")


def test_a_disk_that_is_full_is_said_to_be_full(tree: Tree) -> None:
    small = tree.outside(f"{HOME}/small")
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "tmpfs", str(small)], check=True)
    try:
        with pytest.raises(PgBackRestFailed, match="the disk is full"):
            cluster.restore(directory=f"{HOME}/small/data", repo=1)
        assert not (small / "data").exists()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_segment_that_is_missing_is_found_although_the_server_comes_up_without_a_word(tree: Tree) -> None:
    for _ in range(3):
        archived(tree)
    segments = sorted(one for one in tree.keys(1, "pgbackrest/archive/") if one.endswith(".zst"))
    hidden = segments[-2]
    tree.hide(1, hidden)
    name = hidden.rpartition("/")[2][:24]
    assert pgbackrest.holes(cluster.archived_segments(1)) == [name]
    # Without anything to hold it to: what is missing is counted.
    with pytest.raises(NotPutIntoService, match=rf"WAL is missing: 1 segments from {name} on .*\(--target-time\)"):
        cluster.restore(directory=DRILL, repo=1, keep=False)
    assert gone(tree, DRILL, DRILL + cluster.PARTIAL)
    # The other place has all of it.
    assert pgbackrest.holes(cluster.archived_segments(2)) == []


def test_an_end_that_never_came_leaves_no_gap_and_is_found_by_what_was_kept_outside(tree: Tree) -> None:
    pgbackrest.backup(1)
    archived(tree)
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET archive_command = 'false'")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(3)
        connection.execute("SELECT audit_insert('job.opened', '', '', '', '{}')")
        row = connection.execute("SELECT max(ts) FROM audit_event").fetchone()
    try:
        assert pgbackrest.holes(cluster.archived_segments(1), since=pgbackrest.info(1)[0].newest_starts) == []
        with pytest.raises(NotPutIntoService, match=r"it ends \d+ s before the last heartbeat"):
            cluster.restore(directory=DRILL, repo=1, keep=False, heartbeat=row[0] if row else None, most_behind=1)
        assert gone(tree, DRILL, DRILL + cluster.PARTIAL)
    finally:
        with psycopg.connect(tree.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET archive_command")
            connection.execute("SELECT pg_reload_conf()")
        archived(tree)


def test_a_segment_that_is_damaged_is_found_although_none_is_missing(tree: Tree) -> None:
    """PostgreSQL takes what cannot be read for what is not there, and comes up before it."""
    pgbackrest.backup(1)
    for _ in range(3):
        archived(tree)
    damaged = sorted(one for one in tree.keys(1, "pgbackrest/archive/") if one.endswith(".zst"))[-2]
    tree.overwrite(1, damaged, lambda data: data[: len(data) // 2])
    assert pgbackrest.holes(cluster.archived_segments(1), since=pgbackrest.info(1)[0].newest_starts) == []
    name = damaged.rpartition("/")[2][:24]
    with pytest.raises(NotPutIntoService, match=rf"WAL is missing: .* {name}, which is in the repository, could not"):
        cluster.restore(directory=DRILL, repo=1, keep=False)


@pytest.mark.parametrize("harm", ["a bit flipped", "cut off"])
def test_a_damaged_backup_is_refused(tree: Tree, harm: str) -> None:
    pgbackrest.backup(1, kind="full")
    label = pgbackrest.info()[0].backups[-1][0]
    newest = [
        one for one in tree.keys(1, f"pgbackrest/backup/{STANZA}/{label}/") if "/bundle/" in one or "/pg_data/" in one
    ]
    largest = max(newest, key=lambda one: _size(tree, one))
    bent = {
        "a bit flipped": lambda data: (
            data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
        ),
        "cut off": lambda data: data[: len(data) // 2],
    }[harm]
    tree.overwrite(1, largest, bent)
    assert pgbackrest.verify(1) != []
    with pytest.raises(PgBackRestFailed, match="a file is damaged in that repository: take the other place"):
        cluster.restore(directory=DRILL, repo=1, keep=False)
    assert gone(tree, DRILL, DRILL + cluster.PARTIAL)


def _size(tree: Tree, key: str) -> int:
    return int(tree.stores[1].head_object(Bucket=tree.bucket, Key=key)["ContentLength"])
