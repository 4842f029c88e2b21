"""A self-hosted server is destroyed in every way that the design names, and comes back; what it lost is measured.

The tests are one story, in this order: each leaves a server that runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from hrassist.ops.backup import cluster, pgbackrest, servers
from hrassist.ops.backup.cluster import NotPutIntoService, TargetTaken
from hrassist.ops.backup.drill import JUDGED
from hrassist.ops.backup.pgbackrest import PgBackRestFailed
from hrassist.ops.backup.servers import Server
from tests.restore.cluster import DATA, HOME, PASS, STANZA, Tree, until

pytestmark = pytest.mark.restore

DRILL = f"{HOME}/drill"
# The design's: sixty seconds of work at most, three minutes until it is back.
MOST_RPO, MOST_RTO = 60.0, 180.0


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


def gone(tree: Tree, *paths: str) -> bool:
    """Of a drill, and of what failed, nothing is left under any of these names."""
    return not any(tree.outside(path).exists() for path in paths)


def judged(tree: Tree, folder: Path) -> dict[str, bool]:
    """Whether each promise holds in the server that came back, by the judge of every drill."""
    environment = {
        **os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": tree.owner_url,
        "HRASSIST_VAR_DIR": str(folder / "var"),
    }  # fmt: skip
    said = ""
    # Nobody sealed here until now.
    for words in (["audit_seal"], ["fsck", "--json", "--only", *JUDGED]):
        said = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=configured.BASE_DIR, env=environment, capture_output=True,
            text=True, check=False,
        ).stdout  # fmt: skip
    return {name: not one["broken"] for name, one in json.loads(said)["invariants"].items()}


def note(**figures: object) -> None:
    """What was measured, for whoever runs this: HRASSIST_PROOF_FIGURES names a file."""
    path = os.environ.get("HRASSIST_PROOF_FIGURES")
    line = json.dumps({"at": datetime.now(tz=UTC).isoformat(timespec="seconds"), **figures})
    sys.stderr.write(f"\nmeasured: {line}\n")
    if path:
        with Path(path).open("a") as file:
            file.write(line + "\n")


def archived(tree: Tree) -> None:
    """Everything that was written until now is in both repositories."""
    with psycopg.connect(tree.url, autocommit=True) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        connection.execute("CREATE TABLE IF NOT EXISTS moved_on (at timestamptz)")
        connection.execute("INSERT INTO moved_on VALUES (now())")
    segment = row[0] if row else ""
    until(lambda: all(one.newest_wal >= segment for one in pgbackrest.info()))


def test_each_repository_gets_a_backup_of_its_own_and_the_same_wal(tree: Tree) -> None:
    for repo in (1, 2):
        pgbackrest.backup(repo, kind="full")
    archived(tree)
    found = pgbackrest.info()
    assert [one.is_well for one in found] == [True, True]
    assert found[0].newest_wal == found[1].newest_wal
    assert all(one.newest_backup is not None for one in found)
    assert [pgbackrest.verify(repo) for repo in (1, 2)] == [[], []]
    assert [pgbackrest.holes(cluster.archived_segments(repo)) for repo in (1, 2)] == [[], []]


def test_a_server_that_was_killed_and_deleted_while_it_was_written_to_comes_back_from_place_b(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = tmp_path / "history"
    with writing(tree, history):
        until(lambda: len(written(history)) >= 10, seconds=180)
        # Longer than the interval of archiving, so that some of it has left the machine.
        time.sleep(tree.archive_timeout * 2 + 3)
        lost_at = datetime.now(tz=UTC)
        tree.destroy()
    confirmed = written(history)
    began = time.monotonic()
    call_command("restore", data_directory=DATA, place="B", heartbeat=confirmed[-1][1].isoformat())
    assert gone(tree, DATA + cluster.PARTIAL)
    tree.start()
    back = there(tree)
    rto = time.monotonic() - began
    kept = [moment for pk, moment in confirmed if pk in back]
    missing = [pk for pk, _ in confirmed if pk not in back]
    # What is lost is the end of it and nothing in between.
    assert [pk for pk, _ in confirmed[: len(kept)]] == [pk for pk, _ in confirmed if pk in back]
    rpo = (lost_at - kept[-1]).total_seconds()
    note(proof="killed and deleted", rpo=rpo, rto=rto, rows=len(back), lost=len(missing))
    assert rpo <= MOST_RPO
    assert rto <= MOST_RTO
    assert "behind the heartbeat" in capsys.readouterr().out
    assert judged(tree, tmp_path) == dict.fromkeys(JUDGED, True)
    for repo in (1, 2):
        pgbackrest.backup(repo, kind="full")


def test_an_accidental_deletion_is_gone_back_behind_by_time_and_by_name(
    tree: Tree, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(there(tree))
    assert before
    name = "before-the-accident"
    with servers.spoken_to(servers.at(tree.url)):
        pgbackrest.restore_point(name)
    with psycopg.connect(tree.url, autocommit=True) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        moment = row[0].isoformat() if row else ""
        time.sleep(1)
        connection.execute("TRUNCATE candidates_candidate CASCADE")
    archived(tree)
    done = cluster.restore(directory=DRILL, repo=1, keep=False, name_target=name)
    assert int(done.counts.split()[0]) == before
    assert len(there(tree)) == 0
    # What is put into service is restored by the command, over nothing: the accident's data is moved away first.
    tree.stop()
    tree.outside(DATA).rename(tree.outside(f"{HOME}/accident"))
    call_command("restore", data_directory=DATA, target_time=moment, place="A")
    assert "up to" in capsys.readouterr().out
    auto = tree.outside(f"{DATA}/postgresql.auto.conf").read_text()
    assert "recovery_target" not in auto
    assert "restore_command" not in auto
    tree.start()
    shutil.rmtree(tree.outside(f"{HOME}/accident"))
    assert len(there(tree)) == before
    with psycopg.connect(tree.url) as connection:
        assert connection.execute("SHOW archive_mode").fetchone() == ("on",)


def test_nothing_of_that_restore_rules_the_next_one(tree: Tree) -> None:
    """The moment that it was told to reach would stop each restore of each later backup there."""
    for repo in (1, 2):
        pgbackrest.backup(repo, kind="full")
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("SELECT audit_insert('job.opened', '', '', '', '{}')")
        row = connection.execute("SELECT max(ts) FROM audit_event").fetchone()
    archived(tree)
    done = cluster.restore(directory=DRILL, repo=1, keep=False, heartbeat=row[0] if row else None)
    assert done.behind_seconds == 0


def test_a_drill_archives_nothing_and_leaves_nothing(tree: Tree) -> None:
    archived(tree)
    before = [(one, set(cluster.archived_segments(one))) for one in (1, 2)]
    with psycopg.connect(tree.url) as connection:
        row = connection.execute("SELECT max(ts) FROM audit_event").fetchone()
    done = cluster.restore(directory=DRILL, repo=2, keep=False, heartbeat=row[0] if row else None)
    assert done.behind_seconds == 0
    assert gone(tree, DRILL, DRILL + cluster.PARTIAL)
    for repo, segments in before:
        # A server that archived would have pushed the history of its new timeline.
        assert {one for one in cluster.archived_segments(repo) if one.endswith(".history")} <= segments


def test_a_drill_archives_nothing_either_where_the_data_hold_a_configuration_that_does(tree: Tree) -> None:
    """As PostgreSQL's own packages lay it out; nobody is let in by what stands there but who may be."""
    inside = {
        "postgresql.conf": (
            "proof.lies_in = 'the data'\narchive_mode = on\ndynamic_shared_memory_type = mmap\n"
            f"archive_command = 'pgbackrest --config={HOME}/pgbackrest.conf --stanza={STANZA} archive-push %p'\n"
        ),
        "pg_hba.conf": "local all all reject\n",
        "pg_ident.conf": "",
    }
    owner = tree.outside(DATA).stat()
    for name, text in inside.items():
        path = tree.outside(f"{DATA}/{name}")
        path.write_text(text)
        os.chown(path, owner.st_uid, owner.st_gid)
    try:
        pgbackrest.backup(1, kind="full")
    finally:
        for name in inside:
            tree.outside(f"{DATA}/{name}").unlink()
    archived(tree)
    before = {one for one in cluster.archived_segments(1) if one.endswith(".history")}
    seen: list[tuple[str, str]] = []

    def look(server: Server, _recovered: datetime) -> None:
        with server.connect() as connection:
            row = connection.execute("SELECT current_setting('proof.lies_in'), current_setting('archive_mode')")
            seen.append(row.fetchone() or ("", ""))

    with servers.spoken_to(servers.at(tree.owner_url)):
        cluster.restore(directory=DRILL, repo=1, keep=False, look=look)
    assert seen == [("the data", "off")]
    assert {one for one in cluster.archived_segments(1) if one.endswith(".history")} == before


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
        connection.execute("CREATE DATABASE hollow TEMPLATE hrassist")
    with psycopg.connect(tree.url.replace("/hrassist", "/hollow"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("TRUNCATE audit_event, audit_seal CASCADE")
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


def test_live_data_is_never_restored_over(tree: Tree) -> None:
    with pytest.raises(TargetTaken, match="Nothing was touched"):
        cluster.restore(directory=DATA, repo=1)
    assert there(tree) is not None


def test_a_restore_that_was_killed_is_thrown_away_by_the_next_one(tree: Tree) -> None:
    partial = tree.outside(DRILL + cluster.PARTIAL)
    partial.mkdir()
    (partial / "half").write_text("of something")
    assert not tree.outside(DRILL).exists()
    cluster.restore(directory=DRILL, repo=1, keep=False)
    assert gone(tree, DRILL, DRILL + cluster.PARTIAL)


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
    pgbackrest.backup(1, kind="full")
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
    pgbackrest.backup(1, kind="full")
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


def test_after_an_attacker_deleted_every_object_it_comes_back_as_of_before(tree: Tree) -> None:
    pgbackrest.backup(2, kind="full")
    archived(tree)
    time.sleep(1.5)
    before = datetime.now(tz=UTC)
    time.sleep(1.5)
    for number in (1, 2):
        for key in tree.keys(number):
            tree.hide(number, key)
        assert tree.keys(number) == []
    with pytest.raises(PgBackRestFailed):
        cluster.restore(directory=DRILL, repo=2, keep=False)
    done = cluster.restore(directory=DRILL, repo=2, keep=False, as_of=before.isoformat())
    assert done.recovered is not None
    for number in (1, 2):
        tree.show_again(number)
    pgbackrest.backup(1, kind="full")
