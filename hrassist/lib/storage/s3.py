"""An S3-compatible object store: presigned tickets for strangers, plain requests for the worker."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Literal

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from hrassist.lib.storage import capabilities
from hrassist.lib.storage.capabilities import Capabilities
from hrassist.lib.storage.contract import (
    CHUNK,
    MARK,
    Method,
    ObjectChanged,
    ObjectMissing,
    SignedUpload,
    Stat,
    StorageUnavailable,
    TooManyBytes,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Addressing = Literal["auto", "path", "virtual"]

# Signatures carry the time: a store whose clock is further away refuses tickets, or honours them for too long.
MOST_SKEW = timedelta(minutes=5)
SKEW_READ_EVERY = timedelta(hours=1)
SKEW_TRIED_EVERY_SECONDS = 60.0


class ClockWrong(StorageUnavailable):
    code = "clock_skew"
    default_message = "This machine's clock and the file store's differ by {minutes:.0f} minutes. Set the clock (NTP)."


class Clock:
    """How far this machine's clock is from the store's, read from the Date of every answer."""

    def __init__(self) -> None:
        self.skew: timedelta | None = None
        self._read_at = self._tried_at = float("-inf")

    def read(self, date: str) -> None:
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        if theirs.tzinfo is not None:
            self.skew, self._read_at = datetime.now(tz=UTC) - theirs, time.monotonic()

    @property
    def wants_reading(self) -> bool:
        now = time.monotonic()
        if now - self._read_at < SKEW_READ_EVERY.total_seconds() or now - self._tried_at < SKEW_TRIED_EVERY_SECONDS:
            return False
        self._tried_at = now
        return True

    def require_right(self) -> None:
        """Raise ClockWrong when the last reading was more than five minutes apart."""
        if self.skew is not None and abs(self.skew) > MOST_SKEW:
            raise ClockWrong(minutes=abs(self.skew).total_seconds() / 60)


class Bucket:
    """One bucket, or a part of one under a prefix; keys are ours, without the prefix."""

    def __init__(self, client: S3Client, name: str, *, prefix: str = ""):
        self.client = client
        self.name = name
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.clock = Clock()
        self._keeps_versions: bool | None = None
        client.meta.events.register("after-call.s3", self._answered)

    def _answered(self, *, parsed: Mapping[str, Any], **_kwargs: Any) -> None:
        self.clock.read(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", ""))

    def full(self, key: str) -> str:
        return f"{self.prefix}{key}"

    def head(self, key: str) -> Stat | None:
        try:
            with translated():
                found = self.client.head_object(Bucket=self.name, Key=self.full(key))
        except ObjectMissing:
            return None
        return Stat(
            size=found["ContentLength"],
            etag=found.get("ETag", "").strip('"'),
            version_id=_version(found.get("VersionId")),
            content_type=found.get("ContentType", ""),
            encryption=str(found.get("ServerSideEncryption", found.get("SSECustomerAlgorithm", ""))),
        )

    def delete(self, key: str) -> None:
        """Remove the object with every version and marker; returns when the store shows none."""
        with translated():
            self.client.delete_object(Bucket=self.name, Key=self.full(key))
            for version in self.versions(key):
                self.client.delete_object(Bucket=self.name, Key=self.full(key), VersionId=version)
            if self.versions(key):
                raise StorageUnavailable("The store keeps versions of a deleted file; is the bucket locked?")

    def versions(self, key: str) -> list[str]:
        """Identifiers of every version and delete marker of this very key; empty where the store keeps none."""
        if self._keeps_versions is False:
            return []
        found: list[str] = []
        try:
            pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=self.full(key))
            for page in pages:
                rows = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                found += [row["VersionId"] for row in rows if row["Key"] == self.full(key)]
        except ClientError as error:
            if _status(error) not in {400, 405, 501}:
                raise
            self._keeps_versions = False
        return found

    def list_older_than(self, moment: datetime, *, under: str) -> Iterator[str]:
        with translated():
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.full(under))
            for page in pages:
                for row in page.get("Contents", []):
                    if row["LastModified"] < moment and not row["Key"].endswith(f"/{MARK}"):
                        yield row["Key"].removeprefix(self.prefix)

    def get(
        self, key: str, *, max_bytes: int | None = None, conditions: Mapping[str, str] | None = None
    ) -> Iterator[bytes]:
        """The body in chunks; the request is made, and its length checked, before this returns.

        `conditions` are more arguments of GetObject: IfMatch, VersionId, Range.
        """
        arguments: Any = {"Bucket": self.name, "Key": self.full(key), **(conditions or {})}
        with translated():
            answer = self.client.get_object(**arguments)
        body = answer["Body"]
        if max_bytes is not None and answer["ContentLength"] > max_bytes:
            body.close()
            raise TooManyBytes

        def chunks() -> Iterator[bytes]:
            received = 0
            with closing(body), translated():
                while chunk := body.read(CHUNK):
                    received += len(chunk)
                    if max_bytes is not None and received > max_bytes:
                        raise TooManyBytes
                    yield chunk

        return chunks()

    def probe(self) -> None:
        """Raise StorageUnavailable unless the bucket answers now."""
        try:
            with translated():
                self.client.head_bucket(Bucket=self.name)
        except ObjectMissing as error:
            raise StorageUnavailable("There is no bucket {name}.", name=self.name) from error


class S3Incoming:
    """Uploads: each ticket permits one key, one size, one type, one MD5, for some minutes."""

    PREFIX = "incoming/"

    def __init__(self, bucket: Bucket, *, flags: Capabilities | None = None, method: str = "auto", clean: S3Clean):
        self.bucket = bucket
        self._clean = clean
        self._method = method
        self._flags = flags

    @property
    def flags(self) -> Capabilities:
        """What the store can do; while it does not answer, what every store can."""
        if self._flags is None:
            try:
                self._flags = capabilities.stored(self._clean)
            except StorageUnavailable:
                return Capabilities()
        return self._flags

    @property
    def method(self) -> Method:
        if self._method == "auto":
            return self.flags.method
        return "POST" if self._method == "post" else "PUT"

    def ticket(self, key: str, *, size: int, content_type: str, md5_b64: str, expires_in: timedelta) -> SignedUpload:
        """Signed here, without asking the store; raises ClockWrong when its last answer was from another time."""
        if self.bucket.clock.wants_reading:
            self._read_clock()
        self.bucket.clock.require_right()
        seconds = max(1, int(expires_in.total_seconds()))
        sign = self._post if self.method == "POST" else self._put
        return sign(key, size, content_type, md5_b64, seconds)

    def _put(self, key: str, size: int, content_type: str, md5_b64: str, seconds: int) -> SignedUpload:
        headers = {"Content-Type": content_type, "Content-MD5": md5_b64}
        arguments: dict[str, Any] = {"ContentType": content_type, "ContentMD5": md5_b64, "ContentLength": size}
        if self.flags.if_none_match:
            headers["If-None-Match"] = arguments["IfNoneMatch"] = "*"
        arguments |= {"Bucket": self.bucket.name, "Key": self.bucket.full(key)}
        with translated():
            url = self.bucket.client.generate_presigned_url("put_object", Params=arguments, ExpiresIn=seconds)
        return SignedUpload(method="PUT", url=url, headers=headers)

    def _post(self, key: str, size: int, content_type: str, md5_b64: str, seconds: int) -> SignedUpload:
        fields = {"Content-Type": content_type}
        if self.flags.post_content_md5:
            fields["Content-MD5"] = md5_b64
        conditions: list[Any] = [["content-length-range", size, size], *({name: fields[name]} for name in fields)]
        with translated():
            signed = self.bucket.client.generate_presigned_post(
                self.bucket.name, self.bucket.full(key), Fields=dict(fields), Conditions=conditions, ExpiresIn=seconds
            )
        return SignedUpload(method="POST", url=signed["url"], fields=signed["fields"])

    def _read_clock(self) -> None:
        try:
            self.bucket.probe()
        except StorageUnavailable:
            # Signing needs no store; the upload itself will tell that it is away.
            return

    def head(self, key: str) -> Stat | None:
        return self.bucket.head(key)

    def open_once(self, key: str, *, etag: str, version_id: str = "", max_bytes: int) -> Iterator[bytes]:
        conditions = {"IfMatch": f'"{etag}"'} if etag else {}
        if version_id:
            conditions["VersionId"] = version_id
        return self.bucket.get(key, max_bytes=max_bytes, conditions=conditions)

    def delete(self, key: str) -> None:
        self.bucket.delete(key)

    def list_older_than(self, moment: datetime) -> Iterator[str]:
        return self.bucket.list_older_than(moment, under=self.PREFIX)


class S3Clean:
    """Checked files, private, each under a key of its own."""

    PREFIX = "clean/"

    def __init__(self, bucket: Bucket):
        self.bucket = bucket

    def put(self, key: str, data: bytes, *, content_type: str) -> Stat:
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        with translated():
            done = self.bucket.client.put_object(
                Bucket=self.bucket.name,
                Key=self.bucket.full(key),
                Body=data,
                ContentType=content_type,
                ContentMD5=md5,
                CacheControl="private, no-store",
            )
        return Stat(
            size=len(data),
            etag=done.get("ETag", "").strip('"'),
            version_id=_version(done.get("VersionId")),
            content_type=content_type,
            encryption=str(done.get("ServerSideEncryption", "")),
        )

    def put_file(self, key: str, file: IO[bytes], *, content_type: str) -> None:
        try:
            with translated():
                self.bucket.client.upload_fileobj(
                    file,
                    self.bucket.name,
                    self.bucket.full(key),
                    ExtraArgs={"ContentType": content_type, "CacheControl": "private, no-store"},
                )
        except S3UploadFailedError as error:
            raise StorageUnavailable from error

    def head(self, key: str) -> Stat | None:
        return self.bucket.head(key)

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return iter(())
        whole = start == 0 and end is None
        conditions = {} if whole else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
        return self.bucket.get(key, conditions=conditions)

    def delete(self, key: str) -> None:
        self.bucket.delete(key)

    def list_older_than(self, moment: datetime) -> Iterator[str]:
        return self.bucket.list_older_than(moment, under=self.PREFIX)

    def probe(self) -> None:
        self.bucket.probe()


@lru_cache(maxsize=4)
def client(
    *,
    endpoint_url: str,
    region: str,
    access_key: str,
    secret_key: str,
    addressing: Addressing,
    verify: str | bool | None = None,
) -> S3Client:
    """One client per store and process; boto3 clients may be used by many threads.

    `verify` names a file of authorities besides those of the machine's, or switches the question off.
    """
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=region,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        verify=verify,
        config=Config(
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=10,
            retries={"max_attempts": 3, "mode": "standard"},
            max_pool_connections=32,
            # The new default checksums are headers that several stores refuse.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": addressing},
        ),
    )


def client_from_settings() -> S3Client:
    return client(
        endpoint_url=settings.AWS_S3_ENDPOINT_URL,
        region=settings.AWS_S3_REGION,
        access_key=settings.AWS_ACCESS_KEY_ID,
        secret_key=settings.AWS_SECRET_ACCESS_KEY,
        addressing=settings.S3_ADDRESSING_STYLE,
    )


def clean_from_settings() -> S3Clean:
    return S3Clean(Bucket(client_from_settings(), settings.AWS_S3_BUCKET_NAME, prefix=settings.S3_PREFIX))


def incoming_from_settings() -> S3Incoming:
    return S3Incoming(
        Bucket(client_from_settings(), settings.S3_INCOMING_BUCKET_NAME, prefix=settings.S3_PREFIX),
        method=settings.S3_UPLOAD_METHOD,
        clean=clean_from_settings(),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn the store's errors into ours; what is not about the object means that the store is away."""
    try:
        yield
    except ClientError as error:
        status = _status(error)
        if status == 404:
            raise ObjectMissing from error
        if status == 412:
            raise ObjectChanged from error
        raise StorageUnavailable(
            "The file store refused ({why}). Nothing was changed; `manage.py storage_doctor` says more.",
            why=error.response.get("Error", {}).get("Code", status),
        ) from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable from error


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _version(given: str | None) -> str:
    # Ceph calls the only version of an unversioned object "null".
    return "" if given in {None, "null"} else str(given)
