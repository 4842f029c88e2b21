"""What is said of an object or a file of keys that was damaged, chosen by somebody, or changed by two at once."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.ops.backup import checks, cipher, dump, keys, status
from hrassist.ops.backup.cipher import CHUNK, Altered, CutOff, Swapped
from hrassist.ops.backup.keys import Key, Ring, WrongKey
from hrassist.ops.backup.places import FolderPlace

DAY = timedelta(days=1)


def facts(found: status.Status) -> str:
    return " ".join(one.what for one in found.all_facts)


# --- One object -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [3, 4, 30, 53, 54, 56])
def test_an_object_that_ends_within_its_header_is_cut_off_and_nobody_is_accused(left: int, ring: Ring) -> None:
    data = b"".join(cipher.encrypt([b"x"], name="a/b", ring=ring))[:left]
    with pytest.raises(CutOff):
        list(cipher.decrypt([data], name="a/b", ring=ring))


def test_a_bit_that_flipped_in_the_name_of_the_key_is_damage_and_no_wrong_key(ring: Ring) -> None:
    data = bytearray(b"".join(cipher.encrypt([b"x"], name="a/b", ring=ring)))
    data[6] ^= 0x80
    with pytest.raises(Altered):
        list(cipher.decrypt([bytes(data)], name="a/b", ring=ring))


def test_a_name_that_somebody_chose_moves_no_cursor_on_a_terminal(ring: Ring) -> None:
    data = b"".join(cipher.encrypt([b"x"], name="\x1b[2J\x1b]0;all is well\x07" + "y" * 999, ring=ring))
    with pytest.raises(Swapped) as refusal:
        list(cipher.decrypt([data], name="a/b", ring=ring))
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 500


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_how_long_an_object_is_follows_from_what_is_in_it(size: int, ring: Ring) -> None:
    data = b"".join(cipher.encrypt([secrets.token_bytes(size)], name="a/ü", ring=ring))
    assert len(data) == cipher.sealed_size(size, name="a/ü")


def test_no_two_chunks_of_any_object_share_key_and_nonce(ring: Ring) -> None:
    """Two chunks under one nonce would give away their difference: a salt for each object, a number for each chunk."""
    salts = {b"".join(cipher.encrypt([b"same"], name="a/b", ring=ring))[20:52] for _ in range(200)}
    nonces = {cipher._nonce(number, last=last) for number in range(1000) for last in (False, True)}
    assert (len(salts), len(nonces)) == (200, 2000)
    same = b"".join(cipher.encrypt([b"z" * (2 * CHUNK)], name="a/b", ring=ring))
    start = 4 + 16 + 32 + 2 + 3
    assert same[start : start + 64] != same[start + CHUNK + 16 : start + CHUNK + 80]


# --- The file of keys -------------------------------------------------------------------------------------------------


def test_keys_that_are_made_at_the_same_moment_all_stay(tmp_path: Path) -> None:
    """Each process reads, puts its own before what it read, and writes: unlocked, the last one's would be alone."""
    path = tmp_path / "backup.key"
    keys.generate(path)
    code = "import sys, pathlib; from hrassist.ops.backup import keys; print(keys.rotate(pathlib.Path(sys.argv[1])).id)"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)], cwd=configured.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    made = {one.communicate()[0].strip() for one in running}
    assert len(made) == 4
    assert made < {key.id for key in keys.parse(path.read_text()).keys}
    assert [one.name for one in tmp_path.iterdir()] == ["backup.key"]


def test_who_may_read_the_file_may_read_it_after_a_new_key_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    path, link = tmp_path / "safe" / "backup.key", tmp_path / "backup.key"
    keys.generate(path)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 0, 12345)
    link.symlink_to(path)
    before = path.stat()
    keys.rotate(link)
    after = path.stat()
    assert link.is_symlink()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert len(keys.parse(path.read_text()).keys) == 2


@pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o640, False), (0o660, True), (0o644, True)])
def test_the_group_of_the_service_may_read_the_key_and_nobody_else(mode: int, *, exposed: bool) -> None:
    assert keys.is_exposed(mode) is exposed


def test_a_key_that_cannot_be_read_is_not_said_to_be_absent(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_KEY_FILE = str(tmp_path)
    with pytest.raises(keys.NoBackupKey, match="cannot be read: Is a directory"):
        keys.configured()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    settings.BACKUP_KEY_FILE = str(tmp_path / "bytes")
    with pytest.raises(keys.BadBackupKey):
        keys.configured()


def test_an_old_key_may_go_when_its_time_is_over_and_is_missed_before(
    place: FolderPlace, ring: Ring, settings: Settings
) -> None:
    dump.keep_canary(place, ring=ring)
    path = Path(settings.BACKUP_KEY_FILE)
    keys.rotate(path)
    dump.keep_canary(place, ring=keys.configured())
    alone = Ring(keys.configured().keys[:1])
    with pytest.raises(WrongKey, match=ring.newest.id):
        dump.canary_sings(place, ring=alone)
    assert dump.canary_sings(place, ring=alone, now=timezone.now() + 61 * DAY)
    assert not dump.canary_sings(place, ring=Ring((Key(b"n" * 32), *keys.configured().keys)))


def test_a_mount_point_is_no_place(settings: Settings) -> None:
    """With its disk away the folder is still there, and a backup would fill the disk of the machine."""
    settings.DEVELOPMENT = False
    settings.BACKUP_PLACES = {"A": {"where": "/proc", "endpoint_url": ""}, "B": {"where": "", "endpoint_url": ""}}
    assert "hrassist.W095" in {one.id for one in checks.check_backups()}
