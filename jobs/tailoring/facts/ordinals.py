"""Which one of a row: the 6th day, jede vierte Woche, en sixième, quinto básico."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.words import table

ORDINALS = {word: int(value) for value, words in table("ordinals").items() for word in words}
# Also as compatibility forms are resolved: 5.º is 5.o, and 3ª is 3a.
_DIGITS = re.compile(r"(?<![\w.,])(\d{1,3})(?:(?:st|nd|rd|th|e|è|ème|eme|er|ère|re|\.?[oa])(?![^\W_])|\.(?= [^\W\d_]))")
_WORD = re.compile(r"[^\W\d_]+")


# XVIII, and XVIIe.
_ROMAN = re.compile(r"\b([IVXLC]{2,6})(?:e|er|ème)?\b")
_ROMANS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def romans_in(text: str) -> Iterator[tuple[int, str]]:
    """Each Roman numeral of a text in its usual form: its value, and as it is written."""
    for match in _ROMAN.finditer(readable(text)):
        if value := _roman(match[1]):
            yield value, match.group()


def _roman(letters: str) -> int:
    values = [_ROMANS[one] for one in letters]
    value = sum(-one if one < max(values[at:], default=0) else one for at, one in enumerate(values))
    return value if re.fullmatch(r"C{0,3}(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", letters) else 0


def ordinals_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Each ordinal of a text: its value, as it is written in one case, and the word behind it."""
    said = plain(text)
    found = [(match.start(), match.end(), int(match[1])) for match in _DIGITS.finditer(said)]
    found += [
        (match.start(), match.end(), ORDINALS[match.group()])
        for match in _WORD.finditer(said)
        if match.group() in ORDINALS
    ]
    for start, end, value in sorted(found):
        following = _WORD.match(said, end + 1)
        yield value, said[start:end], following.group() if following else ""


def value_of(code: str) -> int | None:
    """The value of a word such as 6e or 5th; None of what is no ordinal."""
    return next((value for value, written, _ in ordinals_in(code) if written == plain(code)), None)


def is_stated(value: int, text: str) -> bool:
    """Whether a text states that ordinal in some form: 6e, sixième, VI."""
    return value in {one for one, *_ in (*ordinals_in(text), *romans_in(text))}
