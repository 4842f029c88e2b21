"""A folder as the store: the same tickets, answered by a signed address of the app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from uuid import uuid4

from django.core import signing
from django.http import UnreadablePostError
from django.urls import get_script_prefix

from hrassist.lib.errors import Conflict, DomainError, Gone
from hrassist.lib.storage.contract import (
    CHUNK,
    Method,
    ObjectChanged,
    ObjectMissing,
    SignedUpload,
    Stat,
    StorageUnavailable,
    TooManyBytes,
)

UPLOAD_PATH = "storage/incoming/"
SALT = "hrassist.storage.incoming"
PARTS = ".parts"


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class BadTicket(DomainError):
    code = "upload_ticket_invalid"
    status = 403
    default_message = "This upload address is not one that we signed. Ask for a new one."


class NotAsDeclared(DomainError):
    """What arrives differs from what the ticket was signed for."""

    code = "upload_not_as_declared"
    status = 403
    default_message = "This is not the file that the upload address was made for. Ask for a new one."


class AlreadyUploaded(Conflict):
    code = "already_uploaded"
    status = 412
    default_message = "A file was already uploaded to this address; it takes one, once."


@dataclass(frozen=True, slots=True)
class DiskTicket:
    """What a signed address permits: one file of exactly this size, type and MD5, until a moment (Unix seconds)."""

    key: str
    size: int
    content_type: str
    md5_b64: str
    until: int

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=False)

    @classmethod
    def verified(cls, token: str) -> DiskTicket:
        """The ticket behind a token; the signature is compared in constant time. Raises BadTicket, Gone."""
        try:
            ticket = cls(**signing.loads(token, salt=SALT))
        except (signing.BadSignature, TypeError) as error:
            raise BadTicket from error
        if time.time() > ticket.until:
            raise Gone("This upload address has expired. Ask for a new one.", code="upload_ticket_expired")
        return ticket


class Folder:
    """Files under one directory, readable by this user only, written whole or not at all."""

    def __init__(self, root: Path, *, prefix: str):
        self.root = root
        self.prefix = prefix

    def path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        # Keys are ours, yet a bad row must never lead out of the folder.
        if not parts or any(part in {"..", "/", PARTS} or part.startswith(".") for part in parts):
            raise ObjectMissing
        return self.root.joinpath(*parts)

    def head(self, key: str) -> Stat | None:
        try:
            found = self.path(key).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._broken(error) from error
        return Stat(size=found.st_size, etag=_etag(found))

    def delete(self, key: str) -> None:
        path = self.path(key)
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists():
                _sync_folder(path.parent)
        except OSError as error:
            raise self._broken(error) from error

    def list_older_than(self, moment: datetime) -> Iterator[str]:
        top = self.root / self.prefix
        for folder, names, files in os.walk(top):
            names[:] = [name for name in names if name != PARTS]
            for name in files:
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < moment.timestamp():
                        yield path.relative_to(self.root).as_posix()

    def probe(self) -> None:
        """Raise StorageUnavailable unless the folder can be read and written now."""
        try:
            _make_folder(self.root / self.prefix)
        except OSError as error:
            raise self._broken(error) from error
        if not os.access(self.root / self.prefix, os.R_OK | os.W_OK | os.X_OK):
            raise StorageUnavailable("The storage folder {root} cannot be written.", root=self.root)

    def part(self) -> Path:
        """A fresh name beside the files, on the same file system, for what is not whole yet."""
        folder = self.root / self.prefix / PARTS
        try:
            _make_folder(folder)
        except OSError as error:
            raise self._broken(error) from error
        return folder / uuid4().hex

    def _broken(self, error: OSError) -> StorageUnavailable:
        return StorageUnavailable(
            "The storage folder {root} cannot be used: {why}.", root=self.root, why=error.strerror or error
        )


class DiskIncoming(Folder):
    def __init__(self, root: Path):
        super().__init__(root, prefix="incoming")

    @property
    def method(self) -> Method:
        return "PUT"

    def ticket(self, key: str, *, size: int, content_type: str, md5_b64: str, expires_in: timedelta) -> SignedUpload:
        """An address of this app that takes the file; relative, the client adds the host that it talks to."""
        until = int(time.time() + expires_in.total_seconds())
        token = DiskTicket(key=key, size=size, content_type=content_type, md5_b64=md5_b64, until=until).sign()
        return SignedUpload(
            method="PUT",
            url=f"{get_script_prefix()}{UPLOAD_PATH}{token}",
            headers={"Content-Type": content_type, "Content-MD5": md5_b64},
        )

    def receive(self, token: str, *, length: str, content_type: str, md5_b64: str, body: Readable) -> None:
        """Take the body of one PUT, exactly as the ticket says, or leave nothing behind.

        Raises BadTicket, Gone, NotAsDeclared, AlreadyUploaded, StorageUnavailable.
        """
        ticket = DiskTicket.verified(token)
        declared = (str(ticket.size), ticket.content_type, ticket.md5_b64)
        if (length.strip(), content_type.strip(), md5_b64.strip()) != declared:
            raise NotAsDeclared
        final, part = self.path(ticket.key), self.part()
        if final.exists():
            raise AlreadyUploaded
        try:
            self._write(part, ticket, body)
            _make_folder(final.parent)
            # A link fails where a rename would silently replace: the first upload stays.
            os.link(part, final)
            _sync_folder(final.parent)
        except FileExistsError as error:
            raise AlreadyUploaded from error
        except UnreadablePostError as error:
            raise NotAsDeclared("The upload broke off. Upload it again.") from error
        except OSError as error:
            raise self._broken(error) from error
        finally:
            part.unlink(missing_ok=True)

    @staticmethod
    def _write(part: Path, ticket: DiskTicket, body: Readable) -> None:
        left, digest = ticket.size, hashlib.md5(usedforsecurity=False)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while left and (chunk := body.read(min(CHUNK, left))):
                left -= len(chunk)
                digest.update(chunk)
                file.write(chunk)
            if left or body.read(1):
                raise NotAsDeclared("The file ended early or went on too long. Upload it again.")
            if not hmac.compare_digest(base64.b64encode(digest.digest()).decode(), ticket.md5_b64):
                raise NotAsDeclared("The file was damaged on its way, or is another one. Upload it again.")
            file.flush()
            os.fsync(file.fileno())

    def open_once(self, key: str, *, etag: str, version_id: str = "", max_bytes: int) -> Iterator[bytes]:
        del version_id
        return _chunks(self.path(key), etag=etag, end=None, max_bytes=max_bytes)

    def sweep_parts(self, moment: datetime) -> int:
        """Remove what uploads left behind when the machine stopped under them; returns how many."""
        gone = 0
        folder = self.root / self.prefix / PARTS
        for path in folder.iterdir() if folder.exists() else ():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment.timestamp():
                    path.unlink()
                    gone += 1
        return gone


class DiskClean(Folder):
    def __init__(self, root: Path):
        super().__init__(root, prefix="clean")

    def put(self, key: str, data: bytes, *, content_type: str) -> Stat:
        self.put_file(key, io.BytesIO(data), content_type=content_type)
        return self.head(key) or Stat(size=len(data))

    def put_file(self, key: str, file: IO[bytes], *, content_type: str) -> None:
        del content_type
        final, part = self.path(key), self.part()
        try:
            _make_folder(final.parent)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                shutil.copyfileobj(file, copy, CHUNK)
                copy.flush()
                os.fsync(copy.fileno())
            part.replace(final)
            _sync_folder(final.parent)
        except OSError as error:
            raise self._broken(error) from error
        finally:
            part.unlink(missing_ok=True)

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return _chunks(self.path(key), start=start, end=end)


def _chunks(
    path: Path, *, etag: str = "", start: int = 0, end: int | None = None, max_bytes: int | None = None
) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ObjectMissing from error
    except OSError as error:
        raise StorageUnavailable("A stored file cannot be read: {why}.", why=error.strerror) from error
    found = os.fstat(file.fileno())
    try:
        if etag and _etag(found) != etag:
            raise ObjectChanged
        if max_bytes is not None and found.st_size > max_bytes:
            raise TooManyBytes
        file.seek(start)
    except BaseException:
        file.close()
        raise

    def chunks() -> Iterator[bytes]:
        left = (found.st_size if end is None else min(end, found.st_size)) - start
        with file:
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk

    return chunks()


def _etag(found: os.stat_result) -> str:
    return f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"


def _make_folder(path: Path) -> None:
    # mkdir's mode applies to the last part only; a private file must not stand in an open folder.
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
