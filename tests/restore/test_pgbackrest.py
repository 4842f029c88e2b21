"""A self-hosted server is destroyed and comes back, as it was or as of a moment; what it lost is measured.

The tests are one story, in this order: each leaves a server that runs.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from hrassist.ops.backup import cluster, pgbackrest, servers
from hrassist.ops.backup.cluster import TargetTaken
from hrassist.ops.backup.drill import JUDGED
from hrassist.ops.backup.pgbackrest import PgBackRestFailed
from hrassist.ops.backup.servers import Server
from tests.restore import figures
from tests.restore.cluster import DATA, HOME, STANZA, Tree, until
from tests.restore.installation import Installation
from tests.restore.proof import DRILL, archived, counted, gone, judged, segment, there, writing, written
from tests.storage.test_backup_credentials import refused

pytestmark = pytest.mark.restore


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


def test_every_object_of_them_is_locked_also_what_went_up_in_parts(tree: Tree) -> None:
    """Of each version in both buckets; neither pgBackRest's key nor the owner's takes it away or ends it sooner."""
    with psycopg.connect(tree.url, autocommit=True) as connection:
        # What cannot be compressed to less than a part, which is of 5 MiB.
        connection.execute("CREATE TABLE parts AS SELECT sha512(n::text::bytea) FROM generate_series(1, 250000) AS n")
    try:
        for repo in (1, 2):
            pgbackrest.backup(repo)
    finally:
        with psycopg.connect(tree.url, autocommit=True) as connection:
            connection.execute("DROP TABLE parts")
    for number in (1, 2):
        versions = tree.versions(number)
        # As S3 marks it: the number of parts stands behind the sum of their sums.
        assert [one for one in versions if "-" in one["ETag"]]
        assert {one["Key"].split("/")[1] for one in versions} == {"archive", "backup"}
        for one in versions:
            named = {"Bucket": tree.bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
            held = tree.stores[number].get_object_retention(**named)["Retention"]
            assert held["Mode"] == "COMPLIANCE", one
            assert held["RetainUntilDate"] >= datetime.now(tz=UTC) + timedelta(days=29), one
        large = max(versions, key=lambda one: one["Size"])
        wal = next(one for one in versions if re.search(r"/[0-9A-F]{24}-[0-9a-f]{40}", one["Key"]))
        info = next(one for one in versions if one["Key"].endswith("/archive.info"))
        for one in (large, wal, info):
            named = {"Bucket": tree.bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
            for client in (tree.writers[number], tree.stores[number]):
                assert refused(client.delete_object, **named, BypassGovernanceRetention=True)
                for mode, days in (("COMPLIANCE", 1), ("GOVERNANCE", 60)):
                    less = {"Mode": mode, "RetainUntilDate": datetime.now(tz=UTC) + timedelta(days=days)}
                    assert refused(
                        client.put_object_retention, **named, Retention=less, BypassGovernanceRetention=True
                    )  # fmt: skip
        assert len(tree.versions(number)) >= len(versions)


def test_a_server_that_was_killed_and_deleted_while_it_was_written_to_comes_back_from_place_b(
    tree: Tree, installation: Installation, tmp_path: Path
) -> None:
    history = tmp_path / "history"
    with writing(tree, history):
        until(lambda: len(written(history)) >= 10, seconds=180)
        pushed, unpushed = just_before_it_leaves(tree)
        lost_at = datetime.now(tz=UTC)
        tree.destroy()
    confirmed = written(history)
    began = time.monotonic()
    said = installation.manage(
        "restore", "--data-directory", DATA, "--place", "B", "--heartbeat", confirmed[-1][1].isoformat()
    )
    assert gone(tree, DATA + cluster.PARTIAL)
    tree.start()
    back = there(tree)
    rto = time.monotonic() - began
    kept = [moment for pk, moment in confirmed if pk in back]
    # What is lost is the end of it and nothing in between.
    assert [pk for pk, _ in confirmed[: len(kept)]] == [pk for pk, _ in confirmed if pk in back]
    # All of a segment is lost, and had the push of it taken until it was killed, what was written meanwhile.
    assert unpushed not in pgbackrest.segments_of(cluster.archived_segments(2))
    rpo = (lost_at - kept[-1]).total_seconds()
    assert rpo >= tree.archive_timeout * 0.95
    figures.take(tree, "killed and deleted, back from place B", rpo=rpo + pushed, rto=rto)
    assert "behind the heartbeat" in said
    assert judged(installation) == dict.fromkeys(JUDGED, True)
    # It was promoted while it could not archive: until there is a backup of its new timeline no restore finds that.
    archived(tree)
    stranded = "As yet no backup of repository {} leads to what was written since the last restore"
    said = installation.manage("backup_status", fails=True)
    assert all(stranded.format(repo) in said for repo in (1, 2))
    # As it is due: what builds on a backup from before leads there too.
    for repo in (1, 2):
        pgbackrest.backup(repo)
    said = installation.run("manage.py", "backup_status").stdout
    assert not any(stranded.format(repo) in said for repo in (1, 2))


def just_before_it_leaves(tree: Tree) -> tuple[float, str]:
    """Wait for the worst moment: a whole interval is on the machine alone, and its segment is about to be pushed.

    How many seconds the push of the one before it took, and which that is.
    """

    def switched() -> tuple[str, float]:
        full = segment(connection)
        while segment(connection) == full:
            time.sleep(0.05)
        return full, time.monotonic()

    with psycopg.connect(tree.url, autocommit=True) as connection:
        # One that was full before its time would leave early: then less is lost.
        for _ in range(4):
            first, at = switched()
            under = f"pgbackrest/archive/{STANZA}/17-1/{first[:16]}/{first}"
            until(lambda under=under: bool(tree.keys(2, under)))  # type: ignore[misc]
            pushed = time.monotonic() - at
            second, then = switched()
            if then - at >= tree.archive_timeout * 0.98:
                return pushed, second
    raise AssertionError("Segments fill before they are switched.")


def test_an_accidental_deletion_is_gone_back_behind_by_time_and_by_name(tree: Tree, installation: Installation) -> None:
    made = installation.run("-m", "tests.restore.people", "1")
    assert made.returncode == 0, made.stderr
    _person, key, sha256 = made.stdout.split()
    file = Path(installation.environment["HRASSIST_STORAGE_DIR"], key)
    content = file.read_bytes()
    installation.manage("backup", "--kind", "files")
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
        assert connection.execute("SELECT count(*) FROM candidates_resume").fetchone() == (0,)
    file.unlink()
    archived(tree)
    done = cluster.restore(directory=DRILL, repo=1, keep=False, name_target=name)
    assert int(done.counts.split()[0]) == before
    assert len(there(tree)) == 0
    # What is put into service is restored by the command, over nothing: the accident's data is moved away first.
    tree.stop()
    tree.outside(DATA).rename(tree.outside(f"{HOME}/accident"))
    said = installation.manage("restore", "--data-directory", DATA, "--target-time", moment, "--place", "A")
    assert "up to" in said
    assert "0 people were erased again." in said
    auto = tree.outside(f"{DATA}/postgresql.auto.conf").read_text()
    assert "recovery_target" not in auto
    assert "restore_command" not in auto
    tree.start()
    shutil.rmtree(tree.outside(f"{HOME}/accident"))
    assert len(there(tree)) == before
    with psycopg.connect(tree.url) as connection:
        assert connection.execute("SHOW archive_mode").fetchone() == ("on",)
        # By its key: another test of this server may have made a resume of the same bytes.
        row = connection.execute("SELECT sha256 FROM candidates_resume WHERE key = %s", [key]).fetchone()
    assert row == (sha256,)
    # And what the rows of that time name, the very bytes.
    assert not file.exists()
    assert "1 files came back" in installation.manage("restore", "--files", "--place", "B")
    assert file.read_bytes() == content == b"resume of 0"
    installation.manage("fsck", "--only", "I1", "I2")


def test_nothing_of_that_restore_rules_the_next_one(tree: Tree) -> None:
    """The moment that it was told to reach would stop each restore of each later backup there."""
    for repo in (1, 2):
        pgbackrest.backup(repo)
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
        pgbackrest.backup(1)
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


def test_after_an_attacker_wrote_over_and_deleted_every_object_it_comes_back_as_of_before(tree: Tree) -> None:
    for repo in (1, 2):
        pgbackrest.backup(repo)
    # What came last is among the rows that have to come back.
    with psycopg.connect(tree.url, autocommit=True) as connection:
        connection.execute("SELECT audit_insert('job.opened', '', '', '', '{}')")
    archived(tree)
    rows = counted(tree)
    assert min(map(int, rows.split())) > 0
    time.sleep(1.5)
    before = datetime.now(tz=UTC)
    time.sleep(1.5)
    bent = {number: [one for one in tree.keys(number) if is_attacked(tree, number, one)] for number in (1, 2)}
    for number in (1, 2):
        assert any(key.endswith(("/backup.info", "/archive.info", "/backup.manifest")) for key in bent[number])
        for key in bent[number]:
            tree.overwrite(number, key, lambda _data: b"pay us")
        for key in tree.keys(number):
            tree.hide(number, key)
        assert tree.keys(number) == []
    try:
        for repo in (1, 2):
            with pytest.raises(PgBackRestFailed):
                cluster.restore(directory=DRILL, repo=repo, keep=False)
            done = cluster.restore(directory=DRILL, repo=repo, keep=False, as_of=before.isoformat())
            assert done.counts == rows
        # What was written over is no better where it was not deleted as well.
        for number in (1, 2):
            tree.show_again(number)
        with pytest.raises(PgBackRestFailed):
            cluster.restore(directory=DRILL, repo=2, keep=False)
    finally:
        for number in (1, 2):
            tree.show_again(number)
            tree.put_back(number, bent[number])
    assert [pgbackrest.verify(repo) for repo in (1, 2)] == [[], []]


def test_what_expires_is_hidden_by_the_writers_key_and_every_version_of_it_stays(tree: Tree) -> None:
    label = next(label for label, _stop in pgbackrest.info(1)[0].backups if label.endswith("I"))
    before = {(one["Key"], one["VersionId"]) for one in tree.versions(1)}
    theirs = f"pgbackrest/backup/{STANZA}/{label}/"
    assert tree.keys(1, theirs)
    pgbackrest.run("expire", "--repo=1", f"--set={label}")
    assert label not in [one for one, _stop in pgbackrest.info(1)[0].backups]
    assert tree.keys(1, theirs) == []
    assert before <= {(one["Key"], one["VersionId"]) for one in tree.versions(1)}
    assert pgbackrest.verify(1) == []


def is_attacked(tree: Tree, number: int, key: str) -> bool:
    """All that is small; of what is large one bundle is enough, where a store of the test's is in memory."""
    size = int(tree.stores[number].head_object(Bucket=tree.bucket, Key=key)["ContentLength"])
    return size < 1_000_000 or key.endswith("/bundle/1")
