"""The rules of a time zone as a VTIMEZONE, so that a client need not know its name (RFC 5545 3.6.5).

icalendar draws them too, but says the beginning of summer time in the clock that follows it; the standard wants it in
the clock that goes before, and clients that believe it are an hour wrong for an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from hrassist.lib import local_time

STEP = timedelta(days=7)


def rules(zone_name: str, *, starts_at: datetime, ends_at: datetime) -> Timezone:
    """Every change of the clocks from the year before the meeting to the end of the year after it."""
    there = local_time.zone(zone_name)
    first = datetime(starts_at.year - 1, 1, 1, tzinfo=UTC)
    last = datetime(ends_at.year + 2, 1, 1, tzinfo=UTC)
    component = Timezone()
    component.add("tzid", zone_name)
    began = first.astimezone(there)
    component.add_component(_observance(began, began.utcoffset() or timedelta(), first))
    for at in _changes(zone_name, first, last):
        before = (at - timedelta(seconds=1)).astimezone(there).utcoffset() or timedelta()
        component.add_component(_observance(at.astimezone(there), before, at))
    return component


def _observance(after: datetime, before: timedelta, at: datetime) -> TimezoneStandard | TimezoneDaylight:
    part = TimezoneDaylight() if after.dst() else TimezoneStandard()
    # The wall time of the change, as the clock showed it that was still in force (RFC 5545 3.6.5, "DTSTART").
    part.add("dtstart", (at + before).replace(tzinfo=None))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", after.utcoffset() or timedelta())
    part.add("tzname", local_time.abbreviation(after))
    return part


def _changes(zone_name: str, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments at which the offset changes, to the second."""
    there = local_time.zone(zone_name)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(there).utcoffset()

    at = first
    while at < last:
        low, high = at, at + STEP
        if offset(low) != offset(high):
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            yield high
        at += STEP
