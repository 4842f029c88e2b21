"""Where files live: an object store, or a folder of this machine; both give out the same tickets.

Keys are the same everywhere: `incoming/{yyyymmdd}/{uuid4}` for what arrives, `clean/{uuid4}` for what was checked.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed

from hrassist.lib.storage.capabilities import Capabilities
from hrassist.lib.storage.contract import (
    CHUNK,
    Clean,
    Incoming,
    Method,
    ObjectChanged,
    ObjectMissing,
    SignedUpload,
    Stat,
    StorageUnavailable,
    TooManyBytes,
)
from hrassist.lib.storage.disk import UPLOAD_PATH, BadTicket, DiskClean, DiskIncoming

__all__ = [
    "CHUNK",
    "UPLOAD_PATH",
    "BadTicket",
    "Capabilities",
    "Clean",
    "DiskClean",
    "DiskIncoming",
    "Incoming",
    "Method",
    "ObjectChanged",
    "ObjectMissing",
    "SignedUpload",
    "Stat",
    "StorageUnavailable",
    "TooManyBytes",
    "clean",
    "forget",
    "incoming",
]


@lru_cache(maxsize=1)
def incoming() -> Incoming:
    """The store that uploads arrive in; one per process."""
    if settings.STORAGE_BACKEND == "s3":
        from hrassist.lib.storage.s3 import incoming_from_settings  # noqa: PLC0415  boto3 takes 0.3 s; disk needs none

        return incoming_from_settings()
    return DiskIncoming(settings.DISK_STORAGE_DIR)


@lru_cache(maxsize=1)
def clean() -> Clean:
    """The store of checked files; one per process."""
    if settings.STORAGE_BACKEND == "s3":
        from hrassist.lib.storage.s3 import clean_from_settings  # noqa: PLC0415  as above

        return clean_from_settings()
    return DiskClean(settings.DISK_STORAGE_DIR)


def forget(**_kwargs: object) -> None:
    """Build both stores anew at the next call: after settings changed in a test, after a probe stored new flags."""
    incoming.cache_clear()
    clean.cache_clear()


setting_changed.connect(forget)
