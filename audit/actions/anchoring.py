"""Copying seals and their rows to where this database has no say; what a place misses is copied when it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max

from audit.actions.events import failed
from audit.models import Anchor, Seal
from audit.sealing import anchors
from audit.sealing.anchors import AnchorDiffers, AnchorUnavailable, Place

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
