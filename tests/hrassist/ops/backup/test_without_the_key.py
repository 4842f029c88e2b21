"""Processes that may look at backups and not into them: what they see, and what they are never given."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.metrics import machine
from hrassist.models import User
from hrassist.ops.backup import files, keys, manifests, status
from hrassist.ops.backup.facts import Level
from hrassist.ops.backup.keys import KeyIsElsewhere, Ring
from hrassist.ops.backup.places import FolderPlace
from tests import factories
from tests.hrassist.ops.backup.test_status import _pgbackrest, write

pytestmark = pytest.mark.django_db(transaction=True)

ClientAs = Callable[[User | None], Client]


@pytest.fixture
def taken_away(settings: Settings) -> Callable[[], Path]:
    """Takes the key from this process, as the sandbox of the web process does; the public half stays beside it."""

    def take() -> Path:
        path = Path(settings.BACKUP_KEY_FILE)
        Path(f"{path}.pub").write_text(keys.public_halves(keys.configured()))
        path.rename(path.with_name("roots-alone"))
        cache.clear()
        return path

    return take


def told(words: str) -> list[Level]:
    return [one.level for one in status.read().all_facts if words in one.what]


def test_the_page_shows_what_lies_in_the_places_and_opens_nothing(
    place: FolderPlace, taken_away: Callable[[], Path], client_as: ClientAs, operator: User
) -> None:
    resume = factories.ResumeFactory(content=b"here")
    call_command("backup")
    call_command("drill")
    call_command("backup_status", prom=True)
    taken_away()
    text = client_as(operator).get("/backups/").content.decode()
    assert "Key opens it" in text
    assert "MB encrypted" in text
    assert "1 files, 1 new in that run" in text
    assert "Measured by the last drill" in text
    assert status.read().worst != Level.PAGE
    with pytest.raises(KeyIsElsewhere):
        files.fetch(resume.sha256, ring=keys.to_look())
    for command in ("backup", "drill"):
        with pytest.raises(CommandError, match="There is no key for backups"):
            call_command(command)
    assert place.label == "A"


def test_what_somebody_else_put_there_is_named_without_the_key(
    place: FolderPlace, ring: Ring, taken_away: Callable[[], Path]
) -> None:
    write(place, ring, "database", timezone.now())
    later = timezone.now() + timedelta(seconds=1)
    name = f"{manifests.DATABASE}{later:{manifests.STAMP}}-0/{manifests.NAME}"
    said = {"kind": "database", "moment": later.isoformat(), "name": name, "key_id": ring.newest.id, "rows": {}}
    for number, signature in enumerate(("00" * 64, "no signature", "")):
        where = name.replace("-0/", f"-{number}/")
        place.put(where, [json.dumps({**said, "name": where, "signature": signature}).encode()])
    taken_away()
    assert told("3 lists in place A are not signed by us (database)") == [Level.PAGE]
    assert status.read().age("database") is not None


def test_whether_the_key_opens_it_is_known_from_the_last_look_for_a_quarter_of_an_hour(
    place: FolderPlace, ring: Ring, taken_away: Callable[[], Path], settings: Settings
) -> None:
    del place, ring
    call_command("backup")
    call_command("backup_status", prom=True)
    taken_away()
    now = timezone.now()
    assert [one.canary for one in status.read(now=now).places] == [True]
    # Who has no key and looks makes it no younger.
    before = settings.BACKUP_STATUS_FILE.read_bytes()
    call_command("backup_status")
    assert settings.BACKUP_STATUS_FILE.read_bytes() == before
    late = status.read(now=now + timedelta(minutes=16))
    assert [one.canary for one in late.places] == [None]
    assert "Whether the key opens place A is not known here" in " ".join(one.what for one in late.all_facts)
    # What the one who has the key found wrong is told to those who have none.
    settings.BACKUP_STATUS_FILE.write_text(
        json.dumps({"look": {"at": now.isoformat(), "facts": [], "places": {"A": {
            "canary": False, "age": 1, "wal_age": None, "shortest_lock": None,
            "facts": [{"level": "page", "what": "Nothing in place A opens with the newest key.", "advice": ""}],
        }}}})
    )  # fmt: skip
    assert told("Nothing in place A opens") == [Level.PAGE]


def test_a_process_that_shares_no_disk_with_the_key_reads_the_places_by_what_was_published(
    place: FolderPlace, client_as: ClientAs, operator: User, settings: Settings, tmp_path: Path
) -> None:
    """In a cluster: each pod has its own disk, and what takes the key to see is told by the figures alone."""
    del place
    call_command("backup")
    call_command("backup_status", prom=True)
    public = tmp_path / "seen" / "backup.key.pub"
    with pytest.raises(CommandError, match=f"{public.parent}.* cannot be written: No such file or directory"):
        call_command("backup_key", publish=public)
    public.parent.mkdir()
    call_command("backup_key", publish=public)
    assert [path.name for path in public.parent.iterdir()] == [public.name]
    assert public.stat().st_mode & 0o777 == 0o644
    assert public.read_text() == keys.public_halves(keys.configured())
    settings.BACKUP_KEY_FILE, settings.BACKUP_PUBLIC_KEY_FILE, settings.BACKUP_STATUS_FILE = "", str(public), None
    cache.clear()
    text = client_as(operator).get("/backups/").content.decode()
    assert "MB encrypted" in text
    assert "Key not tried" in text
    assert "There are no backups" not in text
    assert told("is told by the figures alone") == [Level.GOOD]
    # Nothing is left for others, and nothing is missed.
    call_command("backup_status")
    assert list(machine.backups()) == []
    public.unlink()
    assert told("How backups stand cannot be seen here") == [Level.WARN]


def test_what_pgbackrest_says_is_left_for_the_page_by_who_may_ask_it(
    place: FolderPlace, ring: Ring, taken_away: Callable[[], Path], settings: Settings, tmp_path: Path
) -> None:
    del place, ring
    now = timezone.now()
    _pgbackrest(tmp_path, settings, now - timedelta(minutes=4), segments=["000000010000000000000000"])
    call_command("backup_status", prom=True)
    taken_away()
    # Its file with the passphrases is the server's.
    settings.PGBACKREST = str(tmp_path / "not-for-us")
    found = status.read()
    (one,) = found.places
    assert one.ages["database"] == pytest.approx(3840, abs=60)
    assert one.wal_age == pytest.approx(240, abs=60)
    assert told("WAL last came to repository 1") == [Level.WARN]
    assert told("The newest backup in repository 1") == [Level.GOOD]
    assert not [one for one in found.all_facts if "not-for-us" in one.what]


def test_lists_of_the_time_before_public_halves_are_still_proven_by_the_key(
    place: FolderPlace, ring: Ring, taken_away: Callable[[], Path]
) -> None:
    moment = timezone.now()
    name = f"{manifests.DATABASE}{moment:{manifests.STAMP}}-0/{manifests.NAME}"
    body = {"kind": "database", "moment": moment.isoformat(), "name": name, "key_id": ring.newest.id, "rows": {}}
    old = hmac.new(ring.newest.derived(b"manifest"), manifests._canonical(body), hashlib.sha256).hexdigest()
    place.put(name, [json.dumps({**body, "signature": old}).encode()])
    assert status.read().age("database") is not None
    bent = name.replace("-0/", "-1/")
    place.put(bent, [json.dumps({**body, "name": bent, "signature": old}).encode()])
    assert told("1 lists in place A are not signed by us") == [Level.PAGE]
    taken_away()
    assert told("are not signed by us") == []
    assert told("2 lists in place A are of an older release: the key alone proves them") == [Level.WARN]
    assert told("Place A has no backup of the database") == [Level.PAGE]


def test_a_key_that_may_not_be_read_and_has_no_public_half_is_no_missing_backup(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    del place

    def refused() -> Ring:
        raise keys.NoBackupKey

    monkeypatch.setattr(keys, "configured", refused)
    (fact,) = status.read().all_facts
    assert fact.what.startswith("How backups stand cannot be seen here: This process may not read the key of backups")


# --- What a process is handed -----------------------------------------------------------------------------------------

ASK = """
import ctypes, os
from django.conf import settings
from hrassist.ops.backup import keys
said, dumpable = settings.BACKUP_PLACES["A"]["access_key"], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
print(keys.configured().newest.id, said, sorted(name for name in os.environ if "BACKUP" in name), dumpable)
"""
# The kernel then gives what is under /proc/PID to root: prctl(2).
NOT_DUMPABLE = 0


def ask(environment: dict[str, str]) -> str:
    """What a process finds that is started like this; nothing where it finds no key."""
    return subprocess.run(
        [sys.executable, "-c", ASK], env=environment, cwd=configured.BASE_DIR, capture_output=True, text=True,
        check=False,
    ).stdout  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "HRASSIST_ENV": "development", "DJANGO_SETTINGS_MODULE": "hrassist.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "HRASSIST_VAR_DIR": str(tmp_path / "var"),
    }  # fmt: skip


def test_a_key_that_was_handed_over_goes_to_no_child_and_no_other_process_of_the_user_reads_it(
    environment: dict[str, str],
) -> None:
    key = keys.fresh()
    environment |= {"HRASSIST_BACKUP_KEY": keys.as_text(key), "HRASSIST_BACKUP_A_ACCESS_KEY_ID": "the writer"}
    assert ask(environment) == f"{key.newest.id} the writer [] {NOT_DUMPABLE}\n"


def test_what_writes_to_a_place_comes_before_what_only_reads_there_and_is_handed_with_the_key(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """As systemd lays out LoadCredential= of the sets and of the key."""
    key = keys.fresh()
    name = "HRASSIST_BACKUP_A_ACCESS_KEY_ID"
    for file, text in {"key": keys.as_text(key), f"app_{name}": "reader", f"backup_{name}": "writer"}.items():
        (tmp_path / file).write_text(text)
    environment["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    assert ask(environment) == f"{key.newest.id} writer [] 1\n"
    (tmp_path / f"backup_{name}").unlink()
    assert ask(environment) == f"{key.newest.id} reader [] 1\n"
    # Where there are no backups yet, a unit is handed an empty one.
    (tmp_path / "key").write_text("\n")
    assert ask(environment) == ""
