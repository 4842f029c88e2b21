"""Languages that people speak and how well, as four languages say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.patterns import whole_words
from jobs.tailoring.facts.words import lines

_LANGUAGES = {key: whole_words(said) for key, said in lines("spoken").items()}
_LEVELS = [(int(key), whole_words(said)) for key, said in lines("fluency").items()]
NATIVE = 7
_PART = re.compile(r"[,;.|\n]|\band\b|\bund\b|\bet\b|\by\b")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language, empty where only a level is said; the level from 1 (A1) to 6 (C2) and 7 (native), 0 where none is."""

    language: str
    level: int
    written: str


def spoken_in(text: str) -> list[Spoken]:
    """The levels that a text claims, each with the language beside it."""
    said = plain(text)
    found = []
    for level, pattern in _LEVELS:
        for match in pattern.finditer(said):
            language = _beside(said, match.start(), match.end())
            found.append(Spoken(language, level, match.group()))
    return found


def _beside(said: str, start: int, end: int) -> str:
    """The language of the same part of the sentence that stands nearest to a level."""
    begins = max((match.end() for match in re.finditer(r"[,;.|\n]", said[:start])), default=0)
    stop = re.search(r"[,;.|\n]", said[end:])
    part_end = end + stop.start() if stop else len(said)
    near = [
        (min(abs(match.start() - end), abs(start - match.end())), language)
        for language, pattern in _LANGUAGES.items()
        for match in pattern.finditer(said, begins, part_end)
    ]
    return min(near)[1] if near else ""


_ANY_LANGUAGE = "|".join(one.pattern for one in _LANGUAGES.values())
_TWO_LANGUAGES = re.compile(
    rf"\b(?:in|auf|en|both)\s+(?:(?:{_ANY_LANGUAGE})\s+(?:and|und|et|y|e)\s+\w+|\w+\s+(?:and|und|et|y|e)\s+(?:{_ANY_LANGUAGE}))"
)
_BILINGUAL = re.compile(r"bilingu|zweisprachig")


def overstated(text: str, stated: Sequence[str]) -> Iterator[str]:
    """Levels that a text claims above those that the resume states, or for a language of which it states none."""
    known: dict[str, int] = {}
    for line in stated:
        said, spoken = plain(line), spoken_in(line)
        for language, pattern in _LANGUAGES.items():
            if pattern.search(said):
                level = max((one.level for one in spoken if one.language in ("", language)), default=0)
                known[language] = max(known.get(language, 0), level)
    both = any(_TWO_LANGUAGES.search(plain(line)) for line in stated)
    for one in spoken_in(text):
        if both and _BILINGUAL.search(one.written):
            # Whoever works in English and isiXhosa works in two languages.
            continue
        # Fluent writing without a language beside it is a claim about any of them.
        most = known.get(one.language, 0) if one.language else max(known.values(), default=0)
        if one.level > most:
            yield one.written if not one.language else f"{one.language}: {one.written}"
