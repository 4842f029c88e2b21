"""The object that says to which environment a folder of a bucket belongs, and that no stranger may be able to read.

One lies among the files that arrive and one among those that were checked: whatever lets strangers read files there
lets them read it as well, and it says nothing about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings

from hrassist.lib.storage.contract import MARK, ObjectMissing
from hrassist.lib.storage.s3 import Bucket, S3Clean, S3Incoming, client_from_settings, translated

_BEGINS = "hrassist: "
# Somebody was quicker: the object is there by now, or is being written.
_TAKEN = {409, 412}
# The store knows no If-None-Match: of two that write at once the last one stays, and both read what stayed.
_UNKNOWN = {400, 501}


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a bucket in which files lie."""

    bucket: Bucket
    folder: str

    @property
    def key(self) -> str:
        return f"{self.folder}{MARK}"

    @property
    def name(self) -> str:
        """As a person would look for it."""
        return f"{self.bucket.name}/{self.bucket.full(self.folder)}".rstrip("/")

    def owner(self) -> str:
        """The environment that it belongs to; empty where nobody marked it. Raises StorageUnavailable."""
        try:
            content = b"".join(self.bucket.get(self.key))
        except ObjectMissing:
            return ""
        return content[:100].decode(errors="replace").strip().removeprefix(_BEGINS)

    def claimed(self, *, environment: str) -> str:
        """Whose it is, after it was marked for this environment unless it is somebody's. Raises StorageUnavailable."""
        if found := self.owner():
            return found
        with translated():
            try:
                self._put(environment, IfNoneMatch="*")
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if status in _UNKNOWN:
                    self._put(environment)
                elif status not in _TAKEN:
                    raise
        return self.owner()

    def mark(self, *, environment: str) -> None:
        """Make it this environment's, whosever it was. Marked again it counts as new for rules that expire the old."""
        with translated():
            self._put(environment)

    def _put(self, environment: str, **conditions: Any) -> None:
        self.bucket.client.put_object(
            Bucket=self.bucket.name,
            Key=self.bucket.full(self.key),
            Body=f"{_BEGINS}{environment}\n".encode(),
            ContentType="text/plain",
            CacheControl="private, no-store",
            **conditions,
        )


def places() -> tuple[Place, Place]:
    """Where uploads arrive and where checked files lie, by the settings; both may be in one bucket."""
    store, prefix = client_from_settings(), settings.S3_PREFIX
    return (
        Place(Bucket(store, settings.S3_INCOMING_BUCKET_NAME, prefix=prefix), S3Incoming.PREFIX),
        Place(Bucket(store, settings.AWS_S3_BUCKET_NAME, prefix=prefix), S3Clean.PREFIX),
    )
