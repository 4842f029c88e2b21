"""The commands over pgBackRest, end to end, as an operator calls them; the tests are one story, in this order."""

from __future__ import annotations

import json
import os
import re
import signal
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from hrassist.lib import failpoint
from hrassist.ops.backup import cluster, pgbackrest
from hrassist.ops.backup.drill import JUDGED
from tests.restore import figures
from tests.restore.cluster import HOME, OWNER, STANZA
from tests.restore.installation import Installation
from tests.restore.proof import archived, erase, started

pytestmark = pytest.mark.restore
RELEASE = {"DJANGO_SETTINGS_MODULE": "tests.restore.broken_release.settings"}


@pytest.fixture(scope="module")
def people(installation: Installation) -> list[list[str]]:
    """Each with the key and the sum of a resume."""
    done = installation.run("-m", "tests.restore.people", "5")
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_before_the_first_backup_the_status_calls_somebody(installation: Installation) -> None:
    said = installation.manage("backup_status", fails=True)
    assert "Repository 1 has no backup." in said
    assert "manage.py backup --kind database" in said


def test_a_backup_goes_into_both_repositories_and_the_files_into_both_places(
    installation: Installation, people: list[list[str]]
) -> None:
    said = installation.manage("backup")
    for number, label in enumerate("AB", start=1):
        assert f"{label}: a full backup is in repository {number}." in said
        assert re.search(rf"{label}: {len(people)} files copied", said)
    found = installation.status()
    assert found["worst"] == "warn", found["facts"]
    assert [one["canary"] for one in found["places"]] == [True, True]
    assert all(one["age_seconds"]["database"] < 300 for one in found["places"])
    assert [one["wal_holes"] for one in found["places"]] == [0, 0]


def test_the_buckets_of_both_repositories_are_asked_whether_they_keep_what_is_deleted(
    installation: Installation,
) -> None:
    said = installation.manage("backup_status")
    # What pgBackRest itself says of the cipher is what the status believes.
    assert {one["cipher"] for one in json.loads(pgbackrest.run("info", "--output=json"))[0]["repo"]} == {"aes-256-cbc"}
    assert "is not encrypted" not in said
    for number in (1, 2):
        locked = "keeps versions and locks each for 30 days (COMPLIANCE)."
        assert f"The bucket backups of repository {number} {locked}" in said
        # The rule is no proof: objects were asked, of the backup and of the WAL.
        (asked,) = re.findall(rf"repository {number}: (\d+) of its newest objects were asked, and each is locked", said)
        assert int(asked) >= 4
    installation.tree.stores[1].create_bucket(Bucket="open-to-all")
    installation.tree.let_write(1, "open-to-all")
    path = installation.tree.configure("unlocked.conf")
    conf = installation.tree.outside(path)
    conf.write_text(conf.read_text().replace("repo1-s3-bucket=backups", "repo1-s3-bucket=open-to-all"))
    program = " ".join([*installation.tree.run, "pgbackrest", f"--config={path}"])
    said = installation.manage("backup_status", fails=True, HRASSIST_PGBACKREST=program)
    assert "page  The bucket open-to-all of repository 1 keeps no versions" in said
    assert "page  The bucket open-to-all of repository 1 has no object lock" in said
    assert "The bucket backups of repository 2 keeps versions" in said


def test_objects_that_are_not_locked_although_the_rule_says_so_call_somebody(installation: Installation) -> None:
    """As a store would leave them that takes the rule and does not heed it: they came before the rule."""
    tree = installation.tree
    source, bucket = tree.stores[2], "rule-alone"
    source.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    tree.let_write(2, bucket)
    for key in tree.keys(2):
        # Not by a copy, which takes the lock along on this store.
        body = source.get_object(Bucket=tree.bucket, Key=key)["Body"].read()
        tree.writers[2].put_object(Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    source.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    path = tree.configure("rule-alone.conf")
    conf = tree.outside(path)
    conf.write_text(conf.read_text().replace("repo2-s3-bucket=backups", f"repo2-s3-bucket={bucket}"))
    program = " ".join([*tree.run, "pgbackrest", f"--config={path}"])
    said = installation.manage("backup_status", fails=True, HRASSIST_PGBACKREST=program)
    (short, asked) = re.findall(
        r"page  The bucket rule-alone of repository 2: (\d+) of its (\d+) newest objects that were asked are not "
        r"locked for 14 days, although its rule says so\.",
        said,
    )[0]
    assert int(short) == int(asked) >= 4
    assert "The bucket rule-alone of repository 2 keeps versions and locks each for 30 days (COMPLIANCE)." in said
    assert re.search(r"repository 1: \d+ of its newest objects were asked, and each is locked", said)


def test_a_configuration_that_drops_wal_calls_somebody(installation: Installation) -> None:
    assert "archive-push-queue-max" not in installation.manage("backup_status")
    path = installation.tree.configure("dropping.conf")
    with installation.tree.outside(path).open("a") as conf:
        conf.write("[global:archive-push]\narchive-push-queue-max=1GB\n")
    program = " ".join([*installation.tree.run, "pgbackrest", f"--config={path}"])
    assert "drops WAL without a word when 1GB of it wait" in installation.manage(
        "backup_status", fails=True, HRASSIST_PGBACKREST=program
    )


def test_the_next_one_builds_on_it_until_it_is_a_week_old(installation: Installation) -> None:
    said = installation.manage("backup", "--kind", "database", "--place", "A")
    assert "A: an incremental backup is in repository 1." in said
    labels = [label for label, _stop in pgbackrest.info(1)[0].backups]
    assert [label[-1] for label in labels] == ["F", "I"]
    # As pgBackRest itself names kinds and times.
    newest = pgbackrest.info(1)[0].newest_full
    assert newest is not None
    for age, kind in ((pgbackrest.FULL_AFTER, "incr"), (timedelta(days=7), "full")):
        assert pgbackrest.kind_due(1, now=newest + age) == kind


@pytest.mark.parametrize("place", ["A", "B"])
def test_a_drill_leaves_its_signed_receipt_with_what_it_measured(installation: Installation, place: str) -> None:
    archived(installation.tree)
    before = {repo: _histories(repo) for repo in (1, 2)}
    installation.manage("audit_seal")
    archived(installation.tree)
    said = installation.manage("drill", "--place", place)
    assert "Passed:" in said
    last = installation.status()["last_drill"]
    assert (last["passed"], last["engine"], last["place"], last["why"]) == (True, "pgbackrest", place, "")
    assert last["rpo_seconds"] >= 0
    assert last["rto_seconds"] > 0
    figures.take(installation.tree, f"a drill of place {place}", rpo=last["rpo_seconds"], rto=last["rto_seconds"])
    assert last["files"]["opened"] == 5
    assert last["invariants"] == dict.fromkeys(JUDGED, 0)
    # It could not archive, and nothing of it is left.
    assert {repo: _histories(repo) for repo in (1, 2)} == before
    assert list(installation.tree.outside(HOME).glob("drill*")) == []


def _histories(repo: int) -> set[str]:
    return {one for one in cluster.archived_segments(repo) if one.endswith(".history")}


def test_a_drill_fails_where_the_server_that_came_back_does_not_hold_what_is_promised(
    installation: Installation,
) -> None:
    with psycopg.connect(installation.tree.url, autocommit=True) as connection:
        # Nothing of the trail: the drill is on record there while it is so.
        connection.execute("ALTER TABLE candidates_tag ADD CONSTRAINT unseen CHECK (name <> '') NOT VALID")
    installation.manage("audit_seal")
    archived(installation.tree)
    try:
        said = installation.manage("drill", "--place", "B", fails=True)
        assert "The drill failed: I11: The constraint unseen of candidates_tag was never validated." in said
        last = installation.status()["last_drill"]
        assert (last["passed"], last["invariants"]["I11"]) == (False, 1)
    finally:
        with psycopg.connect(installation.tree.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE candidates_tag DROP CONSTRAINT unseen")
        archived(installation.tree)


def test_a_drill_fails_where_an_older_backup_of_its_repository_is_damaged(installation: Installation) -> None:
    """What it restores is whole, and holds; whoever needs the older one would find out too late."""
    pgbackrest.backup(1, kind="full")
    installation.manage("audit_seal")
    archived(installation.tree)
    older = next(label for label, _stop in pgbackrest.info(1)[0].backups if label.endswith("F"))
    bent = f"pgbackrest/backup/{STANZA}/{older}/bundle/1"
    installation.tree.overwrite(1, bent, lambda data: data[:-64] + bytes(64))
    try:
        said = installation.manage("drill", "--place", "A", fails=True)
        assert re.search(rf"The drill failed: .*backup: {older}, status: invalid", said), said
        last = installation.status()["last_drill"]
        assert (last["passed"], last["invariants"], last["files"]["damaged"]) == (False, dict.fromkeys(JUDGED, 0), [])
        assert f"backup: {older}, status: invalid" in last["why"]
        assert last["rto_seconds"] > 0
    finally:
        installation.tree.put_back(1, [bent])
    installation.manage("drill", "--place", "A")


def test_a_drill_measures_what_is_lost_where_the_database_is_gone(installation: Installation) -> None:
    """By the seal that was copied away from it: it is stopped, and nobody can ask it."""
    installation.manage("audit_seal")
    archived(installation.tree)
    outside = datetime.fromisoformat(installation.run("manage.py", "audit_anchors").stdout.strip())
    installation.tree.stop()
    try:
        said = installation.manage("drill", "--place", "B", "--json")
    finally:
        installation.tree.start()
    last = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert (last["passed"], last["evidence"]["database"]) == (True, None)
    assert datetime.fromisoformat(last["evidence"]["outside"]) == outside
    # It came back as far as that seal, and not one second less.
    assert last["rpo_seconds"] == 0
    assert installation.status()["last_drill"]["evidence"] == last["evidence"]


def test_a_drill_that_fails_says_so_in_its_receipt_and_leaves_no_data(installation: Installation) -> None:
    taken = installation.tree.outside(f"{HOME}/drill")
    taken.mkdir()
    (taken / "somebody").write_text("else's")
    said = installation.manage("drill", "--place", "A", fails=True)
    assert "is there and not empty" in said
    found = installation.status()
    assert (found["last_drill"]["passed"], found["worst"]) == (False, "page")
    assert [one.name for one in taken.parent.glob("drill*")] == ["drill"]
    (taken / "somebody").unlink()
    taken.rmdir()
    # The next one that passes ends the alarm.
    installation.manage("audit_seal")
    archived(installation.tree)
    installation.manage("drill", "--place", "A")
    assert installation.status()["last_drill"]["passed"]


def test_a_second_restore_keeps_away_from_one_that_runs(installation: Installation) -> None:
    """Its half-written folder looks like one that was left: it must not be cleared away."""
    path = f"{HOME}/drill"
    held = cluster._own_folder(cluster.Machine.configured(), path + cluster.PARTIAL)
    kept = installation.tree.outside(path + cluster.PARTIAL) / "half"
    kept.write_text("of a restore that runs")
    try:
        said = installation.manage("restore", "--data-directory", path, "--place", "A", fails=True)
        assert "Another process is at it" in said
        assert kept.exists()
    finally:
        os.close(held)
    installation.manage("restore", "--data-directory", path, "--place", "A")
    assert not kept.exists()
    archived(installation.tree)
    installation.tree.call("rm", "-r", path)


@pytest.mark.parametrize("place", ["restore.fetched", "restore.recovered"])
def test_a_restore_that_was_killed_put_nothing_into_service_and_is_cleared_away_by_the_next_one(
    installation: Installation, place: str
) -> None:
    """Also where its server was running by then, and goes on without it."""
    path = f"{HOME}/drill"
    restore = ("restore", "--data-directory", path, "--place", "A")
    killed = installation.run("manage.py", *restore, **{failpoint.VARIABLE: place})
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    final, partial = (installation.tree.outside(one) for one in (path, path + cluster.PARTIAL))
    assert not final.exists()
    assert (partial / "PG_VERSION").exists()
    assert (partial / "postmaster.pid").exists() == (place == "restore.recovered")
    assert "came back from repository 1" in installation.manage(*restore)
    assert final.exists()
    assert not partial.exists()
    archived(installation.tree)
    installation.tree.call("rm", "-r", path)


def test_an_owner_who_may_not_mark_the_wal_is_told_what_to_grant(installation: Installation) -> None:
    said = installation.manage("safe_migrate", "--env", "staging", "--commit", "a" * 40, fails=True, **RELEASE)
    assert "nothing was migrated" in said
    assert installation.asked("SELECT to_regclass('broken_release_more')") is None
    grant = re.search(r"GRANT EXECUTE [^;]+;", said)
    assert grant is not None
    assert grant[0].endswith(f"TO {OWNER};")
    with psycopg.connect(installation.tree.url, autocommit=True) as connection:
        connection.execute(grant[0])


def test_a_migration_that_fails_is_stopped_and_reversed_and_its_restore_point_is_in_both_places(
    installation: Installation,
) -> None:
    said = installation.manage("safe_migrate", "--env", "staging", "--commit", "b" * 40, fails=True, **RELEASE)
    assert "0002_breaks failed: DataError: division by zero" in said
    assert "The database is as it was (1 reversed)." in said
    assert installation.asked("SELECT to_regclass('broken_release_more')") is None
    assert installation.asked("SELECT count(*) FROM django_migrations WHERE app = 'broken_release'") == 0


def test_a_service_that_is_not_well_after_it_takes_the_migration_back(installation: Installation) -> None:
    installation.manage("migrate", "audit", "0007")
    said = installation.manage(
        "safe_migrate", "--env", "staging", "--commit", "c" * 40, "--probe", "false", fails=True
    )  # fmt: skip
    assert "the probe gave 1" in said
    assert installation.asked("SELECT count(*) FROM django_migrations WHERE app = 'audit' AND name LIKE '0008%'") == 0


def test_staging_leaves_a_receipt_with_which_production_migrates(installation: Installation, tmp_path: Path) -> None:
    receipt = str(tmp_path / "receipt.json")
    commit = ["--commit", "d" * 40]
    assert "1 migrations applied" in installation.manage(
        "safe_migrate", "--env", "staging", *commit, "--receipt", receipt
    )  # fmt: skip
    installation.manage("migrate", "audit", "0007")
    said = installation.manage(
        "safe_migrate", "--env", "production", "--commit", "e" * 40, "--receipt", receipt, fails=True
    )
    assert "Migrate staging to it first" in said
    installation.manage(
        "safe_migrate", "--env", "production", *commit, "--receipt", receipt, "--probe",
        f"{Path(installation.tree.root, 'usr/bin/true')}",
    )  # fmt: skip
    for store in installation.tree.stores.values():
        listed = store.list_objects_v2(Bucket="places", Prefix="hr/migrations/")
        assert len(listed["Contents"]) == 2


def test_the_way_back_that_is_named_leads_back_also_after_another_backup(installation: Installation) -> None:
    """A point lies before the newest backup then, and that one cannot be rolled back to it."""
    words = way_back(installation)
    people = installation.asked("SELECT count(*) FROM candidates_candidate")
    installation.run("-m", "tests.restore.people", "3")
    installation.manage("backup", "--kind", "database", "--place", "B")
    said = installation.manage(*words[1:], "--place", "B")
    assert "came back from repository 2" in said
    path = words[3]
    # Told to reach that point, it would stop there again.
    auto = installation.tree.outside(f"{path}/postgresql.auto.conf").read_text()
    assert not re.search(r"recovery_target|restore_command|archive_mode", auto)
    # What came back is of the point, and not of the backup after it.
    with started(installation, path) as ask:
        assert ask("SELECT count(*) FROM candidates_candidate") == str(people)


def test_the_way_back_across_a_migration_erases_nobody_and_says_who_does(installation: Installation) -> None:
    """What comes back has the tables of the release before, which this one cannot read to erase in them."""
    made = installation.run("-m", "tests.restore.people", "1")
    person = made.stdout.split()[0]
    installation.manage("migrate", "audit", "0007")
    words = way_back(installation)
    installation.manage("migrate")
    # Whoever was erased since is in what comes back.
    erase(installation, person)
    archived(installation.tree)
    said = installation.manage(*words[1:], "--place", "B")
    assert "came back from repository 2" in said
    assert re.search(r"Nobody was erased again \(.+\): run manage\.py replay_erasures of the release that fits\.", said)
    assert "people were erased again" not in said
    with started(installation, words[3]) as ask:
        assert f"{person} Scratch person 0" in ask("SELECT id || ' ' || full_name FROM candidates_candidate").split(
            "\n"
        )
        assert ask("SELECT count(*) FROM django_migrations WHERE app = 'audit' AND name LIKE '0008%'") == "0"
        # Nothing was written to it that this release would write.
        assert ask("SELECT count(*) FROM audit_event WHERE action = 'backup.restored'") == installation.asked(
            "SELECT count(*)::text FROM audit_event WHERE action = 'backup.restored'"
        )


def way_back(installation: Installation) -> list[str]:
    """The command that safe_migrate names before it migrates: back to now."""
    code = (
        "import django; django.setup()\n"
        "from hrassist.ops.migrating import safely\n"
        "print(safely._restore_point(safely.Release('f' * 40, ('x',)), tell=print))"
    )
    done = installation.run("-c", code, DJANGO_SETTINGS_MODULE="hrassist.settings")
    assert done.returncode == 0, done.stderr
    words = done.stdout.splitlines()[-1].split()
    assert words[:3] == ["manage.py", "restore", "--data-directory"]
    return words
