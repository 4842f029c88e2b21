"""Times as people say them: a date and a time of day in a named zone, and what is wrong with some of them."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hrassist.lib.errors import DomainError


class NoSuchZone(DomainError):
    """The name is not one of the time zone database."""

    code = "no_such_zone"
    default_message = "There is no time zone {zone!r}. Name it as Europe/Berlin or America/New_York."


class NoSuchTime(DomainError):
    """The clocks jump over it."""

    code = "no_such_time"
    default_message = "On {day} the clocks in {zone} go forward: there is no {wall}. Choose a time before or after it."


class TwiceThatTime(DomainError):
    """The clocks go back over it, so it happens twice."""

    code = "twice_that_time"
    default_message = (
        "On {day} the clocks in {zone} go back, so {wall} comes twice: first as {first}, then as {second}. "
        "Say which one is meant."
    )


@cache
def names() -> tuple[str, ...]:
    """The zones that people live in, in alphabetical order; UTC first."""
    kept = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(_NOT_PLACES))
    return ("UTC", *kept)


_NOT_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


def zone(name: str) -> ZoneInfo:
    """The zone of this name. Raises NoSuchZone."""
    if name not in _known():
        raise NoSuchZone(zone=name[:64])
    return ZoneInfo(name)


def or_utc(name: str) -> str:
    """The name if it is one; an account may carry one that was never checked."""
    return name if name in _known() else "UTC"


@cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def moment(day: date, at: time, *, zone_name: str, which: str = "") -> datetime:
    """That time of day there, in UTC. `which` is first or second where the clocks go back over it.

    Raises NoSuchZone, NoSuchTime, TwiceThatTime.
    """
    there = zone(zone_name)
    first, second = (datetime.combine(day, at, tzinfo=there).replace(fold=fold) for fold in (0, 1))
    said: dict[str, Any] = {"day": f"{day.day} {day:%B %Y}", "zone": zone_name, "wall": f"{at:%H:%M}"}
    # A wall time that a round trip through UTC changes is one that no clock there shows.
    if first.astimezone(UTC).astimezone(there).replace(tzinfo=None) != first.replace(tzinfo=None):
        raise NoSuchTime(**said)
    if first.utcoffset() != second.utcoffset():
        if which not in {"first", "second"}:
            raise TwiceThatTime(**said, first=abbreviation(first), second=abbreviation(second))
        return (first if which == "first" else second).astimezone(UTC)
    return first.astimezone(UTC)


def read(text: str) -> datetime | None:
    """The moment that a hidden field of a form holds, as `isoformat` writes it; None for anything else."""
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def instant(text: str) -> datetime | None:
    """What somebody wrote as a moment, of the installation's own zone where it names none; None for anything else."""
    found = read(text)
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found


def abbreviation(there: datetime) -> str:
    """CET · UTC+5:30 where the zone has no letters."""
    name = there.tzname() or ""
    if name[:1].isalpha():
        return name
    offset = there.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def span(starts_at: datetime, ends_at: datetime, *, zone_name: str, with_place: bool = True) -> str:
    """Tue 1 Dec 2026, 10:00–10:45 CET (Europe/Berlin)."""
    there = zone(zone_name)
    begin, end = starts_at.astimezone(there), ends_at.astimezone(there)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%a} {end.day} {end:%b}, {end:%H:%M}"
    # The name of the city is what people know; UTC needs none.
    place = f" ({zone_name})" if with_place and zone_name != "UTC" else ""
    return f"{begin:%a} {begin.day} {begin:%b %Y}, {begin:%H:%M}–{until} {abbreviation(begin)}{place}"


def same_clock(one: str, other: str, *, at: datetime) -> bool:
    """Whether clocks in both zones show the same at this moment."""
    return at.astimezone(zone(one)).utcoffset() == at.astimezone(zone(other)).utcoffset()
