"""Copying seals and their rows to where this database has no say; what a place misses is copied when it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from audit.actions.events import failed
from audit.models import Anchor, Seal
from audit.sealing import anchors
from audit.sealing.anchors import AnchorDiffers, AnchorUnavailable, Place
from audit.sealing.body import Signed
from audit.sealing.keys import Ring

logger = logging.getLogger(__name__)


def copy_all(*, places: Sequence[Place] | None = None, most_seconds: float = 30) -> dict[str, int]:
    """Copy what each place lacks, oldest first; the number of copies by place. A place that is down is left for later.

    Seals are made without any place: a trail that waited for one would end with it.
    """
    made: dict[str, int] = {}
    for place in anchors.configured() if places is None else places:
        began = time.monotonic()
        made[place.name] = 0
        for seal in _missing(place):
            if time.monotonic() - began > most_seconds:
                break
            try:
                place.put(seal.seq, anchors.copy_of(seal))
            except AnchorUnavailable as error:
                logger.warning("audit: seal %s is not copied: %s", seal.seq, error.message)
                break
            except AnchorDiffers as error:
                logger.error("audit: %s", error.message)
                if _is_news(place, seal):
                    failed("seal.anchor_differs", reason_code=error.code, seal=seal.seq, place=place.name)
                break
            try:
                with transaction.atomic():
                    Anchor.objects.create(place=place.name, seq=seal.seq)
            except IntegrityError:
                # Another process copied it at the same moment.
                continue
            made[place.name] += 1
    return made


def behind(place: Place) -> int:
    """How many seals a place lacks."""
    newest = Seal.objects.aggregate(newest=Max("seq"))["newest"] or 0
    return int(newest - _copied(place))


def newest(place: Place, *, ring: Ring, until: datetime | None = None) -> Signed | None:
    """The last seal of which a place has a copy that one of these keys signed, or the last one up to a moment."""
    numbers = list(place.numbers())
    low, high = 0, len(numbers)
    while until is not None and low < high:
        middle = (low + high) // 2
        seal = _genuine(place, numbers[middle], ring)
        if seal is not None and seal.sealed_at <= until:
            low = middle + 1
        else:
            high = middle
    behind = reversed(numbers if until is None else numbers[:low])
    return next((seal for seq in behind if (seal := _genuine(place, seq, ring)) is not None), None)


def _genuine(place: Place, seq: int, ring: Ring) -> Signed | None:
    data = place.get(seq)
    try:
        seal, _rows = anchors.unpack(data or b"")
    except ValueError:
        return None
    return seal if ring.verifies(seal.key_id, seal.message(), seal.signature) else None


def _copied(place: Place) -> int:
    return Anchor.objects.filter(place=place.name).aggregate(newest=Max("seq"))["newest"] or 0


def _missing(place: Place) -> Sequence[Seal]:
    return list(Seal.objects.filter(seq__gt=_copied(place)).order_by("seq")[:1000])


_told: set[tuple[str, int]] = set()


def _is_news(place: Place, seal: Seal) -> bool:
    """Once for each process: it is tried again every minute."""
    known = (place.name, seal.seq) in _told
    _told.add((place.name, seal.seq))
    return not known
