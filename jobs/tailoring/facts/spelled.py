"""Numbers in words: English, German, French and Spanish by the grammar of each, other languages by a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from jobs.tailoring.facts.words import table

# Up to ninety-nine, one word each; what is an everyday word of another language stands in `_ONLY_IN`.
_SMALL = {
    word: int(value) for value, words in table("small_numbers").items() for word in words
}  # fmt: skip
# Two hundred in one word: doscientos.
_HUNDREDS = {word: int(value) for value, words in table("hundreds").items() for word in words}
_HUNDRED = frozenset(("hundred", "cent", "cents", "cien", "ciento", "hundert"))
_THOUSAND = frozenset(("thousand", "mille", "mil", "tausend"))
MILLIONS = {
    "million": 10**6, "millions": 10**6, "millionen": 10**6, "millón": 10**6, "millones": 10**6, "mio": 10**6,
    "billion": 10**9, "milliard": 10**9, "milliards": 10**9, "milliarde": 10**9, "milliarden": 10**9, "mrd": 10**9,
    "trillion": 10**12,
}  # fmt: skip
# These stand for a number without another one before them: cent, mille, cien, mil, hundert, tausend.
_ALONE = (_HUNDRED | _THOUSAND) - {"hundred", "thousand", "cents"}
_ONE = frozenset(("one", "un", "une", "uno", "una", "ún"))
ARTICLES = frozenset(
    ("a", "an", "un", "une", "una", "ein", "eine", "einer", "einem", "einen", "eines")
)  # fmt: skip
_ONLY_IN = {
    "cent": "fr",
    "cents": "fr",
    "seize": "fr",
    "mille": "fr",
    "once": "es",
    "mil": "es",
    "miles": "es",
}
_FORTNIGHTS = frozenset(("quinzaine", "quincena"))
_SIGNS = {
    "fr": re.compile(r"\b(?:des?|du|les?|la|et|une?|avec|pour|dans|par|sur|aux?|ans|chez|à|[dlcn]')(?![^\W\d_])"),
    "es": re.compile(r"\b(?:del?|los|las|el|la|y|una?|con|para|por|en|al|años)\b"),
}
_GERMAN_ONES = {
    "ein": 1, "eins": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9,
}  # fmt: skip
_GERMAN_TEENS = {
    "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16,
    "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
}  # fmt: skip
_GERMAN_TENS = {
    "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70,
    "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_GERMAN_BELOW_100 = _GERMAN_ONES | _GERMAN_TEENS | _GERMAN_TENS


def is_read(word: str, said: str) -> bool:
    """Whether a word that another language has too is meant as the number here: once is eleven in Spanish."""
    language = _ONLY_IN.get(word)
    return language is None or bool(_SIGNS[language].search(said))


@lru_cache(maxsize=4096)
def german(word: str) -> int | None:
    """A German number in one word, up to a million: dreihundertfünfundzwanzigtausendachtzig."""
    head, thousand, tail = word.partition("tausend")
    if thousand:
        most = _german_below_1000(head) if head else 1
        rest = _german_below_1000(tail.removeprefix("und")) if tail else 0
        return None if most is None or rest is None else most * 1000 + rest
    return _german_below_1000(word)


def _german_below_1000(word: str) -> int | None:
    # casefold has written dreißig as dreissig.
    head, hundred, tail = word.partition("hundert")
    if hundred:
        most = _GERMAN_ONES.get(head) if head else 1
        rest = _german_below_100(tail.removeprefix("und")) if tail else 0
        return None if most is None or rest is None else most * 100 + rest
    return _german_below_100(word)


def _german_below_100(word: str) -> int | None:
    if word in _GERMAN_BELOW_100:
        return _GERMAN_BELOW_100[word]
    one, joined, ten = word.partition("und")
    if joined and one in _GERMAN_ONES and ten in _GERMAN_TENS:
        return _GERMAN_TENS[ten] + _GERMAN_ONES[one]
    return None


def small(word: str) -> int | None:
    """What one word is worth that can stand for a number by itself."""
    if word in _SMALL:
        return _SMALL[word]
    found = german(word)
    return None if found == 1 else found


def spelled(  # noqa: PLR0912  one rule of a grammar after another
    words: Sequence[str], said: str
) -> tuple[int, int]:
    """The number that the first of the words spell, with how many of them: two hundred and fifty is 250 in four."""
    total = group = last = used = 0
    if words and words[0] in _FORTNIGHTS and words[1:2] not in (["de"], ["d"]):
        # A fortnight in French and Spanish, and fifteen only of something.
        return 0, 0
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if not used and not is_read(word, said) and not (word in _HUNDRED and small(following)):
            break
        if word in _HUNDRED and (
            0 < group < 100 or (not group and not total and word in _ALONE) or (not group and total)
        ):
            group, last = max(group, 1) * 100, 100
        elif word in _THOUSAND and (group or (not total and word in _ALONE)):
            total, group, last = total + max(group, 1) * 1000, 0, 1000
        elif word in MILLIONS and group + total:
            total, group, last = (total + group) * MILLIONS[word], 0, 10**6
        elif word in ("dozen", "dutzend", "douzaine", "douzaines", "docena", "docenas") and group:
            group, last = group * 12, 1
        elif word in ("vingt", "vingts") and group % 100 == 4:
            # quatre-vingts: four times twenty
            group, last = group + 76, 80
        elif (value := _HUNDREDS.get(word)) and not group:
            group, last = value, 100
        elif (value := small(word)) is not None and _follows(value, last, group):
            if value >= 1000:
                total, group, last = total + value, 0, 1000 if value % 1000 == 0 else 1
            else:
                group, last = group + value, value if value in range(10, 100, 10) else 100 if value % 100 == 0 else 1
        elif (
            word in _ONE
            and at
            and words[at - 1] in ("et", "y", "twenty", "thirty", "forty", "fifty", "vingt")
            and last >= 20
        ):
            group, last = group + 1, 1
        elif not (used and _joins(word, following, last, total + group)):
            break
        else:
            continue
        used = at + 1
    return total + group, used


def _follows(value: int, last: int, group: int) -> bool:
    if not last:
        return True
    if last in (60, 80) and group % 100 == last and 10 <= value < 20:
        # soixante-dix, quatre-vingt-douze
        return True
    if last == 10:
        # dix-sept
        return value in (7, 8, 9)
    return value < (10 if 20 <= last < 100 else last)


def _joins(word: str, following: str, last: int, so_far: int) -> bool:
    """Whether "and" stands within a number: two hundred and five, treinta y cinco, vingt et un."""
    if word == "and":
        return so_far >= 100 and small(following) is not None
    if word == "y":
        return 30 <= last < 100 and (following in _ONE or (small(following) or 10) < 10)
    return word == "et" and 20 <= last < 100 and (following in _ONE or small(following) == 11)
