"""Parts of a whole in words: a third, drei Viertel, deux cinquièmes, la cuarta parte."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from jobs.tailoring.facts.ordinals import ORDINALS
from jobs.tailoring.facts.spelled import ARTICLES, small
from jobs.tailoring.facts.words import table, words

_FRACTIONS = {word: int(value) for value, words in table("fractions").items() for word in words}
_SMALL = words("small_words")
_SURELY = frozenset(("by", "um"))
_ENGLISH = frozenset(
    ("third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "twentieth", "hundredth")
)
_TO = frozenset(("to", "auf", "a", "à"))
_BY = frozenset(("by", "um", "d", "de", "en", "des", "les", "los", "las", "zu", "almost", "nearly", "over", "than"))
_PART_OF = frozenset(
    ("of", "der", "des", "de", "von", "du", "weniger", "mehr", "less", "fewer", "more", "en", "menos", "más")
)
_TIMES = frozenset(("hora", "heure"))


def fraction_at(before: str, said: Sequence[str]) -> tuple[Decimal, int, str] | None:
    """The part that words begin with, how many words it takes and its unit; `before` is the word before them.

    It is so many percent, or the part of what there was where it says to what something fell or rose.
    """
    words = [*said, "", "", "", "", ""]
    if words[0] in ("a", "an") and words[1] not in _ENGLISH:
        # De tercero a quinto.
        return None
    count = 1 if words[0] in (*ARTICLES, "one", "la") else small(words[0])
    base = _FRACTIONS.get(words[1])
    if not count or base is None or count >= base:
        return None
    used = 3 if words[2] in ("parte", "partes", "part", "parts") else 2
    if words[used] == "de" and words[used + 1] in ("travail", "trabajo"):
        # Deux quarts de travail are two shifts.
        return None
    # A quarter of an hour is a time, a third engineer a person.
    is_time = words[used] in ("of", "d", "de") and words[used + 1] in (*ARTICLES, *_TIMES)
    # A fifth-former is no part of anything: un quinto básico.
    behind = words[used]
    if (
        count == 1
        and words[1] in ORDINALS
        and behind
        and behind not in (*_SMALL, *_PART_OF, *_TO)
        and before not in (*_TO, *_SURELY)
    ):
        return None
    if is_time or (
        count == 1
        and not words[1].endswith(("tel", "teln"))
        and before not in (*_TO, *_BY)
        and words[used] not in _PART_OF
    ):
        return None
    return (Decimal(count) / base, used, "x") if before in _TO else (Decimal(100 * count) / base, used, "%")
