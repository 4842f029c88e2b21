"""How the bench makes a faithful line wrong: each operator changes or adds one fact, or has nothing to change."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.bench.facts_operators import (
    ADVERTISED,
    AS,
    AT,
    EMPLOYED,
    FRESH_INVENTIONS,
    INVENTIONS,
    LARGER,
    LED,
    LED_MORE,
    MORE,
    OTHER_NOUN,
    SINCE,
)

if TYPE_CHECKING:
    from jobs.tailoring.facts import Source

NUMBER = re.compile(r"(?<![\w.,/])\d[\d,.]*\d|(?<![\w.,/])\d")


def _number(text: str, factor: float) -> str | None:
    match = NUMBER.search(text)
    if match is None or re.fullmatch(r"(?:19|20)\d\d|7671", match.group()):
        return None
    # 1,200 and 84.000.000 are grouped, 1.1.2024 is a date.
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", match.group()) if match.group().count(".") > 1 else match.group()
    if plain.count(".") > 1:
        return None
    value = float(plain.replace(",", "")) * factor
    written = f"{value:,.0f}" if value == int(value) else f"{value:.1f}"
    return text[: match.start()] + written + text[match.end() :]


def of_another_job(source: Source, evidence: str, language: str) -> dict[str, Callable[[str], str | None]]:
    """Facts of the resume itself, said of a job that they are not of."""
    own = source.skeleton.entry_of.get(evidence)
    here = f"{source.skeleton.label} {source.skeleton.spans[evidence]}"
    if own is not None:
        here += f" {own.position} {own.name} {own.start} {own.end}"

    def other(said: Callable[[Any], str]) -> str | None:
        found = [said(entry) for entry in source.skeleton.work if entry is not own]
        return next((one for one in found if one and one.casefold() not in here.casefold()), None)

    def put(form: str, said: str | None) -> Callable[[str], str | None]:
        return lambda text: form.format(text=text, said=said) if said else None

    return {
        "employer of another job": put(AT[language], other(lambda entry: entry.name)),
        "date of another job": put(SINCE[language], other(lambda entry: entry.start[:4])),
        "title of another job": put(AS[language], other(lambda entry: entry.position if " " in entry.position else "")),
    }


def operators(whole: str, language: str, at: int, *, fresh: bool = False) -> dict[str, Callable[[str], str | None]]:
    """Each with the paraphrase it makes wrong; None where it has nothing to change."""
    foreign = next(one for one in ADVERTISED if one.lower() not in whole.lower())
    year = next(one for one in range(2003, 2012) if str(one) not in whole)

    def unit(text: str) -> str | None:
        changed, count = re.subn(
            r"(?<![\w.,'])(\d+)(?= [a-zà-ÿ])(?! per| to | m²| pour| por | [Pp]ro)", r"\1%", text, count=1
        )
        return changed if count and _number(text, 2) and not _has_unit(text) else None

    def noun(text: str) -> str | None:
        changed, count = re.subn(
            rf"({NUMBER.pattern}) (?:\w*[a-zA-Zà-ÿ]\w*(?: \w+){{0,8}})", rf"\1 {OTHER_NOUN[language]}", text, count=1
        )
        return changed if count and _number(text, 2) and not _has_unit(text) and _counts(text) else None

    def larger(text: str) -> str | None:
        unit = next(
            (one for one in LARGER[language] if one.split()[-2].split("'")[-1].lower() not in whole.lower()), ""
        )
        changed, count = LED[language].subn(rf"\g<1>{unit}", text, count=1)
        return " ".join(changed.split()) if count and unit else None

    found: dict[str, Callable[[str], str | None]] = {
        "double a number": lambda text: _number(text, 2),
        "raise a number a little": lambda text: _number(text, 1.1),
        "number into percent": unit,
        "the number of something else": noun,
        LED_MORE: larger,
        "swap employer": lambda text: EMPLOYED[language].format(text=text),
        "shift a date": lambda text: SINCE[language].format(text=text, said=year),
        "add a skill of the advertisement": lambda text: f"{text} (Skill: {foreign})",
        "add two skills": lambda text: f"{text} ({foreign}, GraphQL)",
        "more than": lambda text: (
            re.sub(NUMBER, rf"{MORE[language]} \g<0>", text, count=1) if _number(text, 2) else None
        ),
    }
    for one in (*INVENTIONS, *(FRESH_INVENTIONS if fresh else ())):
        # Who has a doctorate, or names a company, invents none.
        turns = [turn for turn in range(at, at + 6) if not one.stands_in(whole, language, turn)]
        if turns:
            found[one.kind] = functools.partial(one.put, language=language, at=turns[0])
    return found


def _counts(text: str) -> bool:
    """Whether the first number in digits may count things: a time of day, a year, one or the 3 of DC-3 does not."""
    first = NUMBER.search(text)
    if first is None or re.fullmatch(r"1|(?:19|20)\d\d", first.group()):
        return False
    return text[first.end() : first.end() + 1] not in (":", "h") and not _WHICH_ONE.search(text[: first.start()])


# Sage 300, level 2, DC-3: which one it is.
_WHICH_ONE = re.compile(r"(?:\b(?:[Ll]evel|Sage|Java|Windows|Qt|ISO|[Gg]rade|Klasse|Linie)|[-+/:]) ?$")


def _has_unit(text: str) -> bool:
    """Whether the first number in digits counts no things: it is money, a share or a time."""
    from jobs.tailoring.facts.numbers import numbers_in

    first = NUMBER.search(text)
    return first is None or any(one.unit and first.group() in one.written for one in numbers_in(text))
