"""Encryption of a stream in chunks, each of which is proven before a byte of it is given out.

Header: mark, key's name, salt, length of the name, the name. Then chunks of a mebibyte: AES-256-GCM under a key
of this object alone (HKDF over salt and name), with the chunk's number and whether it is the last one in the nonce and
the whole header beside it. So no chunk can be changed, left out, moved, repeated or put under another name, and an
object that ends early is seen to.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hrassist.lib.errors import DomainError
from hrassist.ops.backup.keys import Ring

MARK = b"HRB1"
CHUNK = 1024 * 1024
TAG = 16
SALT = 32
_FIXED = len(MARK) + 16 + SALT + 2
_KEY_ID = re.compile(r"[0-9a-f]{16}")


class NotABackup(DomainError):
    code = "not_a_backup"
    default_message = "{name} is no encrypted object of ours: it begins with something else."


class Altered(DomainError):
    code = "backup_altered"
    default_message = "{name} was altered: chunk {number} is not what was written. Take another backup, or place B."


class CutOff(DomainError):
    code = "backup_cut_off"
    default_message = "{name} is cut off: it ends after chunk {number}. Take another backup, or place B."


class Swapped(DomainError):
    code = "backup_swapped"
    default_message = "{name} holds the object {inside}: somebody exchanged objects. Take another backup, or place B."


def encrypt(plain: Iterable[bytes], *, name: str, ring: Ring) -> Iterator[bytes]:
    """The encrypted object of this name, with the newest key."""
    key, salt, said = ring.newest, secrets.token_bytes(SALT), name.encode()
    header = MARK + key.id.encode() + salt + len(said).to_bytes(2, "big") + said
    sealer = AESGCM(key.derived(said, salt=salt))
    yield header
    held, number = bytearray(), 0
    for piece in plain:
        held += piece
        # One byte more than a chunk: only then it is known not to be the last one.
        while len(held) > CHUNK:
            yield sealer.encrypt(_nonce(number, last=False), bytes(held[:CHUNK]), header)
            del held[:CHUNK]
            number += 1
    yield sealer.encrypt(_nonce(number, last=True), bytes(held), header)


def key_id_of(sealed: Iterable[bytes]) -> str:
    """The name of the key that an object says it is encrypted with; empty where it is none of ours."""
    start = _Source(sealed).take(len(MARK) + 16)
    found = start[len(MARK) :].decode("ascii", "replace")
    return found if start.startswith(MARK) and _KEY_ID.fullmatch(found) else ""


def sealed_size(plain: int, *, name: str) -> int:
    """How many bytes the object of this name has that holds so many."""
    return _FIXED + len(name.encode()) + plain + TAG * max(-(-plain // CHUNK), 1)


def decrypt(sealed: Iterable[bytes], *, name: str, ring: Ring) -> Iterator[bytes]:
    """What `encrypt` was given. Raises WrongKey, NotABackup, Swapped, Altered, CutOff."""
    source = _Source(sealed)
    fixed = source.take(_FIXED)
    if not fixed or fixed[: len(MARK)] != MARK[: len(fixed)]:
        raise NotABackup(name=name)
    salt, length = fixed[len(MARK) + 16 : -2], int.from_bytes(fixed[-2:], "big")
    inside = source.take(length) if len(fixed) == _FIXED else b""
    # An end within the header is an end, and neither another name nor another key.
    if len(fixed) < _FIXED or len(inside) < length:
        raise CutOff(name=name, number=0)
    key_id = fixed[len(MARK) : len(MARK) + 16].decode("ascii", "replace")
    if not _KEY_ID.fullmatch(key_id):
        raise Altered(name=name, number=0)
    key = ring.find(key_id, name=name)
    if inside != name.encode():
        # Whoever wrote it may have chosen it: it is shown on terminals.
        raise Swapped(name=name, inside=ascii(inside.decode("utf-8", "replace"))[1:-1][:200])
    opener, header = AESGCM(key.derived(inside, salt=salt)), fixed + inside
    number = 0
    while True:
        chunk = source.take(CHUNK + TAG)
        last = source.is_empty
        try:
            plain = opener.decrypt(_nonce(number, last=last), chunk, header)
        except (InvalidTag, ValueError) as error:
            if last and _is_whole(opener, number, chunk, header):
                raise CutOff(name=name, number=number) from error
            if last and len(chunk) < CHUNK + TAG:
                raise CutOff(name=name, number=max(number - 1, 0)) from error
            raise Altered(name=name, number=number) from error
        yield plain
        if last:
            return
        number += 1


def _is_whole(opener: AESGCM, number: int, chunk: bytes, header: bytes) -> bool:
    """Whether this is a true chunk that another one has to follow."""
    try:
        opener.decrypt(_nonce(number, last=False), chunk, header)
    except (InvalidTag, ValueError):
        return False
    return True


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


class _Source:
    """Pieces of any size, taken in sizes of ours."""

    def __init__(self, pieces: Iterable[bytes]):
        self._pieces = iter(pieces)
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        self._fill(size)
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    @property
    def is_empty(self) -> bool:
        self._fill(1)
        return not self._held

    def _fill(self, size: int) -> None:
        while len(self._held) < size and (piece := next(self._pieces, None)) is not None:
            self._held += piece
