"""Who was erased, outside the database: what a restored backup brought back is erased again by it.

One line for each erasure: when, and a keyed hash of the record's identifier. It says nothing about anybody to whom the
key and the identifier are unknown. Lines are only ever added, each names the hash of the one before it.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hrassist.lib.errors import Unavailable

FILE = "ledger.jsonl"


class LedgerUnavailable(Unavailable):
    """Nobody is erased whose erasure could be undone by a restore without anybody noticing."""

    code = "ledger_unavailable"
    default_message = "The ledger of erasures cannot be written. Nothing was removed; it is tried again."


class LedgerBroken(Exception):
    """A line was changed, removed or put in."""


class Ledger(Protocol):
    def append(self, references: Collection[str], *, at: datetime) -> None: ...

    def entries(self) -> Iterator[dict[str, str]]:
        """Every line, oldest first. Raises LedgerUnavailable, LedgerBroken."""
        ...


def reference(candidate_id: UUID | str) -> str:
    """The keyed hash of a record's identifier: what certificate and ledger call it."""
    return hmac.new(_key(b"reference"), str(candidate_id).encode(), hashlib.sha256).hexdigest()


def signing_seed() -> bytes:
    """Of the key that signs certificates."""
    return _key(b"certificate")


def _key(purpose: bytes) -> bytes:
    return _derived(settings.ERASURE_LEDGER_KEY or settings.SECRET_KEY, purpose)


@lru_cache(maxsize=8)
def _derived(secret: str, purpose: bytes) -> bytes:
    # A million identifiers are compared after a restore.
    return HKDF(SHA256(), 32, salt=None, info=b"hrassist erasure " + purpose).derive(secret.encode())


def ledger() -> Ledger:
    """The one that the settings name."""
    where = settings.ERASURE_LEDGER
    if where.startswith("s3://"):
        parts = urlsplit(where)
        return BucketLedger(bucket=parts.netloc, prefix=parts.path.strip("/"))
    return FileLedger(Path(where))


class FileLedger:
    """A file that is only appended to, on a disk that is not the database's."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / FILE

    def append(self, references: Collection[str], *, at: datetime) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                previous = _last_line(file.read())
                for one in sorted(references):
                    line = _line(one, at=at, previous=previous)
                    file.write(line + b"\n")
                    previous = line
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.folder)
        except OSError as error:
            raise LedgerUnavailable from error

    def entries(self) -> Iterator[dict[str, str]]:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise LedgerUnavailable from error
        previous = b""
        for number, line in enumerate(text.split(b"\n"), start=1):
            if not line:
                continue
            try:
                entry = json.loads(line)
            except ValueError as error:
                # A machine that stopped while it wrote leaves half a line, of an erasure that was not begun.
                if number == len(text.split(b"\n")):
                    return
                raise LedgerBroken(f"line {number} cannot be read") from error
            if entry["after"] != _digest(previous):
                raise LedgerBroken(f"line {number} does not follow the line before it")
            yield entry
            previous = line


class BucketLedger:
    """An object for each entry in a bucket of its own: with versions and a lock nobody takes one away."""

    def __init__(self, *, bucket: str, prefix: str):
        self.bucket, self.prefix = bucket, prefix

    def append(self, references: Collection[str], *, at: datetime) -> None:
        from hrassist.lib.storage import ObjectMissing, StorageUnavailable  # noqa: PLC0415
        from hrassist.lib.storage.s3 import client_from_settings, translated  # noqa: PLC0415  boto3 takes 0.3 s

        try:
            for one in sorted(references):
                with translated():
                    client_from_settings().put_object(
                        Bucket=self.bucket, Key=self._key(f"{at:%Y%m%dT%H%M%S%f}-{uuid4().hex}.json"),
                        Body=_line(one, at=at, previous=b""), ContentType="application/json",
                    )  # fmt: skip
        except (ObjectMissing, StorageUnavailable) as error:
            raise LedgerUnavailable from error

    def entries(self) -> Iterator[dict[str, str]]:
        from hrassist.lib.storage import ObjectMissing, StorageUnavailable  # noqa: PLC0415
        from hrassist.lib.storage.s3 import client_from_settings, translated  # noqa: PLC0415  as above

        client = client_from_settings()
        try:
            with translated():
                pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._key(""))
                keys = sorted(row["Key"] for page in pages for row in page.get("Contents", []))
                for key in keys:
                    yield json.loads(client.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        except (ObjectMissing, StorageUnavailable) as error:
            raise LedgerUnavailable from error

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name


def _line(reference: str, *, at: datetime, previous: bytes) -> bytes:
    entry = {"at": at.isoformat(timespec="seconds"), "person": reference, "after": _digest(previous)}
    return json.dumps(entry, separators=(",", ":")).encode()


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest() if line else ""


def _last_line(text: bytes) -> bytes:
    lines = [line for line in text.split(b"\n") if line]
    return lines[-1] if lines else b""


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
