"""Copies in the second place of every file that lasts as its row does, each once, under its SHA-256.

Objects are encrypted and locked; a run's list is written last. Nothing is ever copied over or synchronised away: what a
row stops to name stays until its lock ends and no list within the time of backups names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings

from candidates.models import Resume
from hrassist.lib import failpoint, storage
from hrassist.lib.errors import DomainError, NotFound
from hrassist.lib.storage import ObjectMissing
from hrassist.lib.storage.named import NamedFile, lasting
from hrassist.ops.backup import cipher, keys, manifests, places, servers
from hrassist.ops.backup.keys import Ring, WrongKey
from hrassist.ops.backup.places import Entry, NoSuchObject, Place

OBJECTS = "files/objects/"
LIST = "list"
# A lock is renewed when a week of it has gone, so an hourly run asks for few.
RENEW_AFTER = timedelta(days=7)


class FileNotInBackup(NotFound):
    code = "file_not_in_backup"
    default_message = "No place has a copy of the file {sha256}. A run that copied it is named by backup_status."


@dataclass(slots=True)
class Copied:
    """What one run did in one place."""

    place: str
    copied: int = 0
    kept: int = 0
    bytes: int = 0
    renewed: int = 0
    removed: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    # Copies that somebody wrote over since the last run, and that were written anew.
    replaced: list[str] = field(default_factory=list)


def copy(place: Place, *, now: datetime, ring: Ring | None = None) -> Copied:
    """Copy what this place does not have yet, renew locks, and write the list. It bears to be killed and run again.

    Raises InTheWay where another run copies into this place.
    """
    with servers.alone(f"files in place {place.label}"):
        return _copy(place, now=now, ring=ring or keys.configured())


def _copy(place: Place, *, now: datetime, ring: Ring) -> Copied:
    done = Copied(place.label)
    try:
        before = newest_list(place, ring=ring) or {"files": {}}
    except WrongKey:
        # Nobody here can read what was listed: what lies there is looked at one by one.
        before = {"files": {}}
    there = {entry.key: entry for entry in place.entries(OBJECTS)}
    listed: dict[str, dict[str, Any]] = {}
    # What this run wrote, with its version.
    fresh: dict[str, str] = {}
    key_id = ring.newest.id
    until = now + timedelta(days=settings.BACKUP_LOCK_DAYS)
    for row in lasting():
        known = before["files"].get(row.key, {})
        sha256 = row.sha256 or known.get("sha256", "")
        copy = there.get(name_of(sha256)) if sha256 else None
        was_written_over = (
            copy is not None and copy.key not in fresh and not _is_as_written(copy, row, known)
        )  # fmt: skip
        if was_written_over:
            # Its lock would be renewed and the true version's would end.
            done.replaced.append(row.key)
        if copy is not None and not was_written_over and (copy.key in fresh or _key_of(place, copy, known) == key_id):
            done.kept += 1
            size, mark = known.get("size") or row.size, copy.mark
            lock = _renewed(place, sha256, known, now=now, until=until, done=done)
        else:
            found = _copied(place, row, ring=ring, done=done)
            if found is None:
                if copy is not None:
                    # The only one there is: it is neither let go nor taken for sound.
                    listed[row.key] = {"sha256": sha256, "size": row.size, "locked_until": now.isoformat(), **known}
                continue
            (sha256, size, version), lock, mark = found, until.isoformat(), ""
            fresh[name_of(sha256)] = version
            there[name_of(sha256)] = Entry(name_of(sha256), size, now)
        listed[row.key] = {
            "sha256": sha256, "size": size, "locked_until": lock, "mark": mark, "key_id": key_id,
            "version": fresh.get(name_of(sha256)) or known.get("version", ""),
        }  # fmt: skip
    marks = {entry.key: entry.mark for entry in place.entries(OBJECTS)} if fresh else {}
    for one in listed.values():
        one["mark"] = one["mark"] or marks.get(name_of(one["sha256"]), "")
    failpoint.reach("backup.files")
    former = _former(before, listed, there, now=now)
    _write(place, listed, former, now=now, ring=ring, done=done)
    done.removed = _prune(place, former, now=now)
    return done


def _key_of(place: Place, copy: Entry, known: dict[str, Any]) -> str:
    """A copy under a key that was replaced is made anew, so that the old one may go; one under a lost key is none."""
    return str(known.get("key_id") or cipher.key_id_of(place.open(copy.key)))


def _is_as_written(copy: Entry, row: NamedFile, known: dict[str, Any]) -> bool:
    """Whether a copy looks as the last run left it; to read it all again would be a drill."""
    size = known.get("size") or row.size
    if size is not None and copy.size != cipher.sealed_size(size, name=copy.key):
        return False
    return not known.get("mark") or known["mark"] == copy.mark


def _copied(place: Place, row: NamedFile, *, ring: Ring, done: Copied) -> tuple[str, int, str] | None:
    try:
        # A resume is a few megabytes, and nothing of it may leave before its sum is known.
        data = b"".join(storage.clean().open(row.key))
    except ObjectMissing:
        done.missing.append(row.key)
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    if row.sha256 and sha256 != row.sha256:
        done.altered.append(row.key)
        return None
    name = name_of(sha256)
    written = place.put(name, cipher.encrypt([data], name=name, ring=ring))
    failpoint.reach("backup.file")
    done.copied += 1
    done.bytes += len(data)
    return sha256, len(data), written.version


def _renewed(place: Place, sha256: str, known: dict[str, Any], *, now: datetime, until: datetime, done: Copied) -> str:
    held = known.get("locked_until")
    if held and datetime.fromisoformat(held) > until - RENEW_AFTER:
        return str(held)
    place.lock(name_of(sha256), until=until)
    done.renewed += 1
    del now
    return until.isoformat()


def _write(
    place: Place, listed: dict[str, Any], former: dict[str, str], *, now: datetime, ring: Ring, done: Copied
) -> None:
    folder = f"{manifests.FILES}{now:{manifests.STAMP}}/"
    place.put(folder + LIST, manifests.seal({"files": listed, "former": former}, name=folder + LIST, ring=ring))
    said = {
        "kind": "files",
        "moment": now.isoformat(),
        "files": len(listed),
        "copied": done.copied,
        "bytes": done.bytes,
        "missing": done.missing[:100],
        "altered": done.altered[:100],
        "replaced": done.replaced[:100],
        "shortest_lock": min((one["locked_until"] for one in listed.values()), default=""),
    }
    manifests.write(place, said, name=folder + manifests.NAME, ring=ring)


def newest_list(place: Place, *, ring: Ring, at: datetime | None = None) -> dict[str, Any] | None:
    """The newest list that a finished run wrote."""
    for entry, _said in manifests.genuine(place, manifests.FILES, ring=ring, at=at):
        folder = entry.key.removesuffix(manifests.NAME)
        versions = {one.key: one.version for one in place.entries(folder, at=at)} if at else {}
        return manifests.unseal(place, folder + LIST, ring=ring, version=versions.get(folder + LIST, ""))
    return None


def _former(before: dict[str, Any], listed: dict[str, Any], there: Iterable[str], *, now: datetime) -> dict[str, str]:
    """The objects that no row names any more, and since when: what one list hands on to the next."""
    named = {name_of(one["sha256"]) for one in listed.values()}
    known: dict[str, str] = before.get("former", {})
    return {name: known.get(name, now.isoformat()) for name in there if name not in named}


def _prune(place: Place, former: dict[str, str], *, now: datetime) -> int:
    """Let go of lists past their days, and of what no row named for as long."""
    limit = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
    for entry in manifests.listed(place, manifests.FILES)[1:]:
        folder = entry.key.removesuffix(manifests.NAME)
        try:
            moment = manifests.moment_of(folder)
        except ValueError:
            # No name of ours: backup_status says that somebody put it there.
            continue
        if max(moment, entry.at) < limit:
            place.hide(entry.key)
            place.hide(folder + LIST)
    gone = [name for name, since in former.items() if datetime.fromisoformat(since) < limit]
    for name in gone:
        place.hide(name)
    place.sweep(before=now - timedelta(days=1))
    return len(gone)


def name_of(sha256: str) -> str:
    return f"{OBJECTS}{sha256[:2]}/{sha256}"


def fetch(
    sha256: str,
    *,
    which: str = "all",
    at: datetime | None = None,
    ring: Ring | None = None,
    listed: dict[str, dict[str, str]] | None = None,
) -> tuple[bytes, str]:
    """The bytes with this sum and the place they came from; `at` also finds what was deleted since.

    A copy that is not there, or not as it was written, is read in the version that the newest list of its place names;
    whoever asks for many hands on `listed`. Raises FileNotInBackup, and what the last place said of a damaged copy.
    """
    ring, name = ring or keys.configured(), name_of(sha256)
    listed = {} if listed is None else listed
    trouble: DomainError | None = None
    for place in places.configured(which):
        try:
            version = next((one.version for one in place.entries(name, at=at)), "") if at else ""
            data = b"".join(cipher.decrypt(place.open(name, version=version), name=name, ring=ring))
        except DomainError as error:
            found = _as_written(place, sha256, ring=ring, listed=listed)
            if found is None:
                trouble = trouble if isinstance(error, NoSuchObject) else error
                continue
            data = found
        if hashlib.sha256(data).hexdigest() == sha256:
            return data, place.label
    raise trouble or FileNotInBackup(sha256=sha256)


def _as_written(place: Place, sha256: str, *, ring: Ring, listed: dict[str, dict[str, str]]) -> bytes | None:
    if place.label not in listed:
        try:
            rows = (newest_list(place, ring=ring) or {"files": {}})["files"].values()
        except DomainError:
            rows = ()
        listed[place.label] = {one["sha256"]: one.get("version", "") for one in rows}
    version, name = listed[place.label].get(sha256, ""), name_of(sha256)
    if not version:
        return None
    try:
        return b"".join(cipher.decrypt(place.open(name, version=version), name=name, ring=ring))
    except DomainError:
        return None


def bring_back(*, sha256: str, key: str = "", which: str = "all", at: datetime | None = None) -> str:
    """Put one file back under the key that its rows name; the place it came from. Raises FileNotInBackup."""
    data, place = fetch(sha256, which=which, at=at)
    wanted = [key] if key else list(Resume.objects.filter(sha256=sha256).values_list("key", flat=True))
    if not wanted:
        raise FileNotInBackup("No row names the file {sha256}: nobody could open it.", sha256=sha256)
    for one in wanted:
        storage.clean().put(one, data, content_type="application/octet-stream")
    return place


def bring_back_key(key: str, *, which: str = "all") -> str:
    """Put back what the newest list names for this key; the place it came from. Raises FileNotInBackup."""
    ring = keys.configured()
    for place in places.configured(which):
        listed = newest_list(place, ring=ring) or {"files": {}}
        if key in listed["files"]:
            return bring_back(sha256=listed["files"][key]["sha256"], key=key, which=which)
    raise FileNotInBackup("No place has a copy of {key}: no list of files names it.", key=key)


@dataclass(slots=True)
class Returned:
    """What was missing or altered beside the rows, and what became of it."""

    whole: int = 0
    returned: int = 0
    lost: list[str] = field(default_factory=list)


def bring_all_back(*, which: str = "all", at: datetime | None = None) -> Returned:
    """After a restore: every file that a row names and the store does not have as it was, from its copy.

    Rows that came back from an earlier moment may name what the newest list does not name any more.
    """
    ring, done = keys.configured(), Returned()
    named: dict[str, dict[str, str]] = {}
    lists = _listed(places.configured(which), ring=ring, at=at)
    read = list(islice(lists, 1))
    for row in lasting():
        # Most keys are in the first: another is fetched for what it lacks alone.
        while not row.sha256 and not any(row.key in one for one in read) and (more := next(lists, None)) is not None:
            read.append(more)
        sha256 = row.sha256 or next((str(one[row.key]["sha256"]) for one in read if row.key in one), "")
        if _stored_sum(row.key) == (sha256 or _stored_sum(row.key)) != "":
            done.whole += 1
            continue
        try:
            data, _place = fetch(sha256, which=which, at=at, ring=ring, listed=named)
        except DomainError:
            done.lost.append(row.key)
            continue
        storage.clean().put(row.key, data, content_type="application/octet-stream")
        done.returned += 1
    return done


def _listed(chosen: Sequence[Place], *, ring: Ring, at: datetime | None) -> Iterator[dict[str, Any]]:
    """The lists of these places, the newest first; each is read when it is asked for.

    Raises WrongKey after the last one where none could be read for want of its key.
    """
    runs = []
    for number, place in enumerate(chosen):
        for entry in manifests.listed(place, manifests.FILES, at=at):
            folder = entry.key.removesuffix(manifests.NAME)
            with suppress(ValueError):
                runs.append((manifests.moment_of(folder), number, place, entry, folder + LIST))
    runs.sort(key=lambda run: (-run[0].timestamp(), run[1]))
    wrong, any_ = None, False
    for _moment, _number, place, entry, name in runs:
        version = next((one.version for one in place.entries(name, at=at)), "") if at else ""
        try:
            manifests.read(place, entry, ring=ring)
            found = manifests.unseal(place, name, ring=ring, version=version)
        except manifests.Forged:
            continue
        except WrongKey as error:
            wrong = wrong or error
            continue
        any_ = True
        yield found["files"]
    if wrong is not None and not any_:
        raise wrong


def _stored_sum(key: str) -> str:
    digest = hashlib.sha256()
    try:
        for chunk in storage.clean().open(key):
            digest.update(chunk)
    except ObjectMissing:
        return ""
    return digest.hexdigest()
