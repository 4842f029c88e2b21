"""A backup comes back whole into a fresh database, or it is said why not and nothing is put into service."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.erasure import ledger
from candidates.models import Candidate
from hrassist.lib import failpoint
from hrassist.ops.backup import drill, dump, files, keys, manifests, places, restoring, servers, status
from hrassist.ops.backup.cipher import Altered, CutOff, Swapped
from hrassist.ops.backup.keys import Ring, WrongKey
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.restoring import NotEmpty, NothingToRestore, PostCheckFailed
from hrassist.ops.backup.servers import Server
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def url_of(server: Server) -> str:
    return f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{server.name}"


BTREES = """
    SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace
"""


def dumps(place: FolderPlace) -> list[Path]:
    return sorted(path for path in place.path.rglob(dump.DUMP) if path.is_file())


def names(server: Server) -> list[str]:
    with server.connect() as there:
        return [one for (one,) in there.execute("SELECT full_name FROM candidates_candidate ORDER BY 1").fetchall()]


def test_a_database_comes_back_with_every_row_judged_and_with_the_rights_of_the_application(
    place: FolderPlace, elsewhere: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    person = factories.CandidateFactory(full_name="Before the backup")
    factories.ResumeFactory(candidate=person, content=b"resume", vector=[0.5] * 384)
    call_command("backup", kind="database")
    factories.CandidateFactory(full_name="After it")
    assert b"Before the backup" not in dumps(place)[0].read_bytes()
    call_command("restore", to=url_of(elsewhere))
    assert names(elsewhere) == ["Before the backup"]
    shown = capsys.readouterr().out
    assert "0 people erased again" in shown
    counted = re.search(r"([\d,]+) rows of (\d+) tables, (\d+) indexes and (\d+) seals verified", shown)
    assert counted is not None
    rows, tables, indexes = (int(one.replace(",", "")) for one in counted.groups()[:3])
    with elsewhere.connect() as there:
        assert there.execute(BTREES).fetchone() == (indexes,)
    assert (rows > 100, tables > 50, indexes > 50) == (True, True, True)
    assert "note:" not in shown
    with elsewhere.connect() as there:
        rights = "SELECT has_table_privilege(%s, 'candidates_candidate', 'INSERT')"
        if configured.DB_APP_ROLE:
            assert there.execute(rights, [configured.DB_APP_ROLE]).fetchone() == (True,)
    assert Candidate.objects.count() == 2


def test_the_newest_backup_before_a_moment_is_taken(place: FolderPlace, elsewhere: Server) -> None:
    factories.CandidateFactory(full_name="First")
    dump.make(place)
    between = timezone.now()
    factories.CandidateFactory(full_name="Second")
    dump.make(place)
    call_command("restore", to=url_of(elsewhere), target_time=between.isoformat())
    assert names(elsewhere) == ["First"]
    with pytest.raises(CommandError, match="No place has a backup"):
        call_command("restore", to=url_of(elsewhere.named(f"{elsewhere.name}_b")), target_time="2020-01-01T00:00:00Z")


def test_live_data_is_never_restored_over(place: FolderPlace) -> None:
    factories.CandidateFactory(full_name="Alive")
    dump.make(place)
    with pytest.raises(NotEmpty, match="Nothing was touched"):
        restoring.restore(to=servers.own())
    assert Candidate.objects.get().full_name == "Alive"


def test_who_was_erased_since_the_backup_does_not_come_back(place: FolderPlace, elsewhere: Server) -> None:
    person = factories.CandidateFactory(full_name="Asked to be forgotten")
    factories.CandidateFactory(full_name="Stays")
    dump.make(place)
    ledger.ledger().append([ledger.reference(person.pk)], at=timezone.now())
    done = restoring.restore(to=elsewhere)
    assert done.erased_again == 1
    assert "Asked to be forgotten" not in names(elsewhere)
    assert "Stays" in names(elsewhere)


def test_what_does_not_hold_is_not_put_into_service(place: FolderPlace, ring: Ring, elsewhere: Server) -> None:
    made = dump.make(place)
    lie = {**made, "rows": {**made["rows"], "candidates_candidate": 1581}}
    (place.path / made["name"]).write_bytes(manifests.sign(lie, name=made["name"], ring=ring))
    with pytest.raises(PostCheckFailed, match="candidates_candidate has 0 rows, 1581 were backed up"):
        restoring.restore(to=elsewhere)
    assert not servers.exists(elsewhere, elsewhere.name)


def test_a_restore_that_breaks_off_leaves_no_database(place: FolderPlace, elsewhere: Server) -> None:
    dump.make(place)
    (path,) = dumps(place)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises((CutOff, Altered)):
        restoring.restore(to=elsewhere)
    with elsewhere.named("postgres").connect() as there:
        left = there.execute("SELECT count(*) FROM pg_database WHERE datname LIKE %s", [f"{elsewhere.name}%"])
        assert left.fetchone() == (0,)


def _flip(path: Path, _other: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(path: Path, _other: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _swap(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize(
    ("harm", "error"),
    [(_flip, (Altered, CutOff)), (_cut, (CutOff, Altered)), (_swap, Swapped)],
    ids=["a bit flipped", "cut off", "swapped"],
)
def test_each_kind_of_damage_is_named_by_a_drill_whose_receipt_says_so(
    place: FolderPlace, harm: object, error: type[Exception]
) -> None:
    dump.make(place)
    dump.make(place)
    older, newest = dumps(place)
    harm(newest, older)  # type: ignore[operator]
    with pytest.raises(CommandError, match="The drill failed: database/"):
        call_command("drill")
    (receipt,) = manifests.listed(place, manifests.DRILLS)
    said = manifests.read(place, receipt, ring=keys.configured())
    codes = {one.code for one in (error if isinstance(error, tuple) else (error,))}  # type: ignore[attr-defined]
    assert not said["passed"]
    assert said["code"] in codes
    assert status.read().worst == status.Level.PAGE


def test_a_backup_of_another_key_asks_for_that_key(
    place: FolderPlace, ring: Ring, elsewhere: Server, settings: Settings, tmp_path: Path
) -> None:
    dump.make(place)
    settings.BACKUP_KEY_FILE = str(tmp_path / "other.key")
    keys.generate(tmp_path / "other.key")
    with pytest.raises(WrongKey, match=ring.newest.id):
        restoring.restore(to=elsewhere)
    with pytest.raises(CommandError, match="It is the wrong key"):
        call_command("backup_status")


def test_a_key_that_was_rotated_opens_older_backups(place: FolderPlace, capsys: pytest.CaptureFixture[str]) -> None:
    dump.make(place)
    call_command("backup_key", rotate=True)
    call_command("drill")
    assert "Passed" in capsys.readouterr().out
    call_command("backup_key")
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["encrypts", "decrypts"]


def _killed(*words: str, at: str, place: FolderPlace, folder: Path) -> None:
    environment = {
        **os.environ,
        "HRASSIST_ENV": "development",
        "DATABASE_URL": url_of(servers.own()),
        "HRASSIST_VAR_DIR": str(folder / "var"),
        "HRASSIST_STORAGE_DIR": str(configured.DISK_STORAGE_DIR),
        "HRASSIST_BACKUP_A": place.where,
        "HRASSIST_BACKUP_KEY_FILE": configured.BACKUP_KEY_FILE,
        failpoint.VARIABLE: at,
    }
    killed = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=configured.BASE_DIR, env=environment, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_a_restore_that_was_killed_put_nothing_into_service_and_the_next_one_does(
    place: FolderPlace, elsewhere: Server, tmp_path: Path
) -> None:
    factories.CandidateFactory(full_name="Before the backup")
    dump.make(place)
    _killed("restore", "--to", url_of(elsewhere), at="backup.restored", place=place, folder=tmp_path)
    # Everything was in it, and nobody had judged it.
    with elsewhere.named("postgres").connect() as there:
        left = there.execute("SELECT datname::text FROM pg_database WHERE starts_with(datname, %s)", [elsewhere.name])
        (partial,) = [name for (name,) in left.fetchall()]
    assert restoring.PARTIAL in partial
    assert names(elsewhere.named(partial)) == ["Before the backup"]
    restoring.restore(to=elsewhere)
    assert names(elsewhere) == ["Before the backup"]


def test_a_backup_that_was_killed_did_not_happen_and_the_next_one_does(place: FolderPlace, tmp_path: Path) -> None:
    _killed("backup", "--kind", "database", at="backup.dump", place=place, folder=tmp_path)
    assert len(dumps(place)) == 1
    with pytest.raises(NothingToRestore):
        restoring.choose()
    dump.make(place)
    assert restoring.choose()[1]["database"] == servers.own().name
    # What it left goes when it is a day old.
    for path in dumps(place):
        os.utime(path, (0, 0))
    dump.rotate(place, now=timezone.now(), ring=keys.configured())
    assert len(dumps(place)) == 1


def test_backups_go_after_their_days_but_never_the_last_one(place: FolderPlace, ring: Ring) -> None:
    made = [dump.make(place) for _ in range(2)]
    later = timezone.now() + timedelta(days=8)
    assert dump.rotate(place, now=later, ring=ring) == [made[0]["name"]]
    assert dump.rotate(place, now=later + timedelta(days=100), ring=ring) == []
    assert [entry.key for entry in manifests.listed(place, manifests.DATABASE)] == [made[1]["name"]]
    assert len(dumps(place)) == 1


def test_a_drill_measures_and_signs_and_leaves_nothing_behind(
    place: FolderPlace, capsys: pytest.CaptureFixture[str]
) -> None:
    person = factories.CandidateFactory()
    factories.ResumeFactory(candidate=person, content=b"resume")
    call_command("backup")
    ledger.ledger().append([ledger.reference(person.pk)], at=timezone.now())
    lines = list(ledger.ledger().entries())
    capsys.readouterr()
    call_command("drill", json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["passed"]
    assert 0 < said["rpo_seconds"] < 600
    assert 0 < said["rto_seconds"] < 600
    assert said["files"] == {"rows": 1, "copied": 1, "not_copied": 0, "owed": 0, "opened": 1, "damaged": []}
    assert said["invariants"] == dict.fromkeys(["I4", "I5", "I6", "I8", "I11", "I12"], 0)
    assert said["would_be_erased_again"] == 1
    # It was for nobody: the person, the ledger and the list of databases are as before.
    person.refresh_from_db()
    assert person.erased_at is None
    assert list(ledger.ledger().entries()) == lines
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE starts_with(datname, %s)", [drill.mine()])
        assert cursor.fetchone() == (0,)


def _erased_long_ago(place: FolderPlace) -> None:
    del place
    person = factories.CandidateFactory()
    ledger.ledger().append([ledger.reference(person.pk)], at=timezone.now() - timedelta(hours=1))


def _guard_off(place: FolderPlace) -> None:
    del place
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_stamp")


def _copy_gone(place: FolderPlace) -> None:
    resume = factories.ResumeFactory(content=b"resume")
    files.copy(place, now=timezone.now())
    (place.path / files.name_of(resume.sha256)).unlink()


@pytest.mark.parametrize(
    ("harm", "why", "invariants"),
    [
        (_erased_long_ago, "I8: Person .* was erased and is here again.", {"I8": 1}),
        (_guard_off, "I5: The trigger audit_stamp of the audit trail is switched off", {"I5": 1}),
        (_copy_gone, "1 files have no copy, and the run before this moment was to make one.", {}),
    ],
)
def test_a_drill_fails_where_what_came_back_does_not_hold_what_is_promised(
    place: FolderPlace, harm: Callable[[FolderPlace], None], why: str, invariants: dict[str, int]
) -> None:
    try:
        harm(place)
        dump.make(place)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_stamp")
    with pytest.raises(CommandError, match=f"The drill failed: {why}"):
        call_command("drill")
    (entry,) = manifests.listed(place, manifests.DRILLS)
    said = manifests.read(place, entry, ring=keys.configured())
    assert not said["passed"]
    assert {name: count for name, count in said["invariants"].items() if count} == invariants


def test_the_status_is_read_from_what_lies_there(
    place: FolderPlace, settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call_command("backup")
    call_command("drill")
    capsys.readouterr()
    call_command("backup_status", prom=True, out=tmp_path / "backup.prom")
    text = (tmp_path / "backup.prom").read_text()
    for name in ("hrassist_backup_age_seconds", "hrassist_drill_age_seconds", "hrassist_drill_rto_seconds"):
        assert f"\n# TYPE {name} gauge\n" in text
    assert 'hrassist_backup_key_canary{place="A"} 1' in text
    call_command("backup_status", json=True)
    assert json.loads(capsys.readouterr().out)["last_drill"]["passed"] is True
    told = json.loads(settings.BACKUP_STATUS_FILE.read_text())
    assert told["backup"]["bytes"] > 1000
    assert {datetime.fromisoformat(told[kind]["finished_at"]).date() for kind in ("backup", "drill")} == {
        timezone.now().date()
    }
    assert status.read(now=timezone.now() + timedelta(hours=27)).worst == status.Level.WARN
    late = status.read(now=timezone.now() + timedelta(hours=31))
    assert "The newest backup of the database in place A is 31 hours old." in [one.what for one in late.all_facts]
    assert late.worst == status.Level.PAGE
    # A list that somebody else put there is no backup.
    for path in place.path.glob("database/*/manifest.json"):
        path.write_text(path.read_text().replace('"dump"', '"dimp"'))
    assert "1 lists in place A are not signed by us (database)." in [one.what for one in status.read().all_facts]
    settings.BACKUP_KEY_FILE = ""
    assert status.read().all_facts[0].what.startswith("There are no backups: There is no key")


def test_programs_that_are_older_than_the_server_are_refused_with_what_to_do(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    old.chmod(0o755)
    settings.PG_BIN = str(old.parent)
    with pytest.raises(servers.WrongPrograms, match="HRASSIST_PG_BIN"):
        dump.make(place)
    assert manifests.listed(place, manifests.DATABASE) == []


def test_one_place_that_is_down_keeps_nothing_from_the_other(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder")
    settings.BACKUP_PLACES = {
        "A": {**settings.BACKUP_PLACES["A"], "where": str(blocked)},
        "B": {**settings.BACKUP_PLACES["B"], "where": place.where},
    }
    with pytest.raises(CommandError, match=r"A: Place A .* cannot be used"):
        call_command("backup", kind="database")
    assert restoring.choose(which="B")[0].label == "B"
    assert places.configured("B")[0].label == "B"


def test_the_command_says_what_it_wants(place: FolderPlace) -> None:
    del place
    with pytest.raises(CommandError, match="Say what to restore"):
        call_command("restore")
    with pytest.raises(CommandError, match="64 hexadecimal"):
        call_command("restore", file="abc")
    with pytest.raises(CommandError, match="is a moment such as"):
        call_command("restore", to="postgresql://u@127.0.0.1/x", target_time="yesterday")


def test_the_moment_of_a_backup_is_that_of_its_snapshot(place: FolderPlace) -> None:
    before = timezone.now()
    said = dump.make(place)
    assert (
        before - timedelta(seconds=5) < datetime.fromisoformat(said["moment"]) <= datetime.fromisoformat(said["ended"])
    )
