"""What crashes and abandoned uploads leave behind, found and cleared."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from candidates.models import UploadTicket
from candidates.resumes import settling
from hrassist.lib import storage
from hrassist.lib.storage.named import named

logger = logging.getLogger(__name__)

# An upload takes minutes; what is a day old belongs to nobody.
INCOMING_KEPT = timedelta(hours=24)
ORPHANS_REPORTED = timedelta(hours=24)
ORPHANS_KEPT = timedelta(days=7)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: tickets ended, incoming objects deleted, orphans seen and deleted."""

    expired: int
    incoming: int
    orphans: tuple[str, ...]
    deleted: int


def sweep(*, now: datetime, dry_run: bool = False) -> Swept:
    """Expire abandoned tickets, clear old incoming objects, name clean objects without a row and delete old ones."""
    if dry_run:
        expired = UploadTicket.objects.abandoned(now=now).count()
        incoming = len(list(_old_incoming(now)))
        return Swept(expired, incoming, tuple(orphans(older_than=now - ORPHANS_REPORTED)), 0)
    expired = settling.expire_abandoned(now=now)
    old = list(_old_incoming(now))
    for key in old:
        settling.forget(key)
    if isinstance(store := storage.incoming(), storage.DiskIncoming):
        store.sweep_parts(now - INCOMING_KEPT)
    found = tuple(orphans(older_than=now - ORPHANS_REPORTED))
    for key in found:
        logger.warning("The stored object %s belongs to no resume; it is deleted after 7 days.", key)
    gone = list(orphans(older_than=now - ORPHANS_KEPT))
    for key in gone:
        storage.clean().delete(key)
    return Swept(expired, len(old), found, len(gone))


def orphans(*, older_than: datetime) -> Iterator[str]:
    """Keys of clean objects that no row names: a worker died between storing them and writing the row."""
    for keys in _batches(storage.clean().list_older_than(older_than)):
        known = named(keys)
        yield from (key for key in keys if key not in known)


def _old_incoming(now: datetime) -> Iterator[str]:
    for keys in _batches(storage.incoming().list_older_than(now - INCOMING_KEPT)):
        # A confirmed upload is never lost, however long a scanner was away.
        wanted = set(UploadTicket.objects.filter(key__in=keys, state="confirmed").values_list("key", flat=True))
        yield from (key for key in keys if key not in wanted)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while batch := list(islice(left, BATCH)):
        yield batch
