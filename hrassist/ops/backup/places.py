"""Where backups lie: a folder on another disk, or a bucket that keeps versions and locks them.

An object is written once under its name. A bucket's current objects are what rotation leaves; its versions are what an
attacker cannot take away before the lock ends.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from uuid import uuid4

from django.conf import settings

from hrassist.lib.errors import DomainError, NotFound, Unavailable

PIECE = 1024 * 1024
TRIES = 20


class PlaceUnavailable(Unavailable):
    """A place does not take or give objects now."""

    code = "backup_place_unavailable"
    default_message = "Place {place} ({where}) cannot be used: {why}."


class PlaceFull(Unavailable):
    code = "backup_place_full"
    default_message = "Place {place} ({where}) is full. Nothing half-written was left there; make room and run again."


class NoSuchObject(NotFound):
    code = "backup_object_missing"
    default_message = "Place {place} has no object {key}."


class NoPlace(DomainError):
    code = "no_backup_place"
    default_message = "There is no backup place {place}. Set HRASSIST_BACKUP_A, and HRASSIST_BACKUP_B for a second one."


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a place, or one version of it."""

    key: str
    size: int
    at: datetime
    version: str = ""
    # Changes with the bytes and with nothing else that we do: of a bucket its ETag.
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an object that was put: its size, and its version where the place keeps them."""

    size: int
    version: str = ""


class Place(Protocol):
    """`label` is A or B, `where` what the setting says."""

    label: str
    where: str

    def put(self, key: str, pieces: Iterable[bytes]) -> Written:
        """Write it whole or not at all. Raises PlaceUnavailable, PlaceFull."""
        ...

    def open(self, key: str, *, version: str = "") -> Iterator[bytes]:
        """Raises NoSuchObject, PlaceUnavailable."""
        ...

    def entries(self, under: str, *, at: datetime | None = None) -> Iterator[Entry]:
        """What is there now, or was there at a moment, by name."""
        ...

    def hide(self, key: str) -> None:
        """Take it from what is there now; its versions stay until their lock ends."""
        ...

    def locked_until(self, key: str) -> datetime | None: ...

    def lock(self, key: str, *, until: datetime) -> None:
        """Prolong the lock; never shortens it."""
        ...

    def sweep(self, *, before: datetime) -> int:
        """Remove what writers that died before this moment left half-written; how many."""
        ...


class FolderPlace:
    """A folder: no locks, so it is for one's own disk, beside a bucket."""

    def __init__(self, label: str, path: Path):
        self.label, self.path, self.where = label, path, str(path)

    def put(self, key: str, pieces: Iterable[bytes]) -> Written:
        final = self._path(key)
        # A disk that is not mounted would be written to beside its mount point, without anybody noticing.
        self._require()
        size = 0
        part = final.with_name(f".{uuid4().hex}.part")
        try:
            with os.fdopen(self._opened(part), "wb") as file:
                for piece in pieces:
                    size += file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.replace(final)
            # A folder that is new is an entry of the one above it.
            for folder in final.parents:
                _sync(folder)
                if folder == self.path:
                    break
        except OSError as error:
            raise self._broken(error) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return Written(size)

    def _opened(self, part: Path) -> int:
        # Another run may take away the folder, which is empty until this file is in it.
        for attempt in range(TRIES):
            with suppress(FileNotFoundError, FileExistsError) if attempt < TRIES - 1 else nullcontext():
                # Who else may read here is said by the folder of the place, and not by each file.
                group = self.path.stat().st_mode & 0o070
                part.parent.mkdir(parents=True, exist_ok=True, mode=0o700 | group)
                return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 | group & 0o060)
        raise AssertionError("the last try raises")

    def open(self, key: str, *, version: str = "") -> Iterator[bytes]:
        del version
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError as error:
            raise NoSuchObject(place=self.label, key=key) from error
        except OSError as error:
            raise self._broken(error) from error

        def pieces() -> Iterator[bytes]:
            with file:
                try:
                    while piece := file.read(PIECE):
                        yield piece
                except OSError as error:
                    raise self._broken(error) from error

        return pieces()

    def entries(self, under: str, *, at: datetime | None = None) -> Iterator[Entry]:
        top = self._path(under) if under else self.path
        self._require()
        try:
            # The whole name of an object is a beginning too.
            names = (
                [top]
                if under and not under.endswith("/")
                else sorted(
                    Path(folder, name)
                    for folder, _folders, within in os.walk(top, onerror=_unless_gone)
                    for name in within
                    if not name.startswith(".")
                )
            )
            for path in names:
                try:
                    found = path.lstat()
                except FileNotFoundError:
                    # Another run hid it between the listing and this.
                    continue
                moment = datetime.fromtimestamp(found.st_mtime, tz=UTC)
                if stat.S_ISREG(found.st_mode) and (at is None or moment <= at):
                    name = path.relative_to(self.path).as_posix()
                    yield Entry(name, found.st_size, moment, mark=str(found.st_mtime_ns))
        except OSError as error:
            raise self._broken(error) from error

    def hide(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.path:
                break
            try:
                folder.rmdir()
            except OSError:
                # There is something in it, maybe since a moment ago.
                break

    def locked_until(self, key: str) -> datetime | None:
        del key
        return None

    def lock(self, key: str, *, until: datetime) -> None:
        """A folder has no locks."""

    def sweep(self, *, before: datetime) -> int:
        gone = 0
        for part in self.path.rglob(".*.part"):
            with suppress(OSError):
                if part.lstat().st_mtime < before.timestamp():
                    part.unlink()
                    gone += 1
        return gone

    def free(self) -> int:
        return shutil.disk_usage(self.path).free

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or any(part in {"..", "/"} or part.startswith(".") for part in parts):
            raise NoSuchObject(place=self.label, key=key)
        return self.path.joinpath(*parts)

    def _require(self) -> None:
        if not self.path.is_dir():
            raise PlaceUnavailable(place=self.label, where=self.where, why="there is no such folder")

    def _broken(self, error: OSError) -> Unavailable:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return PlaceFull(place=self.label, where=self.where)
        return PlaceUnavailable(place=self.label, where=self.where, why=error.strerror or error)


def configured(which: str = "all") -> list[Place]:
    """The places of this installation, or the one that is named. Raises NoPlace."""
    found = [_place(label, said) for label, said in settings.BACKUP_PLACES.items() if said["where"]]
    if which != "all":
        found = [place for place in found if place.label == which]
    if not found:
        raise NoPlace(place="" if which == "all" else which)
    return found


def _place(label: str, said: dict[str, Any]) -> Place:
    if not said["where"].startswith("s3://"):
        return FolderPlace(label, Path(said["where"]))
    from hrassist.ops.backup import buckets  # noqa: PLC0415  boto3 takes 0.3 s

    return buckets.of_settings(label, said)


def _unless_gone(error: OSError) -> None:
    # A folder that cannot be read would otherwise look like an empty one.
    if not isinstance(error, FileNotFoundError):
        raise error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
