"""What a store of files must do, and the shapes that pass between it and its callers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Literal, Protocol

from hrassist.lib.errors import Conflict, DomainError, NotFound, Unavailable

CHUNK = 256 * 1024
# The name of the object that says whose a folder of a bucket is (marks.py): it belongs to no row and is no leftover.
MARK = "environment"

Method = Literal["PUT", "POST"]


class StorageUnavailable(Unavailable):
    """The store does not answer, or answers with an error that is not about the request."""

    code = "storage_unavailable"
    default_message = "The file store does not answer. Nothing was changed; please try again in a minute."


class ObjectMissing(NotFound):
    code = "object_missing"
    default_message = "This file is not in the store."


class ObjectChanged(Conflict):
    """The object is no longer the one whose ETag we hold."""

    code = "object_changed"
    default_message = "The file was replaced in the store after it was uploaded."


class TooManyBytes(DomainError):
    """The store sent more than it was allowed to."""

    code = "too_many_bytes"
    default_message = "The file is larger than it may be."


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """Everything a client sends, as it stands: `headers` for PUT, `fields` before the file part for POST."""

    method: Method
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stat:
    """What the store says about an object; `etag` without quotes, `encryption` only from the store's answer."""

    size: int
    etag: str = ""
    version_id: str = ""
    content_type: str = ""
    encryption: str = ""


class Incoming(Protocol):
    """Where strangers' bytes arrive. Nothing here is ever referred to by a resume."""

    @property
    def method(self) -> Method: ...

    def ticket(
        self, key: str, *, size: int, content_type: str, md5_b64: str, expires_in: timedelta
    ) -> SignedUpload: ...

    def head(self, key: str) -> Stat | None: ...

    def open_once(self, key: str, *, etag: str, version_id: str = "", max_bytes: int) -> Iterator[bytes]:
        """The bytes of exactly this object, in chunks.

        Raises ObjectMissing, ObjectChanged when the ETag is another, TooManyBytes as soon as the cap is passed.
        """
        ...

    def delete(self, key: str) -> None: ...

    def list_older_than(self, moment: datetime) -> Iterator[str]: ...


class Clean(Protocol):
    """Checked files, each written once under a fresh key."""

    def put(self, key: str, data: bytes, *, content_type: str) -> Stat: ...

    def put_file(self, key: str, file: IO[bytes], *, content_type: str) -> None:
        """The same for a file too large to be held in memory."""
        ...

    def head(self, key: str) -> Stat | None: ...

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to and without `end`, in chunks; asked for before this returns.

        Raises ObjectMissing, StorageUnavailable.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove every version; returns when a listing shows none."""
        ...

    def list_older_than(self, moment: datetime) -> Iterator[str]: ...

    def probe(self) -> None:
        """Raise StorageUnavailable unless the store answers now."""
        ...
