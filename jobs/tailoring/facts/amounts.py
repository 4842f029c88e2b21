"""When two amounts are one, in what units a bare number may be read, and words of digits that are no amounts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from jobs.tailoring.facts.money import same_money
from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.numbers import Number, numbers_in

# What a unit is in the smallest of its kind: 18 months are a year and a half. A month has no fixed number of days.
BASE: dict[str, tuple[str, Decimal]] = {
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
    if known.unit == claim.unit or same_money(known.unit, claim.unit):
        return known.value == claim.value
    if {(known.value, known.unit), (claim.value, claim.unit)} == {(Decimal(15), "day"), (Decimal(2), "week")}:
        # Quinze jours are a fortnight.
        return True
    one, other = BASE.get(known.unit), BASE.get(claim.unit)
    return bool(one and other and one[0] == other[0] and known.value * one[1] == claim.value * other[1])


def shares(unit: str) -> bool:
    """Whether a number that stands bare beside one of this unit may be of it too."""
    return unit not in ("", "x", "vague", "few", "decades")


def readings(number: Number, others: Iterable[Number]) -> list[Number]:
    """What a number of a text may be: where it counts nothing of its own, also of what another number there is."""
    units = {one.unit for one in others if shares(one.unit)} if not number.unit and number.is_bare else set()
    return [number, *(replace(number, unit=unit) for unit in sorted(units))]


def codes_in(text: str) -> list[str]:
    """Words of letters and digits that are no number: 3d, 5g, 2nd, and s2, part-2, covid-19."""
    said = plain(text)
    begun = [match.group() for match in _CODE.finditer(said) if not numbers_in(match.group())]
    return begun + [match.group() for match in _ENDING.finditer(said) if match.group() not in _AREAS]


_AREAS = frozenset(("m2", "m3", "km2", "cm2"))


def has_code(code: str, text: str) -> bool:
    """Whether a text has the word, whatever stands between its letters and digits: python3, Python 3, Python-3."""
    return _SET_APART.sub("", plain(code)) in _SET_APART.sub("", plain(text))


_ENDING = re.compile(r"(?<![\w.,@/-])[^\W\d_]{1,12}-?\d{1,4}(?![\w@]|[.,]\d)")
_SET_APART = re.compile(r"[\s-]+")
_CODE = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?[^\W\d_]+(?![\w])")
