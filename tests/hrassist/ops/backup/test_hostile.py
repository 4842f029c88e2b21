"""What somebody who may add to a place, or a clock that leaps, could do, and do not."""

from __future__ import annotations

import io
import json
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.models import Candidate
from hrassist import env
from hrassist.lib import storage
from hrassist.ops.backup import dump, files, keys, manifests, places, restoring, servers, status
from hrassist.ops.backup.cipher import CutOff
from hrassist.ops.backup.dump import DumpFailed
from hrassist.ops.backup.keys import Key, Ring
from hrassist.ops.backup.places import FolderPlace, PlaceUnavailable
from hrassist.ops.backup.restoring import FromTheFuture
from hrassist.ops.backup.servers import Server
from tests import factories

DAY = timedelta(days=1)


def facts(found: status.Status) -> str:
    return " ".join(one.what for one in found.all_facts)


# --- A folder that two write into -------------------------------------------------------------------------------------


def test_one_run_that_hides_takes_no_folder_from_under_another_that_writes(place: FolderPlace) -> None:
    trouble: list[BaseException] = []

    def write_and_hide(name: str) -> None:
        try:
            for _ in range(150):
                place.put(f"files/objects/ab/{name}", [b"x"])
                list(place.entries("files/"))
                place.hide(f"files/objects/ab/{name}")
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=write_and_hide, args=[name]) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert list(place.entries("")) == []


def test_what_a_killed_run_left_half_written_goes_after_a_day(place: FolderPlace) -> None:
    folder = place.path / "database" / "x"
    folder.mkdir(parents=True)
    for name, age in ((".old.part", 2 * DAY), (".new.part", timedelta(0))):
        (folder / name).write_bytes(b"half")
        then = (timezone.now() - age).timestamp()
        os.utime(folder / name, (then, then))
    assert place.sweep(before=timezone.now() - DAY) == 1
    assert [one.name for one in folder.iterdir()] == [".new.part"]


def test_a_folder_that_cannot_be_read_is_no_empty_place(place: FolderPlace) -> None:
    (place.path / "database").write_text("a file where a folder was")
    with pytest.raises(PlaceUnavailable):
        list(place.entries("database/"))


def test_a_link_in_a_place_is_nothing_of_ours(place: FolderPlace) -> None:
    (place.path / "database").mkdir()
    (place.path / "database" / "manifest.json").symlink_to("/etc/hostname")
    assert list(place.entries("")) == []


# --- Somebody who may add, and not sign -------------------------------------------------------------------------------


@pytest.fixture
def planted(place: FolderPlace) -> list[str]:
    """Lists that sort before every true one: of another key, without a signature, endless, nested too deeply."""
    other = Ring((Key(b"o" * 32),))
    names = []
    for under in (manifests.DATABASE, manifests.FILES, manifests.DRILLS):
        for number, body in enumerate((
            None,
            [b"{}"],
            [b"[" * 200_000],
            [b" " * 1_000_000] * 17,
            [json.dumps({"signature": "x", "key_id": 7}).encode()],
        )):  # fmt: skip
            name = f"{under}9999{number}/{manifests.NAME}"
            place.put(name, body or [manifests.sign({"moment": "9999"}, name=name, ring=other)])
            names.append(name)
    return names


@pytest.mark.django_db(transaction=True)
def test_lists_that_somebody_put_before_the_true_ones_keep_nothing_from_being_backed_up_and_restored(
    place: FolderPlace, planted: list[str], elsewhere: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    resume = factories.ResumeFactory(content=b"one")
    call_command("backup")
    call_command("backup", kind="files")
    assert "1 there already" in capsys.readouterr().out
    call_command("drill")
    assert "Passed" in capsys.readouterr().out
    storage.clean().delete(resume.key)
    assert files.bring_all_back().returned == 1
    restoring.restore(to=elsewhere)
    assert Candidate.objects.count() == 1
    found = status.read()
    assert found.worst == status.Level.PAGE
    said = facts(found)
    assert "3 lists in place A are not signed by us (database)." in said
    assert "2 lists in place A want a key that is not here (files)" in said
    assert (found.places[0].ages["database"], found.places[0].ages["files"]) < (600, 600)
    # They are evidence: rotation leaves them.
    dump.rotate(place, now=timezone.now() + 100 * DAY, ring=keys.configured())
    assert set(planted) <= {entry.key for entry in place.entries("")}


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_somebody_wrote_over_is_seen_and_written_anew(place: FolderPlace) -> None:
    cut, altered, whole = (factories.ResumeFactory(content=text) for text in (b"one", b"two", b"three"))
    page = factories.ResumeFactory(content=b"four", pages=1).pages.get()
    now = timezone.now()
    files.copy(place, now=now)
    assert files.copy(place, now=now).replaced == []
    first, second = (place.path / files.name_of(one.sha256) for one in (cut, altered))
    first.write_bytes(b"encrypted by somebody else")
    second.write_bytes(second.read_bytes()[:-1] + b"x")
    os.utime(second, ns=(1, 1))
    done = files.copy(place, now=now + DAY)
    assert sorted(done.replaced) == sorted([cut.key, altered.key])
    assert (done.copied, done.kept) == (2, 3)
    assert "2 copies in place A that somebody wrote over" in facts(status.read(now=now + DAY))
    assert files.copy(place, now=now + DAY).replaced == []
    for resume in (cut, altered, whole):
        assert files.fetch(resume.sha256)[1] == "A"
    listed = files.newest_list(place, ring=keys.configured())
    assert listed is not None
    assert page.key in listed["files"]
    first.write_bytes(b"again")
    with pytest.raises(CommandError, match="1 files are written over in the place"):
        call_command("backup", kind="files")


@pytest.mark.django_db(transaction=True)
def test_what_is_gone_from_the_store_keeps_its_copy_although_it_was_written_over(place: FolderPlace) -> None:
    resume = factories.ResumeFactory(content=b"one")
    files.copy(place, now=timezone.now())
    path = place.path / files.name_of(resume.sha256)
    path.write_bytes(b"bent")
    storage.clean().delete(resume.key)
    for days in (1, 9, 18):
        done = files.copy(place, now=timezone.now() + days * DAY)
        assert (done.missing, done.replaced, done.removed) == ([resume.key], [resume.key], 0)
    assert path.exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_key_takes_over_every_copy_so_that_the_old_one_may_go(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    resume = factories.ResumeFactory(content=b"one", pages=1)
    files.copy(place, now=timezone.now())
    keys.rotate(Path(settings.BACKUP_KEY_FILE))
    done = files.copy(place, now=timezone.now())
    assert (done.copied, done.replaced) == (2, [])
    assert files.copy(place, now=timezone.now()).copied == 0
    alone = Ring(keys.configured().keys[:1])
    assert files.fetch(resume.sha256, ring=alone) == (b"one", "A")
    # And where all keys were lost, what nobody can open is no copy.
    settings.BACKUP_KEY_FILE = str(tmp_path / "other.key")
    keys.generate(tmp_path / "other.key")
    done = files.copy(place, now=timezone.now())
    assert (done.copied, done.kept) == (2, 0)
    assert files.fetch(resume.sha256) == (b"one", "A")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_came_to_life_while_it_was_restored_to_is_left_alone(
    place: FolderPlace, elsewhere: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump.make(place)
    servers.create(elsewhere, elsewhere.name)
    erase_again = restoring.erase_again

    def meanwhile(*args: Any, **options: Any) -> int:
        with elsewhere.connect(autocommit=True) as connection:
            connection.execute("CREATE TABLE somebodys AS SELECT 'work' AS what")
        return erase_again(*args, **options)

    monkeypatch.setattr(restoring, "erase_again", meanwhile)
    with pytest.raises(restoring.NotEmpty, match="Nothing was touched"):
        restoring.restore(to=elsewhere)
    with elsewhere.connect() as connection:
        assert connection.execute("SELECT what FROM somebodys").fetchone() == ("work",)


# --- Clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_backup_of_tomorrow_is_not_the_newest_until_tomorrow(
    place: FolderPlace, ring: Ring, elsewhere: Server
) -> None:
    made = dump.make(place)
    ahead = timezone.now() + 365 * DAY
    name = f"{manifests.DATABASE}{ahead:{manifests.STAMP}}-0/{manifests.NAME}"
    (place.path / name).parent.mkdir()
    (place.path / made["name"]).with_name(dump.DUMP).rename((place.path / name).with_name(dump.DUMP))
    manifests.write(place, {**made, "moment": ahead.isoformat()}, name=name, ring=ring)
    assert restoring.choose()[1]["name"] == made["name"]
    late = status.read(now=timezone.now() + 40 * timedelta(hours=1))
    assert "1 lists in place A are of a time that is yet to come" in facts(late)
    assert "The newest backup of the database in place A is 40 hours old." in facts(late)
    place.hide(made["name"])
    with pytest.raises(FromTheFuture, match="--target-time"):
        restoring.restore(to=elsewhere)
    assert restoring.choose(until=ahead)[1]["name"] == name


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_leaps_a_year_ahead_takes_no_backup_with_it(place: FolderPlace, ring: Ring) -> None:
    """The signed moment is old by that clock, and the store says that it came just now."""
    old = timezone.now() - 30 * DAY
    for moment in (old, old - DAY):
        name = f"{manifests.DATABASE}{moment:{manifests.STAMP}}-0/{manifests.NAME}"
        manifests.write(place, {"moment": moment.isoformat()}, name=name, ring=ring)
    assert dump.rotate(place, now=timezone.now(), ring=ring) == []
    for path in place.path.rglob(manifests.NAME):
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert len(dump.rotate(place, now=timezone.now(), ring=ring)) == 1


# --- The programs of PostgreSQL ---------------------------------------------------------------------------------------


def test_what_the_application_insists_on_a_backup_insists_on() -> None:
    server = servers.at(
        "postgresql://o:p@db.example.com/hr?sslmode=verify-full&sslrootcert=/etc/ca.pem&options=-csearch_path%3Dx"
    )
    said = server.environment()
    assert (said["PGSSLMODE"], said["PGSSLROOTCERT"]) == ("verify-full", "/etc/ca.pem")
    assert "PGOPTIONS" not in said or said["PGOPTIONS"] == os.environ.get("PGOPTIONS")
    assert server.named("other").environment()["PGSSLMODE"] == "verify-full"
    assert env.database("postgresql://o@h/d?sslmode=require")["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.django_db(transaction=True)
def test_a_server_without_tls_is_refused_where_tls_is_asked_for(place: FolderPlace) -> None:
    """The test's own server has none, so that it would be spoken to in the clear if nobody insisted."""
    own = servers.own()
    url = f"postgresql://{own.user}:{own.password}@{own.host}:{own.port}/{own.name}?sslmode=require"
    with pytest.raises(servers.DatabaseUnavailable):
        dump.make(place, server=servers.at(url))


def test_what_postgresql_quotes_of_rows_stands_in_no_receipt() -> None:
    said = (
        'pg_restore: error: COPY failed for table "candidates_candidate": ERROR:  invalid input syntax for type uuid: '
        '"amara@example.org"\n'
        'CONTEXT:  COPY candidates_candidate, line 7, column id: "amara@example.org"\n'
        "DETAIL:  Key (email)=(amara@example.org) already exists.\n"
        "amara@example.org\t2026\n"
    )
    told = dump._end_of(io.BytesIO(said.encode()))
    assert "amara" not in told
    assert 'COPY failed for table "candidates_candidate"' in told
    assert "gave no reason" in dump._end_of(io.BytesIO(b"amara@example.org\t2026\n"))


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_dump_is_proven_also_where_pg_restore_had_enough_before_it(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "pg_restore"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_restore (PostgreSQL) 99' && exit\nexec head -c 10\n"
    )
    program.chmod(0o755)
    settings.PG_BIN = str(program.parent)
    given: list[int] = []

    def pieces() -> object:
        for number in range(300):
            given.append(number)
            yield b"x" * 100_000
        raise CutOff(name="a", number=299)

    del place
    with pytest.raises(CutOff):
        dump.into(servers.own(), pieces())  # type: ignore[arg-type]
    assert len(given) == 300


@pytest.mark.django_db(transaction=True)
def test_a_program_that_cannot_be_started_is_no_trouble_of_the_place(
    place: FolderPlace, settings: Settings, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo \'pg_dump (PostgreSQL) 99\' && chmod 0 "$0"\nexit 0\n')
    program.chmod(0o755)
    settings.PG_BIN = str(program.parent)
    with pytest.raises((DumpFailed, PermissionError)):
        dump.make(place)
    assert list(place.entries("")) == []
    assert places.configured("A")[0].label == "A"
