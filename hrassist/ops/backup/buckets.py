"""A bucket as a place: its versions and locks are what an attacker with the writer's key cannot take away."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from hrassist.lib.errors import Unavailable
from hrassist.lib.storage import s3
from hrassist.ops.backup.places import PIECE, Entry, NoSuchObject, PlaceFull, PlaceUnavailable, Written

PART = 16 * 1024 * 1024
# How stores say that nothing is locked: the object is not, or is not there, or the bucket or the store knows no locks.
UNLOCKED = frozenset(
    (
        "NoSuchObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchKey",
        "InvalidRequest",
        "NotImplemented",
    )
)


class BucketPlace:
    """A bucket with versions; where it was made with object lock, each object is locked as it is written."""

    def __init__(self, label: str, client: Any, bucket: str, *, prefix: str = "", mode: str = "", days: int = 30):
        self.label, self.client, self.bucket, self.mode, self.days = label, client, bucket, mode, days
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.where = f"s3://{bucket}/{self.prefix}"

    def put(self, key: str, pieces: Iterable[bytes]) -> Written:
        held, size, upload = bytearray(), 0, ""
        parts: list[Any] = []
        named = {"Bucket": self.bucket, "Key": self.prefix + key}
        try:
            for piece in pieces:
                held += piece
                size += len(piece)
                while len(held) >= PART:
                    upload = upload or self.client.create_multipart_upload(**named, **self._locks())["UploadId"]
                    parts.append(self._part(named, upload, len(parts) + 1, bytes(held[:PART])))
                    del held[:PART]
            if not upload:
                body = bytes(held)
                done = self.client.put_object(**named, Body=body, ContentMD5=_md5(body), **self._locks())
                return Written(size, _version(done))
            if held:
                parts.append(self._part(named, upload, len(parts) + 1, bytes(held)))
            done = self.client.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": parts})
            if self.mode:
                # Some stores (Ceph) take the lock of an upload in parts and do not set it.
                self.lock(key, until=datetime.now(tz=UTC) + timedelta(days=self.days))
        except BaseException as error:
            if upload:
                # What cannot be taken back now is swept later; the first trouble is the one to tell.
                with suppress(ClientError, BotoCoreError):
                    self.client.abort_multipart_upload(**named, UploadId=upload)
            if isinstance(error, ClientError | BotoCoreError):
                raise self._broken(error) from error
            raise
        return Written(size, _version(done))

    def sweep(self, *, before: datetime) -> int:
        gone = 0
        try:
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            )  # fmt: skip
            for page in pages:
                for one in page.get("Uploads", []):
                    if one["Initiated"] < before:
                        self.client.abort_multipart_upload(
                            Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"]
                        )  # fmt: skip
                        gone += 1
        except ClientError as error:
            # The writer's key need not be allowed to; then the bucket's rule for unfinished uploads does it.
            if error.response.get("Error", {}).get("Code") not in {"AccessDenied", "NoSuchUpload"}:
                raise self._broken(error) from error
        except BotoCoreError as error:
            raise self._broken(error) from error
        return gone

    def _part(self, named: dict[str, str], upload: str, number: int, body: bytes) -> dict[str, Any]:
        answer = self.client.upload_part(
            **named, UploadId=upload, PartNumber=number, Body=body, ContentMD5=_md5(body)
        )  # fmt: skip
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _locks(self) -> dict[str, Any]:
        if not self.mode:
            return {}
        until = datetime.now(tz=UTC) + timedelta(days=self.days)
        return {"ObjectLockMode": self.mode, "ObjectLockRetainUntilDate": until}

    def open(self, key: str, *, version: str = "") -> Iterator[bytes]:
        more = {"VersionId": version} if version else {}
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key, **more)["Body"]
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                raise NoSuchObject(place=self.label, key=key) from error
            raise self._broken(error) from error
        except BotoCoreError as error:
            raise self._broken(error) from error

        def pieces() -> Iterator[bytes]:
            try:
                while piece := body.read(PIECE):
                    yield piece
            except (BotoCoreError, OSError) as error:
                raise self._broken(error) from error
            finally:
                body.close()

        return pieces()

    def entries(self, under: str, *, at: datetime | None = None) -> Iterator[Entry]:
        full = self.prefix + under
        try:
            if at is None:
                for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=full):
                    for row in page.get("Contents", []):
                        name = row["Key"].removeprefix(self.prefix)
                        yield Entry(name, row["Size"], row["LastModified"], mark=row.get("ETag", ""))
                return
            yield from self._as_of(full, at)
        except (ClientError, BotoCoreError) as error:
            raise self._broken(error) from error

    def _as_of(self, full: str, at: datetime) -> Iterator[Entry]:
        newest: dict[str, tuple[datetime, Entry | None]] = {}
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=full):
            for row in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if row["LastModified"] > at:
                    continue
                key = row["Key"].removeprefix(self.prefix)
                entry = Entry(key, row["Size"], row["LastModified"], row["VersionId"]) if "Size" in row else None
                if key not in newest or newest[key][0] < row["LastModified"]:
                    newest[key] = (row["LastModified"], entry)
        yield from (entry for _, (_, entry) in sorted(newest.items()) if entry is not None)

    def hide(self, key: str) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)
        except (ClientError, BotoCoreError) as error:
            raise self._broken(error) from error

    def locked_until(self, key: str) -> datetime | None:
        try:
            found = self.client.get_object_retention(Bucket=self.bucket, Key=self.prefix + key)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in UNLOCKED:
                return None
            # Whoever may not ask, or was told to wait, does not know.
            raise self._broken(error) from error
        until: datetime = found["Retention"]["RetainUntilDate"]
        return until

    def lock(self, key: str, *, until: datetime) -> None:
        if not self.mode:
            return
        held = self.locked_until(key)
        if held is not None and held >= until:
            return
        try:
            self.client.put_object_retention(
                Bucket=self.bucket, Key=self.prefix + key,
                Retention={"Mode": self.mode, "RetainUntilDate": until},
            )  # fmt: skip
        except (ClientError, BotoCoreError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> Unavailable:
        if isinstance(error, ClientError):
            why = error.response.get("Error", {}).get("Code", "refused")
            if why in {"QuotaExceeded", "InsufficientStorage", "EntityTooLarge"}:
                return PlaceFull(place=self.label, where=self.where)
            return PlaceUnavailable(place=self.label, where=self.where, why=f"it answered {why}")
        return PlaceUnavailable(place=self.label, where=self.where, why=type(error).__name__)


def of_settings(label: str, said: dict[str, Any]) -> BucketPlace:
    parts = urlsplit(said["where"])
    client = s3.client(
        endpoint_url=said["endpoint_url"],
        region=said["region"],
        access_key=said["access_key"],
        secret_key=said["secret_key"],
        addressing=settings.S3_ADDRESSING_STYLE,
    )
    mode = "" if settings.BACKUP_LOCK_MODE == "off" else settings.BACKUP_LOCK_MODE
    return BucketPlace(
        label, client, parts.netloc, prefix=parts.path, mode=mode, days=settings.BACKUP_LOCK_DAYS
    )  # fmt: skip


def _version(answer: Any) -> str:
    # A bucket that kept none when it was written calls it null.
    version = str(answer.get("VersionId", ""))
    return "" if version == "null" else version


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
