"""Numbers with their units, however they are written: 70 %, seventy percent, 1.2 million, 1,200,000, twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from jobs.tailoring.facts.clock import in_24_hours
from jobs.tailoring.facts.comparing import AT_LEAST, OR_MORE, TURNS, lasts, more_before
from jobs.tailoring.facts.money import CURRENCIES, in_one_form
from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.spelled import MILLIONS
from jobs.tailoring.facts.tokens import DIGITS, Token, text_at, tokens_of, words_behind
from jobs.tailoring.facts.values import OFTEN, SCALES, UNITS, decimal_of, part_at, scaled, value_at
from jobs.tailoring.facts.words import words


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its unit (empty: a plain count); `more` where the text says that it is more than that."""

    value: Decimal
    unit: str
    more: bool
    written: str
    end: int = 0
    # The words right behind it, to the next stop: what it counts.
    behind: tuple[str, ...] = ()
    # The text behind it, and the two words before.
    tail: str = ""
    before: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands behind it that it counts."""
        return not self.behind or self.behind[0] in _ENDS


_ENDS = words("ends_what_is_counted")


def numbers_in(text: str) -> list[Number]:
    """The numbers a text states, in order. A digit within a word (S3, HTTP2) belongs to the word."""
    # In one case a terabyte in French would be the English word to.
    said = plain(_OCTETS.sub(lambda match: f"{match[1]}b", readable(text)))
    said = _INCHES.sub(" inch ", _DEGREES.sub(" degrees ", _BY.sub(" × ", said)))
    said = in_24_hours(in_one_form(_AREA.sub(" sqm", said)))
    tokens = tokens_of(said)
    found = list(_read(said, tokens))
    # "from 41 to 63 percent", "from 1.8 to 2.6 million": the first shares the unit and the scale of the second.
    for at in range(len(found) - 2, -1, -1):
        one, other = found[at], found[at + 1]
        between = said[one.end : other.end - len(other.written)].strip("$€£ ")
        if not one.unit and (_RANGE.fullmatch(between) or (between == "," and other.unit == "%")):
            found[at] = replace(one, unit=other.unit, value=one.value * _scale_for(one, other))
    # "from 21 days to 9": the second shares the unit of the first, where it counts nothing of its own.
    for at in range(1, len(found)):
        one, other = found[at - 1], found[at]
        between = said[one.end : other.end - len(other.written)]
        if one.unit in (*_SPANS, "%") and not other.unit and other.is_bare and _DOWN_TO.fullmatch(between):
            found[at] = replace(other, unit=one.unit)
    return found


_BY = re.compile(r"(?<=\d) ?(?:[x×]|\b(?:mal|by)\b) ?(?=\d)")
_DEGREES = re.compile(r"° ?[cf]?\b|°|\bdegr(?:ees?|és?) celsius\b|\bgrados? celsius\b|\bgrad celsius\b")
_INCHES = re.compile(r"(?<=\d)\"")
_OCTETS = re.compile(r"(?<=\d )([TGMK])o\b")


# "From 900,000 to 1.2 million": what is as large as that has its own scale.
_FAR = 20


def _scale_for(one: Number, number: Number) -> int:
    """What the first of a range is multiplied by as the digits of the other are: by a million in 1.8 to 2.6 million."""
    digits = re.match(DIGITS, number.written)
    value = decimal_of(digits.group()) if digits else None
    times = number.value / value if value else Decimal(1)
    return int(times) if value and one.value < value * _FAR and times in set(SCALES.values()) else 1


_AREA = re.compile(
    r"(?<=\d)\s*(?:m2|qm|sq\.?\s?m(?:et(?:re|er)s?)?|square\s+met(?:re|er)s?"
    r"|quadratmetern?|mètres? carrés?|metros? cuadrados?)\b"
)


def _read(said: str, tokens: list[Token]) -> Iterator[Number]:
    at = 0
    while at < len(tokens):
        value, after, unit = value_at(said, tokens, at)
        if value is None:
            at += 1
            continue
        # "two and a half years", "3 y media"
        more_of_it, used = part_at(tokens, after)
        if used:
            # "one and a half million", "un million et demi"
            value += more_of_it * (SCALES.get(tokens[after - 1].text, 1) if value >= 1000 else 1)
            value, after, _ = scaled(said, tokens, after + used, value)
        unit, after = _unit_at(said, tokens, at, after, unit)
        if unit == "x" and value and text_at(tokens, after) in _LESS:
            # "deux fois moins de temps"
            value, after = 1 / value, after + 1
        elif unit == "x" and value and _DIVIDED.search(" ".join(token.text for token in tokens[max(0, at - 5) : at])):
            value = 1 / value
        if unit and unit not in ("%", "x") and not used:
            # "a year and a half", "dos toneladas y media"
            more_of_it, used = part_at(tokens, after)
            value, after = value + more_of_it, after + used
        more = more_before(tokens, at) or (after < len(tokens) and tokens[after].kind == "plus" and
                                            tokens[after].start - tokens[after - 1].end <= 1)  # fmt: skip
        if tuple(token.text for token in tokens[after : after + 2]) in OR_MORE:
            more, after = True, after + 2
        more = more or AT_LEAST.match(said, tokens[after - 1].end) is not None
        if after < len(tokens) and tokens[after].kind == "plus":
            after += 1
            unit, after = _unit_at(said, tokens, at, after, unit)
        if unit == "year" and after < len(tokens) and tokens[after].text in ("old", "olds"):
            # How old somebody is, and no time that they worked.
            unit = ""
        if more and (unit in _SPANS or text_at(tokens, after) in TURNS) and lasts(tokens, at, after):
            more = False
        end = tokens[after - 1].end
        yield Number(value.normalize(), unit, more, said[tokens[at].start : end], end,
                     words_behind(said, tokens, after),
                     said[end : end + _TAIL], (text_at(tokens, at - 2), text_at(tokens, at - 1)))  # fmt: skip
        at = after


_TAIL = 90
_LESS = frozenset(("less", "fewer", "moins", "weniger", "menos"))
_DOWN_TO = re.compile(
    r"\s*(?:\w+\s+){0,2}?"
    r"(?:to|down to|auf|à|a|(?:instead of|rather than|statt|au lieu de|en lugar de|en vez de)(?: in| en)?)\s*"
)
_RANGE = re.compile(r"\s*(?:to|and|up to|down to|bis(?: zu)?|auf|und|et|à|au|jusqu'à|y|a|al|hasta(?: el)?|-|/)\s*")
_SPANS = frozenset(("year", "month", "week", "day", "hour"))


def _unit_at(  # noqa: PLR0911
    said: str, tokens: list[Token], at: int, after: int, unit: str
) -> tuple[str, int]:
    if unit:
        return unit, after
    if _BY_FACTOR.search(" ".join(token.text for token in tokens[max(0, at - 5) : at])):
        return "x", after
    if at and tokens[at - 1].kind == "currency":
        return CURRENCIES[tokens[at - 1].text], after
    beside = at and not said[tokens[at - 1].end : tokens[at].start].strip()
    if beside and tokens[at - 1].text in CURRENCIES and len(tokens[at - 1].text) <= 4:
        return CURRENCIES[tokens[at - 1].text], after
    if after >= len(tokens):
        return "", after
    following = tokens[after]
    if following.text == "an" and text_at(tokens, after + 1) in ("der", "die", "das", "dem", "den", "a"):
        # A year in French, and here no unit.
        return "", after
    if (
        following.text in ("times", "fois", "veces", "mal", "x")
        and after + 1 < len(tokens)
        and tokens[after + 1].text in OFTEN
    ):
        # How often, and not by how much.
        return "", after
    if following.text not in UNITS and (inside := _SPAN_INSIDE.fullmatch(following.text)):
        # Arbeitsstunden are hours.
        return UNITS[inside[1]], after + 1
    if following.kind in ("percent", "currency") or following.text in UNITS or following.text in CURRENCIES:
        name = UNITS.get(following.text) or CURRENCIES.get(following.text, "")
        return name, after + 1
    if tokens[after - 1].text in (*MILLIONS, "demi", "medio", "media") and following.text in ("de", "d", "of"):
        # "2.4 millones de soles"
        return (
            (CURRENCIES[text_at(tokens, after + 1)], after + 2)
            if text_at(tokens, after + 1) in CURRENCIES
            else ("", after)
        )
    if (
        following.text in ("per", "pour", "por")
        and after + 1 < len(tokens)
        and tokens[after + 1].text in ("cent", "ciento")
    ):
        return "%", after + 2
    return "", after


_SPAN_INSIDE = re.compile(r"[^\W\d_]{3,}?(stunden|tage|tagen|wochen|monate|monaten|minuten)")
_DIVIDED = re.compile(r"\b(?:divid\w+|divis\w+|divi[sd]é\w*|geteilt)\b.*")
# Multiplied by three, par trois, a factor of ten, den Faktor zehn. What is divided by two is halved: see `_read`.
_BY_FACTOR = re.compile(
    r"\b(?:multipl\w+|divi\w+|geteilt)\b.* ?\b(?:by|par|por|entre|durch|mit)$"
    r"|\b(?:factor(?: of| de)?|faktor|facteur(?: de)?)$"
)
