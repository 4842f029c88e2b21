"""Copies of seals and their rows outside the database: a folder that is only added to, or a bucket with object lock.

One object holds one seal: gzipped lines of JSON, the seal first and its events after it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import connection

from audit.models import Seal
from audit.sealing import canonical
from audit.sealing.body import Signed
from hrassist.lib.errors import DomainError, Unavailable


class AnchorUnavailable(Unavailable):
    """A place does not take or give copies now."""

    code = "audit_anchor_unavailable"


class AnchorDiffers(DomainError):
    """A place holds another seal under this number: the trail was cut and goes on, or the copy was changed."""

    code = "audit_anchor_differs"


class Place(Protocol):
    """Where copies lie. `name` stands in the records of what was copied."""

    name: str

    def put(self, seq: int, data: bytes) -> None:
        """Add a copy; the same bytes again change nothing. Raises AnchorUnavailable, AnchorDiffers."""

    def get(self, seq: int) -> bytes | None: ...

    def numbers(self, *, after: int = 0) -> Iterator[int]:
        """The numbers of all copies behind this one, rising."""


def pack(seal: Signed, lines: Sequence[bytes]) -> bytes:
    """A copy; the same seal gives the same bytes."""
    return gzip.compress(b"\n".join([canonical.compact(seal.as_copy()), *lines]) + b"\n", mtime=0)


def unpack(data: bytes) -> tuple[Signed, list[bytes]]:
    """What `pack` packed. Raises ValueError for anything else."""
    try:
        first, *lines = gzip.decompress(data).splitlines()
        return Signed.from_copy(json.loads(first)), lines
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ValueError("this is no copy of a seal") from error


def copy_of(seal: Seal) -> bytes:
    """The copy of a seal with its rows as they are now."""
    lines: list[bytes] = []
    if seal.ids:
        wanted = set(canonical.expand(seal.ids))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {canonical.SELECTED} FROM audit_event WHERE id BETWEEN %s AND %s ORDER BY id",  # noqa: S608 - our own names
                [seal.first_id, seal.last_id],
            )
            while rows := cursor.fetchmany(2000):
                lines += [canonical.line(row) for row in rows if row[canonical.AT["id"]] in wanted]
    return pack(Signed.of(seal), lines)


def key_of(seq: int) -> str:
    # A thousand in a folder: a day of heartbeats lies in two.
    return f"{seq // 1000:07d}/{seq:010d}.jsonl.gz"


def number_of(key: str) -> int | None:
    name = key.rpartition("/")[2].removesuffix(".jsonl.gz")
    return int(name) if name.isdigit() else None


class Folder:
    """Files that are made once and never opened for writing again."""

    def __init__(self, path: Path):
        self.path = path
        self.name = f"file://{path}"[-120:]

    def put(self, seq: int, data: bytes) -> None:
        target = self.path / key_of(seq)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = target.with_suffix(f".{os.getpid()}.part")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link is made or refused as a whole; what is there is never replaced.
                os.link(draft, target)
            except FileExistsError:
                if target.read_bytes() != data:
                    raise AnchorDiffers("{place} holds another seal {seq} already.", place=self.name, seq=seq) from None
            finally:
                draft.unlink(missing_ok=True)
            for folder in (target.parent, self.path):
                _sync(folder)
        except OSError as error:
            raise AnchorUnavailable(
                "{place} takes no copies: {error}.", place=self.name, error=error.strerror or error
            ) from error

    def get(self, seq: int) -> bytes | None:
        try:
            return (self.path / key_of(seq)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AnchorUnavailable(
                "{place} cannot be read: {error}.", place=self.name, error=error.strerror
            ) from error

    def numbers(self, *, after: int = 0) -> Iterator[int]:
        if not self.path.is_dir():
            return
        for folder in sorted(path for path in self.path.iterdir() if path.is_dir()):
            for file in sorted(folder.glob("*.jsonl.gz")):
                found = number_of(file.name)
                if found is not None and found > after:
                    yield found


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LockedBucket:
    """Objects that nobody may delete or replace until their time is over (S3 object lock, mode COMPLIANCE)."""

    def __init__(self, client: Any, bucket: str, *, prefix: str, days: int):
        self.client, self.bucket, self.days = client, bucket, days
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.name = f"s3://{bucket}/{self.prefix}"[:120]

    def put(self, seq: int, data: bytes) -> None:
        held = self.get(seq)
        if held is not None:
            if held != data:
                raise AnchorDiffers("{place} holds another seal {seq} already.", place=self.name, seq=seq)
            return
        self._ask(
            self.client.put_object,
            Key=self.prefix + key_of(seq),
            Body=data,
            ContentType="application/gzip",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=datetime.now(tz=UTC) + timedelta(days=self.days),
            # Providers that lock refuse an upload without it.
            ContentMD5=_md5(data),
        )

    def get(self, seq: int) -> bytes | None:
        key = self.prefix + key_of(seq)
        try:
            # The first version is the one that was written; a later one lies over it and takes nothing away.
            found = self.client.list_object_versions(Bucket=self.bucket, Prefix=key)
            versions = sorted(found.get("Versions", []), key=lambda one: one["LastModified"])
            if not versions:
                return None
            answer = self.client.get_object(Bucket=self.bucket, Key=key, VersionId=versions[0]["VersionId"])
            body: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise AnchorUnavailable("{place} cannot be read: {error}.", place=self.name, error=error) from error
        return body

    def numbers(self, *, after: int = 0) -> Iterator[int]:
        paginator = self.client.get_paginator("list_object_versions")
        seen = after
        try:
            for page in paginator.paginate(
                Bucket=self.bucket, Prefix=self.prefix, KeyMarker=self.prefix + key_of(after) if after else ""
            ):
                for one in page.get("Versions", []):
                    found = number_of(one["Key"])
                    if found is not None and found > seen:
                        seen = found
                        yield found
        except (ClientError, BotoCoreError) as error:
            raise AnchorUnavailable("{place} cannot be read: {error}.", place=self.name, error=error) from error

    def _ask(self, call: Any, **said: Any) -> Any:
        try:
            return call(Bucket=self.bucket, **said)
        except (ClientError, BotoCoreError) as error:
            raise AnchorUnavailable("{place} takes no copies: {error}.", place=self.name, error=error) from error


def _md5(data: bytes) -> str:

    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def configured() -> list[Place]:
    """The places of this installation, the bucket last."""
    places: list[Place] = []
    if settings.AUDIT_ANCHOR_DIR:
        places.append(Folder(Path(settings.AUDIT_ANCHOR_DIR)))
    if settings.AUDIT_ANCHOR_BUCKET:
        from hrassist.lib.storage import s3  # noqa: PLC0415  boto3 takes 0.3 s; a folder needs none

        client = s3.client(
            endpoint_url=settings.AUDIT_ANCHOR_ENDPOINT_URL or settings.AWS_S3_ENDPOINT_URL,
            region=settings.AUDIT_ANCHOR_REGION or settings.AWS_S3_REGION,
            access_key=settings.AUDIT_ANCHOR_ACCESS_KEY_ID or settings.AWS_ACCESS_KEY_ID,
            secret_key=settings.AUDIT_ANCHOR_SECRET_ACCESS_KEY or settings.AWS_SECRET_ACCESS_KEY,
            addressing=settings.S3_ADDRESSING_STYLE,
        )
        places.append(
            LockedBucket(
                client,
                settings.AUDIT_ANCHOR_BUCKET,
                prefix=settings.AUDIT_ANCHOR_PREFIX,
                days=settings.AUDIT_ANCHOR_DAYS,
            )
        )
    return places
