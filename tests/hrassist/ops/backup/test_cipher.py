"""What lies in a place is read back as it was written, or it is said what is wrong with it."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import cipher, keys, manifests
from hrassist.ops.backup.cipher import CHUNK, TAG, Altered, CutOff, NotABackup, Swapped
from hrassist.ops.backup.keys import BadBackupKey, Key, Ring, WrongKey

RING = Ring((Key(b"k" * 32),))
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]
HEADER = 4 + 16 + 32 + 2 + len("a/b")


def sealed(plain: bytes, *, name: str = "a/b", ring: Ring = RING) -> bytes:
    return b"".join(cipher.encrypt([plain], name=name, ring=ring))


def opened(data: bytes, *, name: str = "a/b", ring: Ring = RING) -> bytes:
    return b"".join(cipher.decrypt([data], name=name, ring=ring))


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back_in_whatever_pieces(size: int) -> None:
    plain = secrets.token_bytes(size)
    pieces = [plain[at : at + 70_001] for at in range(0, size, 70_001)]
    data = b"".join(cipher.encrypt(pieces, name="a/b", ring=RING))
    torn = [data[at : at + 99_991] for at in range(0, len(data), 99_991)]
    assert b"".join(cipher.decrypt(torn, name="a/b", ring=RING)) == plain


def test_the_same_bytes_are_never_the_same_object_twice() -> None:
    assert sealed(b"same") != sealed(b"same")


def test_a_bit_that_flipped_is_found_wherever_it_is() -> None:
    data = sealed(secrets.token_bytes(2 * CHUNK + 10))
    for at in (HEADER, HEADER + CHUNK + TAG + 5, len(data) - 1, 4 + 16 + 3):
        bent = bytearray(data)
        bent[at] ^= 1
        with pytest.raises((Altered, CutOff)):
            opened(bytes(bent))


def test_nothing_of_an_altered_chunk_is_given_out() -> None:
    data = bytearray(sealed(b"x" * (2 * CHUNK)))
    data[HEADER + CHUNK + TAG] ^= 1
    given = cipher.decrypt([bytes(data)], name="a/b", ring=RING)
    assert next(given) == b"x" * CHUNK
    with pytest.raises(Altered, match="chunk 1"):
        next(given)


@pytest.mark.parametrize("left", [HEADER + CHUNK + TAG, HEADER + CHUNK + TAG + 500, HEADER + 10])
def test_an_object_that_ends_early_is_said_to_be_cut_off(left: int) -> None:
    with pytest.raises(CutOff, match="is cut off"):
        opened(sealed(b"x" * (2 * CHUNK))[:left])


def test_chunks_that_changed_their_order_are_found() -> None:
    data, size = sealed(secrets.token_bytes(3 * CHUNK)), CHUNK + TAG
    first, second = data[HEADER : HEADER + size], data[HEADER + size : HEADER + 2 * size]
    with pytest.raises(Altered, match="chunk 0"):
        opened(data[:HEADER] + second + first + data[HEADER + 2 * size :])


def test_an_object_under_another_name_is_said_to_be_swapped() -> None:
    with pytest.raises(Swapped, match="holds the object a/b"):
        opened(sealed(b"x"), name="a/c")


def test_a_name_that_was_rewritten_inside_does_not_help() -> None:
    data = bytearray(sealed(b"x"))
    data[HEADER - 1 : HEADER] = b"c"
    with pytest.raises((Altered, CutOff)):
        opened(bytes(data), name="a/c")


def test_a_wrong_key_is_said_to_be_the_wrong_key_and_is_named() -> None:
    other = Ring((Key(b"o" * 32),))
    with pytest.raises(WrongKey, match=RING.newest.id) as refusal:
        opened(sealed(b"x"), ring=other)
    assert other.newest.id in refusal.value.message


def test_an_old_key_behind_a_new_one_still_decrypts() -> None:
    data = sealed(b"x")
    assert opened(data, ring=Ring((Key(b"n" * 32), *RING.keys))) == b"x"


@pytest.mark.parametrize("data", [b"", b"PGDMP", b"HRX", b"x" * 200])
def test_what_is_no_object_of_ours_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotABackup):
        opened(data)


def test_a_list_that_was_changed_or_moved_is_forged() -> None:
    raw = manifests.sign({"rows": {"a": 1}}, name="database/x/manifest.json", ring=RING)
    assert manifests.verified(raw, name="database/x/manifest.json", ring=RING)["rows"] == {"a": 1}
    for bent, name in ((raw.replace(b"1", b"2", 1), "database/x/manifest.json"), (raw, "database/y/manifest.json")):
        with pytest.raises(DomainError):
            manifests.verified(bent, name=name, ring=RING)
    with pytest.raises(manifests.Forged):
        manifests.verified(b"{}", name="database/x/manifest.json", ring=RING)


def test_a_key_file_is_its_owners_alone_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "new" / "backup.key"
    first = keys.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        keys.generate(path)
    second = keys.rotate(path)
    assert [one.id for one in keys.parse(path.read_text()).keys] == [second.id, first.id]


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "hrbk1:x", base64.b64encode(b"k" * 32).decode(), "hrbk1:AAAA"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadBackupKey):
        keys.parse(text)
