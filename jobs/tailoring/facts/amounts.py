"""When two amounts are one, and which amounts follow from what a text says."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.numbers import UNITS, Number, numbers_in

# What a unit is in the smallest of its kind: 18 months are a year and a half. A month has no fixed number of days.
_BASE: dict[str, tuple[str, Decimal]] = {
    "decade": ("month", Decimal(120)), "year": ("month", Decimal(12)), "month": ("month", Decimal(1)),
    "fortnight": ("ms", Decimal(14 * 86_400_000)), "week": ("ms", Decimal(7 * 86_400_000)),
    "day": ("ms", Decimal(86_400_000)), "hour": ("ms", Decimal(3_600_000)), "minute": ("ms", Decimal(60_000)),
    "second": ("ms", Decimal(1000)), "ms": ("ms", Decimal(1)),
    "pb": ("kb", Decimal(10**12)), "tb": ("kb", Decimal(10**9)), "gb": ("kb", Decimal(10**6)),
    "mb": ("kb", Decimal(1000)), "kb": ("kb", Decimal(1)),
    "km": ("metre", Decimal(1000)), "metre": ("metre", Decimal(1)),
    "tonne": ("kg", Decimal(1000)), "kg": ("kg", Decimal(1)),
}  # fmt: skip


def same(known: Number, claim: Number) -> bool:
    """Whether two amounts are one: also 90 minutes and 1.5 hours."""
    if known.unit == claim.unit:
        return known.value == claim.value
    one, other = _BASE.get(known.unit), _BASE.get(claim.unit)
    return bool(one and other and one[0] == other[0] and known.value * one[1] == claim.value * other[1])


def implied_in(text: str) -> list[Number]:
    """What follows from the numbers of a text: "an hour" is one, and from 40 to 30 is by 10, by 25 %, to a part."""
    said = plain(text)
    found = [
        Number(Decimal(1), UNITS[match[1]], False, match.group()) for match in _ONE_OF.finditer(said)
    ]  # fmt: skip
    found += [Number(count, "", False, match.group()) for often, count in _A_YEAR for match in often.finditer(said)]
    for match in _CHANGE.finditer(said):
        both = numbers_in(f"{match[1]} to {match[2]}")
        if len(both) < 2 or not both[0].value or both[0].more or both[1].more:
            continue
        one, other = both[0], both[1]
        if one.unit != other.unit and one.unit and other.unit:
            if one.unit not in _BASE or other.unit not in _BASE or _BASE[one.unit][0] != _BASE[other.unit][0]:
                continue
            factor = _BASE[one.unit][1] / _BASE[other.unit][1]
            one = replace(one, value=one.value * factor, unit=other.unit)
        apart = abs(one.value - other.value)
        found += [
            Number(apart.normalize(), other.unit or one.unit, False, match.group()),
            Number((apart / one.value * 100).normalize(), "%", False, match.group()),
            Number((other.value / one.value).normalize(), "x", False, match.group()),
        ]
    return found


_ONE_OF = re.compile(r"\b(?:a|an|per|each|every|one)\s+(year|month|week|day|hour|minute|second|decade)\b")
_A_YEAR = [
    (re.compile(rf"\b(?:{words}|(?:every|each|a|per)\s+{unit})\b"), Decimal(count))
    for words, unit, count in (("quarterly", "quarter", 4), ("monthly", "month", 12), ("weekly", "week", 52))
]
_CHANGE = re.compile(r"\b(?:from|von)\s+([^.;]{1,40}?)\s+(?:to|auf|down to|up to)\s+([^.;]{1,30})")


def codes_in(text: str) -> list[str]:
    """Words that begin with digits and are no number: 3d, 5g, 2nd."""
    return [match.group() for match in _CODE.finditer(plain(text)) if not numbers_in(match.group())]


_CODE = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?[^\W\d_]+(?![\w])")
