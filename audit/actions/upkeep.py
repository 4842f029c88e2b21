"""What the worker does for the trail every minute: seal, copy, watch clock and settings, and say what is wrong."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from audit.actions import anchoring, pushing, seals, settings_watch
from audit.actions.events import failed
from audit.models import Feed, Seal
from audit.sealing import anchors, keys
from audit.sealing.keys import BadKey, NoKey

logger = logging.getLogger(__name__)

MOST_SKEW = timedelta(seconds=30)
# What stays wrong is put on record again after this time.
AGAIN = timedelta(hours=6)
MOST_BEHIND = 5


def every_minute() -> None:
    """All of it; no part that fails keeps the others from being done."""
    settings_watch.notice_changes()
    try:
        seals.seal_all()
    except (NoKey, BadKey) as error:
        logger.error("audit: nothing is sealed: %s", error.message)
    anchoring.copy_all()
    pushing.push_all()
    for kind, text in troubles():
        _alarm(kind, text)


def troubles() -> list[tuple[str, str]]:
    """What is wrong with the trail now: a short name and a sentence."""
    found: list[tuple[str, str]] = []
    try:
        keys.configured()
    except (NoKey, BadKey) as error:
        found.append(("no_key", error.message))
    late = seals.lag()
    if late.is_late:
        found.append(
            (
                "late",
                f"The audit trail was last sealed {late.seconds / 60:.0f} minutes ago; {late.unsealed} events wait.",
            )
        )
    feed = Feed.objects.filter(failures__gt=MOST_BEHIND).first()
    if feed is not None:
        found.append(("push", f"Sealed events are not taken since {feed.failures} tries: {feed.last_error}"))
    if not Seal.objects.exists():
        return found
    for place in anchors.configured():
        behind = anchoring.behind(place)
        if behind > MOST_BEHIND:
            found.append((f"anchor:{place.name}", f"{behind} seals are not copied to {place.name} yet."))
    skew = clock_skew()
    if abs(skew) > MOST_SKEW:
        found.append(
            ("clock", f"This machine's clock and the database's differ by {skew.total_seconds():.0f} seconds.")
        )
    return found


def clock_skew() -> timedelta:
    """How far this machine's clock is ahead of the database's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return timezone.now() - theirs


def _alarm(kind: str, text: str) -> None:
    """Put it on record, once in six hours while it lasts; the security page tells the operators."""
    logger.error("audit: %s", text)
    if not cache.add(f"audit-alarm-{kind}", 1, AGAIN.total_seconds()):
        return
    if kind == "clock":
        failed("clock.skewed", reason_code="skew", seconds=int(clock_skew().total_seconds()))
    elif kind == "late":
        failed("seal.late", reason_code="late")
