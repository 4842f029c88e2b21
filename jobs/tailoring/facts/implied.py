"""Amounts that nobody wrote and that follow from a text: zweimal, every fourth week, one in ten, from 40 to 30."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from jobs.tailoring.facts.amounts import BASE, shares
from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.numbers import Number, numbers_in
from jobs.tailoring.facts.ordinals import ordinals_in, romans_in
from jobs.tailoring.facts.spelled import german, small
from jobs.tailoring.facts.values import UNITS
from jobs.tailoring.facts.words import words


def implied_in(text: str) -> list[Number]:
    """What follows from the numbers of a text: "an hour" is one, and from 40 to 30 is by 10, by 25 %, to a part."""
    said = plain(text)
    return [
        *_single(said),
        *_in_a_row(said),
        *_in_one_word(said),
        *(part for _, _, part in shares_in(said)),
        *(Number(Decimal(value), "", False, written) for value, written in romans_in(text)),
        *_sharing_units(said),
        *_periods(said),
        *_changes(said),
    ]


def _single(said: str) -> Iterator[Number]:
    """An hour, from two weeks to one; one week in five is five weeks, and in one day instead of three three days."""
    for pattern in (_ONE_OF, _TO_ONE):
        for match in pattern.finditer(said):
            if UNITS.get(match[1]) in BASE:
                yield Number(Decimal(1), UNITS[match[1]], False, match.group())
    for pattern in (_ONE_IN, _ONE_INSTEAD):
        for match in pattern.finditer(said):
            if UNITS.get(match[1]) in BASE:
                # What counts something of its own is of that.
                yield from (replace(one, unit=UNITS[match[1]]) for one in numbers_in(match[2]) if not one.unit)


def _in_a_row(said: str) -> Iterator[Number]:
    """Every fourth week is every four weeks, every other one every two, and working day 6 the 6th."""
    for value, written, of in ordinals_in(said):
        for unit in {"", "week" if of in _WEEKDAYS else UNITS.get(of, "")}:
            yield Number(Decimal(value), unit, False, written)
    for match in _EVERY_OTHER.finditer(said):
        of = match[1] or match[2]
        if of in _WEEKDAYS or UNITS.get(of) in BASE:
            yield Number(Decimal(2), UNITS.get(of, "week"), False, match.group())


def _in_one_word(said: str) -> Iterator[Number]:
    """Zweimal, sechsköpfig, dreijährig, zu dritt, en binôme."""
    for match in _SO_OFTEN.finditer(said):
        if often := small(match[1]) or german(match[1]):
            yield Number(Decimal(often), "", False, match.group())
    for match in _BEGINNING.finditer(said):
        if value := german(match[1]):
            unit = next((unit for of, unit in _LASTING if match[2].startswith(of)), "")
            yield Number(Decimal(value), unit, False, match.group())
    for match in _OF_US.finditer(said):
        yield Number(Decimal(2 + _TOGETHER.index(match[1])), "", False, match.group())
    for match in _TWO.finditer(said):
        yield from (Number(Decimal(2), unit, False, match.group()) for unit in ("", "x"))


def _changes(said: str) -> Iterator[Number]:
    """From 40 to 30: by 10, by 25 %, to three quarters."""
    for match in _CHANGE.finditer(said):
        both = numbers_in(f"{match[1]} to {match[2]}")
        if len(both) < 2 or not both[0].value or both[0].more or both[1].more:
            continue
        one, other = both[0], both[1]
        if one.unit != other.unit and one.unit and other.unit:
            if one.unit not in BASE or other.unit not in BASE or BASE[one.unit][0] != BASE[other.unit][0]:
                continue
            factor = BASE[one.unit][1] / BASE[other.unit][1]
            one = replace(one, value=one.value * factor, unit=other.unit)
        apart = abs(one.value - other.value)
        yield Number(apart.normalize(), other.unit or one.unit, False, match.group())
        yield Number((apart / one.value * 100).normalize(), "%", False, match.group())
        yield Number((other.value / one.value).normalize(), "x", False, match.group())


def _sharing_units(said: str) -> list[Number]:
    """In 5 working days, before it was 11: a number that counts nothing of its own may be of what another one is."""
    found = []
    for line in said.split("|"):
        numbers = numbers_in(line)
        units = {one.unit for one in numbers if shares(one.unit)}
        found += [replace(one, unit=unit) for one in numbers if not one.unit and one.is_bare for unit in units]
    return found


# Every quarter is every three months, four times a year.
_PERIODS = [
    (re.compile(rf"(?<![^\W_])(?:{period})(?![^\W_])"), Decimal(count), unit)
    for period, count, unit in (
        (r"fortnight\w*|biweekly|quincen\w+|quinzaine|bimensuel\w*|vierzehntäg\w*|zweiwöch\w*", 2, "week"),
        (r"quarter(?:s|ly)?|trimestr\w*|quartal\w*|vierteljähr\w*", 3, "month"),
        (r"half-?year\w*|semest\w+|halbjähr\w*|halbjahr\w*", 6, "month"),
        (r"weekly|week|wöchentlich\w*|woche|hebdomadaire\w*|semaine|semanal\w*|semana", 1, "week"),
        (r"monthly|month|monatlich\w*|monat|mensuel\w*|mois|mensual\w*|mes", 1, "month"),
        (r"yearly|annual\w*|year|jährlich\w*|jahr|annuel\w*|an|année|anual\w*|año", 12, "month"),
    )
]
_EVERY = re.compile(
    r"\b(?:every|alle?|tou(?:s|tes) les|cada) "
    r"(?=(\w+) (?:months?|monate|mois|meses|weeks?|wochen|semaines|semanas)\b)"
)
_TWO = re.compile(
    r"(?<![^\W_])(?:binômes?|en duo|tandems?|zu zweit|in pairs?|en pareja"
    r"|duplicat\w*|doppelt\w*|doublons?|duplicad\w*)(?![^\W_])"
)
_BEGINNING = re.compile(
    r"(?<![^\W_])(zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|fünfzehn|zwanzig|dreissig)([^\W\d_]{4,})"
)
_LASTING = (("jähr", "year"), ("monat", "month"), ("wöch", "week"), ("täg", "day"), ("stünd", "hour"))
# Zu dritt.
_TOGETHER = ("zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht")
_OF_US = re.compile(rf"\bzu ({'|'.join(_TOGETHER)})(?![^\W_])")
_WEEKDAYS = words("weekdays")


_OUT_OF = re.compile(
    r"\b((?:\w+\s+){1,3})(?=(?:in|out of|of every|sur|de cada)\s+(\w+)\b)|\b(\w+\s+)(?=(?:von|aus)\s+(\w+)\b)"
)
_ONES = frozenset(("one", "1", "un", "une", "uno", "una", "ein", "eine", "einer"))


def shares_in(said: str) -> list[tuple[int, Decimal, Number]]:
    """So many of so many, each with the part of a hundred that they are: one in ten is ten percent."""
    found: list[tuple[int, Decimal, Number]] = []
    for match in _OUT_OF.finditer(said):
        count = next(
            (
                1 if one in _ONES else small(one)
                for one in (match[1] or match[3]).split()[::-1]
                if one in _ONES or small(one)
            ),
            0,
        )
        found += [
            (count, of.value, replace(of, value=Decimal(100 * count) / of.value, unit="%"))
            for of in numbers_in(match[2] or match[4])
            if count and of.value > count
        ]
    return found


_MOST_BETWEEN = 12
_STEPS = re.compile(r"\s*(?:to|bis|à|a|-|–|and|und|et|y)\s*")


def is_step(number: Number, others: Iterable[Number], known: str) -> bool:
    """Whether a number is one of those between two that a text states, told with its neighbours: 10, 11 and 12."""
    told = {one.value for one in others}
    return {number.value - 1, number.value + 1} <= told and number.value in _between(plain(known))


def _between(said: str) -> set[Decimal]:
    """Grades 10 to 12 are 10, 11 and 12."""
    found: set[Decimal] = set()
    numbers = numbers_in(said)
    for one, other in itertools.pairwise(numbers):
        whole = one.value == int(one.value) and other.value == int(other.value) and one.unit == other.unit
        steps = range(int(one.value) + 1, int(other.value)) if whole else range(0)
        if len(steps) < _MOST_BETWEEN and _STEPS.fullmatch(said[one.end : other.end - len(other.written)]):
            found |= {Decimal(step) for step in steps}
    return found


def _periods(said: str) -> list[Number]:
    found = [
        Number(count, unit, False, match.group())
        for pattern, count, unit in _PERIODS
        for match in pattern.finditer(said)
    ]
    found += [Number(count, "", False, match.group()) for often, count in _A_YEAR for match in often.finditer(said)]
    for match in _EVERY.finditer(said):
        for one in numbers_in(said[match.start(1) :])[:1]:
            months = 12 if one.unit == "month" else 52
            if one.value and months % one.value == 0:
                found.append(Number(months / one.value, "", False, match.group()))
    return found


_ONE_OF = re.compile(
    r"\b(?:an?|per|each|every|one|eine?[rnms]?|pro|jede[rnms]?|une?|par|chaque|una?|por|cada|al)\s+([^\W\d_]+)\b"
)
# One week in five, una semana de cada cinco.
_ONE_IN = re.compile(
    r"\b(?:an?|one|eine?[rnms]?|une?|una?|1)\s+([^\W\d_]+)\s+(?:in|out of|of|von|aus|sur|de cada)\s+(\w+)"
)
_EVERY_OTHER = re.compile(
    r"\b(?:every other|every second|alternate|jede[rnms]? zweite[rnms]?) ([^\W\d_]+?)s?\b"
    r"|\bune? ([^\W\d_]+?)s? sur deux\b"
)
_SO_OFTEN = re.compile(r"\b(\w+)mal\b")
# From two weeks to one, von 3 Tagen auf einen.
_TO_ONE = re.compile(
    r"\b(\w+) (?:(?:down )?to|instead of|auf|statt|à|au lieu d'|a|en lugar de) ?(?:in )?"
    r"(?:one|eine[mnr]?|une?|un[oa])\b(?! [^\W\d_])"
)
_ONE_INSTEAD = re.compile(
    r"\b(?:an?|one|eine[mnr]?|ein|une?|una?) (\w+) (?:instead of|rather than|statt|au lieu de|en lugar de|en vez de) "
    r"(?:in |en )?(\w+)\b(?! [^\W\d_])"
)
_A_YEAR = [
    (re.compile(rf"\b(?:{words}|(?:every|each|a|per)\s+{unit})\b"), Decimal(count))
    for words, unit, count in (("quarterly", "quarter", 4), ("monthly", "month", 12), ("weekly", "week", 52))
]
_CHANGE = re.compile(r"\b(?:from|von)\s+([^.;]{1,40}?)\s+(?:to|auf|down to|up to)\s+([^.;]{1,30})")
