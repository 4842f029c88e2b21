"""What a number counts: the right number with another noun is another statement."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from jobs.tailoring.facts.normalise import alike, plain
from jobs.tailoring.facts.words import SYNONYMS, words

if TYPE_CHECKING:
    from jobs.tailoring.facts.numbers import Number
    from jobs.tailoring.facts.source import Facts

_SMALL = words("small_words")
_SPANS = ("year", "month", "decade")
# Years of what, in what, with what: "eight years of experience in payments".
_OF = re.compile(
    r"^\s*(?:(?:of|de|d'|an)?\s*(?:\w+\s+)?(?:experience|erfahrung|expérience|experiencia|berufserfahrung)\s+)?"
    r"(?:of|in(?! (?:a|the) (?:row|succession|run)\b)|with|as|mit|im|in der|als|en|dans|avec|con|de|d')\s+([^,.;:|()]+)"
)


# Where what is counted ends: 1.2 million with the service.
_ENDS = words("ends_what_is_counted")


_NEXT = frozenset(("each", "every", "the", "a", "an", "jede", "jeden", "jeder", "chaque", "cada"))
_INSTEAD = re.compile(
    r"^\s*(?:statt|anstatt|anstelle von|instead of|rather than|au lieu de|en lugar de|en vez de)\s+\S+([^.;]*)"
)
_OF_THEM, _TO = frozenset(("of", "von", "de")), frozenset(("to", "auf", "bis", "à", "au", "a", "al", "hasta"))
_NO_LABELS = tuple((word,) for word in (*_TO, "times", "mal", "fois", "veces"))
_IN_PLACE = frozenset(("instead", "lieu", "lugar", "vez"))


def _telling(said: Sequence[str]) -> list[str]:
    return [word for word in said if word not in _SMALL and len(word) > 2]


def _counted(number: Number) -> list[str]:
    # What is counted comes first, and ends where the next thing begins: 450 laptops each school year.
    first = list(itertools.takewhile(lambda word: word not in _ENDS, number.behind))
    return _telling([*first[:1], *itertools.takewhile(lambda word: word not in _NEXT, first[1:])])[:3]


def counts(claim: Number, known: Number, text: str, line: Facts) -> bool:
    """Whether a number of the text counts what the number of the line counts."""
    if claim.unit not in ("", "vague", "few"):
        return True
    behind, known_behind = _counted(claim), _counted(known)
    is_label = known.is_bare and not known.unit and known.behind[:1] not in _NO_LABELS
    if is_label and _label(known) and _label(claim) == _label(known):
        # Line 4, Windows 10: which one it is, and no number of anything.
        return True
    if claim.behind[:1] and claim.behind[0] in _abbreviations(known):
        return True
    if instead := _INSTEAD.match(claim.tail):
        # "5 instead of 12 complaints": both count one thing.
        behind = _telling(re.findall(r"[^\W\d_]+", instead[1]))[:3]
    goes_on = bool(claim.behind) and claim.behind[0] in _TO
    if (
        not behind
        and not goes_on
        and claim.before[1:]
        and claim.before[1] in _OF_THEM
        and claim.before[0] not in _IN_PLACE
    ):
        # a team of 6; "fell from 9 to 3" is none
        behind = _telling(claim.before[:1])
    if behind:
        # A team of six are six people.
        of_people = known.is_bare and not known_behind and SYNONYMS.get(behind[0]) == _ANYBODY
        return of_people or _are_one(behind, line.words) or _initials(claim) in line.words
    if known.unit or not known_behind:
        return True
    return _are_one(known_behind, re.findall(r"[^\W\d_]+", plain(text)))


def _label(number: Number) -> str:
    before = number.before[-1] if number.before else ""
    return before if len(before) > 1 and before not in _SMALL else ""


def _are_one(counted: Sequence[str], others: Collection[str]) -> bool:
    """Whether one of the words that are counted is a form of another, or counts the same: pupils and students."""
    others = {part for one in others for part in (one, one.rpartition("'")[2])}
    rows = {SYNONYMS[one] for one in others if one in SYNONYMS}
    for word in counted:
        row = SYNONYMS.get(word)
        if row in rows or (row == _ANYBODY and rows & _PEOPLE) or (row in _PEOPLE and _ANYBODY in rows):
            return True
    return any(alike(one, other) for one in counted for other in others)


_ANYBODY = "people"
_PEOPLE = frozenset(("employees", "customers", "students", "patients", "apprentices"))


def _abbreviations(number: Number) -> set[str]:
    """What its words may be shortened to: wpm of words per minute, VMs of virtual machines."""
    said = [word for word in number.behind if len(word) > 1]
    found = {"".join(word[0] for word in said[:count]) for count in (2, 3, 4) if len(said) >= count}
    found |= {one[::-1] for one in found if len(one) == 2}
    return found | {f"{one}s" for one in found}


def _initials(number: Number) -> str:
    """PME of petites et moyennes entreprises."""
    said = [word for word in number.behind if word not in _SMALL]
    return "".join(word[0] for word in said[:3]) if len(said) > 1 else ""


def years_of(claim: Number) -> list[str]:
    """What a number of years is said to be years of; nothing where it does not say."""
    if claim.unit not in _SPANS:
        return []
    match = _OF.match(claim.tail)
    return _telling(re.findall(r"[^\W\d_]+", match[1])[:6]) if match else []


# How old somebody is.
_AGES = frozenset(("age", "alter", "âge", "edad"))


def other_years(claim: Number, lines: Sequence[Facts]) -> Iterator[str]:
    """What the years of a text are years of and those of no line are."""
    said = [word for word in years_of(claim) if word not in _AGES]
    if said and not any(alike(one, other) for one in said for line in lines for other in line.words):
        yield " ".join(said)
