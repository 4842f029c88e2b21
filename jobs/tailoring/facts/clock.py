"""Times of day in one form: 7.30 p.m., half past seven in the evening and 19h30 are 19:30."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.spelled import german, small

_AM, _PM = r"a\.? ?m\b\.?", r"p\.? ?m\b\.?"
_LATE = (
    r"(?:in the (?:afternoon|evening)|at night|de la (?:tarde|noche)|de l'après-midi|du soir|nachmittags|abends"
    r"|am (?:nachmittag|abend))\b"
)
_EARLY = r"(?:in the morning|de la (?:mañana|madrugada)|du matin|morgens|früh|vormittags|am morgen)\b"
_HOUR = r"(?<![\d.,:])(\d{1,2})(?:[.:h](\d{2}))?"
_BOTH_LATE = re.compile(rf"{_HOUR}( ?(?:to|until|till|and|-|–|a|à|y|bis) ?){_HOUR} ?(?:{_PM}|(?:{_LATE}))")
_MERIDIEM = re.compile(rf"{_HOUR} ?(?:(?P<late>{_PM}|(?:{_LATE}))|{_AM}|(?:{_EARLY}))")
_HALF_PAST = re.compile(r"\bhalf past (\w+)")
_HALB = re.compile(r"\bhalb (\w+)\b(?= ?(?:uhr|morgens|abends|nachmittags|früh)?\b)")
_OCLOCK = re.compile(
    r"(?<![\d.,:])(\d{1,2})(?:[.:](\d{2}))? ?uhr(?: (\d{2}))?\b|(?<![\d.,:])(\d{1,2})\.([0-5]\d) ?h\b"
    r"|(?<![\d.,:])(?P<hours>\d{1,2}) ?h ?(?P<minutes>[0-5]\d)\b(?! ?min)"
)
_FULL_HOUR = re.compile(r"(?<=\d):00(?![\d:])")
_MIDNIGHT = re.compile(r"(?<![^\W_])(?:midnight|minuit|mitternacht|medianoche)(?![^\W_])")
_CLOCK = re.compile(
    rf"\d:[0-5]\d|\d ?h\b|\d ?(?:{_AM}|{_PM})|\buhr\b|o'clock|\b(?:{_LATE}|{_EARLY})"
    r"|\b(?:half past|quarter (?:past|to)|noon|midnight|midday|midi|minuit|mittags?|mitternacht|mediodía|medianoche)\b"
)
_NOON = re.compile(r"(?<![^\W_])(?:noon|midday|midi|mittags?|mediodía)(?![^\W_])")


def in_24_hours(said: str) -> str:
    """A text in one case with each time of day as hours and minutes of 24; on the hour the minutes are left out."""
    said = _HALF_PAST.sub(lambda match: _half(match, small(match[1]), 0), said)
    said = _HALB.sub(lambda match: _half(match, german(match[1]), -1), said)
    said = _OCLOCK.sub(_oclock, said)
    said = _BOTH_LATE.sub(_both, said)
    said = _MERIDIEM.sub(lambda match: _written(match[1], match[2], late=bool(match["late"])), said)
    return _MIDNIGHT.sub("0", _NOON.sub("12", _FULL_HOUR.sub("", said)))


def is_same_time(hour: Decimal, text: str, hours: Iterable[Decimal], known: str) -> bool:
    """Whether both texts tell of times of day and the hour is one of the hours, on a clock of twelve."""
    return (
        hour <= _DAY
        and bool(_CLOCK.search(plain(text)) and _CLOCK.search(plain(known)))
        and any(one <= _DAY and one % _FACE == hour % _FACE for one in hours)
    )


_DAY, _FACE = 24, 12


def _oclock(match: re.Match[str]) -> str:
    if match["hours"]:
        # 2 h 15 may be as long as that.
        return f"{_written(match['hours'], match['minutes'])} h"
    return _written(match[1] or match[4], match[2] or match[3] or match[5])


def _half(match: re.Match[str], hour: int | None, back: int) -> str:
    return f"{hour + back}:30" if hour and hour <= 12 else match.group()


def _both(match: re.Match[str]) -> str:
    first, second = int(match[1]), int(match[4])
    return _written(match[1], match[2], late=first < second) + match[3] + _written(match[4], match[5], late=True)


def _written(hour: str, minutes: str | None, *, late: bool = False) -> str:
    value = int(hour) + (12 if late and int(hour) < 12 else 0)
    return f"{value}:{minutes}" if minutes and minutes != "00" else str(value)
