"""The parts of a text that numbers are read from: digits, signs and words, with where they stand."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

# A time of day and a part of a whole are one number each: 17:30, 1/3.
DIGITS = r"\d{1,2}:[0-5]\d(?![\d:])|(?<![\d/])[1-9]/(?:[2-9]|1[02])(?![\d/])"
DIGITS += r"|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?:[,.' ]\d{3})+(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?"
_TOKEN = re.compile(rf"(?P<currency>[$€£₹¥₦])|(?P<number>{DIGITS})|(?P<percent>%)|(?P<plus>\+)|(?P<word>[^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a text: its kind (currency, number, percent, plus or word) and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(said: str) -> list[Token]:
    """The parts of a text in one case, in order."""
    return [Token(match.lastgroup or "", match.group(), match.start(), match.end()) for match in _TOKEN.finditer(said)]


def text_at(tokens: list[Token], at: int) -> str:
    """What stands there; nothing before the first and behind the last."""
    return tokens[at].text if 0 <= at < len(tokens) else ""


def words_at(tokens: list[Token], at: int) -> list[str]:
    """The words from here to the next number or sign, of which a number in words may be made."""
    found = []
    for token in tokens[at : at + 12]:
        if token.kind != "word":
            break
        found.append(token.text)
    return found


def sentence_at(said: str, tokens: list[Token], at: int) -> list[str]:
    """The words from here to the next stop."""
    found = [tokens[at].text]
    for before, token in itertools.pairwise(tokens[at : at + 6]):
        if re.search(r"[.;:!?()|]", said[before.end : token.start]):
            break
        found.append(token.text)
    return found


# The point behind these ends nothing: 2,4 Mio. Anfragen.
_SHORTENED = frozenset(("mio", "mrd", "tsd"))


def words_behind(said: str, tokens: list[Token], after: int) -> tuple[str, ...]:
    """The words from here to the next stop: what a number before them counts."""
    found = []
    for before, token in itertools.pairwise(tokens[after - 1 : after + 5]):
        stops = re.search(r"[,.;:!?()|]", said[before.end : token.start]) and before.text not in _SHORTENED
        if token.kind != "word" or stops:
            break
        found.append(token.text)
    return tuple(found)
