"""What a run left behind, written last and signed: a run without one did not happen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hrassist.lib.errors import DomainError
from hrassist.ops.backup import cipher
from hrassist.ops.backup.keys import Ring, WrongKey
from hrassist.ops.backup.places import Entry, Place

DATABASE, FILES, DRILLS, MIGRATIONS = "database/", "files/runs/", "drills/", "migrations/"
NAME = "manifest.json"
STAMP = "%Y%m%dT%H%M%S%fZ"
MOST_BYTES = 16 * 1024 * 1024
# Clocks of two machines that are set by the network are closer than that.
SKEW = timedelta(minutes=5)


class Forged(DomainError):
    code = "manifest_forged"
    default_message = "{name} is not signed by a key of ours: it was altered, or put there by somebody else."


def sign(said: dict[str, Any], *, name: str, ring: Ring) -> bytes:
    """The document with the name it goes by, its key and its signature."""
    body = {**said, "name": name, "key_id": ring.newest.id}
    return json.dumps({**body, "signature": ring.newest.sign(_canonical(body))}, indent=1, sort_keys=True).encode()


def verified(raw: bytes, *, name: str, ring: Ring) -> dict[str, Any]:
    """What was signed under this name. Raises Forged, WrongKey."""
    try:
        said: dict[str, Any] = json.loads(raw)
        signature, key_id = str(said.pop("signature")), str(said["key_id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Forged(name=name) from error
    key = ring.find(key_id, name=name)
    if not key.has_signed(_canonical(said), signature, name=name) or said.get("name") != name:
        raise Forged(name=name)
    return said


def write(place: Place, said: dict[str, Any], *, name: str, ring: Ring) -> None:
    place.put(name, [sign(said, name=name, ring=ring)])


def read(place: Place, entry: Entry, *, ring: Ring) -> dict[str, Any]:
    """Raises Forged, WrongKey, and what keeps the place from giving it."""
    raw = bytearray()
    for piece in place.open(entry.key, version=entry.version):
        raw += piece
        # Ours have some kilobytes: whoever puts a gigabyte there wants this process to end.
        if len(raw) > MOST_BYTES:
            raise Forged(name=entry.key)
    return verified(bytes(raw), name=entry.key, ring=ring)


def genuine(
    place: Place, under: str, *, ring: Ring, at: datetime | None = None
) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Those that verify, the newest first: whoever may only add must not stand before what is true.

    Raises WrongKey after the last one where none verified and one wants a key that is not here.
    """
    wrong, any_ = None, False
    for entry in listed(place, under, at=at):
        try:
            said = read(place, entry, ring=ring)
        except Forged:
            continue
        except WrongKey as error:
            wrong = wrong or error
            continue
        any_ = True
        yield entry, said
    if wrong is not None and not any_:
        raise wrong


def listed(place: Place, under: str, *, at: datetime | None = None) -> list[Entry]:
    """Every manifest under this folder, the newest first; their names begin with their moment."""
    found = [entry for entry in place.entries(under, at=at) if entry.key.endswith(NAME)]
    return sorted(found, key=lambda entry: entry.key, reverse=True)


def moment_of(folder: str) -> datetime:
    """The moment that a run's folder is named after."""
    stamp = folder.rstrip("/").rpartition("/")[2].partition("-")[0]
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)


def newest(place: Place, under: str, *, ring: Ring, at: datetime | None = None) -> dict[str, Any] | None:
    """The newest that verifies; one that does not is skipped, and named by `backup_status`."""
    return next((said for _entry, said in genuine(place, under, ring=ring, at=at)), None)


def seal(said: dict[str, Any], *, name: str, ring: Ring) -> Iterator[bytes]:
    """A long document, compressed and encrypted: lists of files are nobody's business."""
    packed = gzip.compress(json.dumps(said, separators=(",", ":")).encode(), mtime=0)
    return cipher.encrypt([packed], name=name, ring=ring)


def unseal(place: Place, name: str, *, ring: Ring, version: str = "") -> dict[str, Any]:
    packed = b"".join(cipher.decrypt(place.open(name, version=version), name=name, ring=ring))
    said: dict[str, Any] = json.loads(gzip.decompress(packed))
    return said


def _canonical(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()
