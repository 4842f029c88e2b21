"""Ranks that a text claims or mentions, and words that raise somebody's part in something."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.patterns import patterns
from jobs.tailoring.facts.remembered import remembered
from jobs.tailoring.facts.words import RAISING, words

# A head office is no head, and a senior citizen no rank.
_NO_RANK = re.compile(
    r"\b(?:head (?:office|count|quarters)|senior (?:citizens?|residents?|patients?|living)"
    r"|executive (?:board|summar(?:y|ies)|committee)|principal (?:residences?|amount)|chair ?lifts?)\b"
)
# Whom somebody helps, answers to or works for: what they are is no claim of the one who does.
_HELPING = (
    r"assist\w*|help\w*|support\w*|advis\w*|reporting to|reports? to|reported to|deputy"
    r"|aid\w*|apport\w*|soutien\w*|soutenu"
    r"|appui\w*|second(?:e|é|ait) |half(?= (?:bei|beim|mit|de[mnr]|einem|einer|uns|im)\b)|helf\w*|hilft|unterstütz\w*"
    r"|vertret\w*|vertrat|st(?:oo|an)d\w* in for|cover(?:ed|s|ing)? for|remplac\w*|suppl[eé]\w*"
    r"|sustitu\w*|int[ée]rim\w*|supl\w*"
    r"|ayud\w*|apoy\w*|asist\w*"
)
_TOWARDS = r"for|to|with|under|from|by|pour|avec|sous|auprès|aux?|à|mit|für|unter|bei|dem|den|des|zum|zur|para|con|bajo|al|a"  # fmt: skip  # noqa: E501
_THE = r"the|a|an|our|their|its|his|her|le|la|les|l'|un|une|du|de|d'|el|los|las|una|dem|den|der|des|einem|einer|of|del|al|à|a"  # fmt: skip  # noqa: E501
_OTHER = r"(?!(?:as|als|comme|como|en|and|und|et|y|i|ich|je)\b)[\w'-]+\s+"
_OBJECT = re.compile(
    rf"(?:(?<![^\W_])(?:{_HELPING})\s+(?:(?:{_THE})\s*(?<=[\s']))*(?:{_OTHER}){{0,2}}"
    rf"|(?<![^\W_])(?:{_TOWARDS})\s+(?:(?:{_THE})\s*(?<=[\s']))+(?:{_OTHER}){{0,2}}"
    rf"|(?<![^\W_])(?:assist\w*|help\w*|support\w*)\s[\w\s'-]*\bof\s+(?:{_THE})\s+(?:{_OTHER}){{0,2}}"
    # Reports to the board and the management.
    rf"|(?<![^\W_])(?:{_TOWARDS}|an|von|of|de)\s+(?:(?:{_THE})\s+)?[\w'-]+(?: [\w'-]+){{0,2}} (?:und|and|et|y|e|&)\s+"
    rf"(?:(?:{_THE})\s+)?"
    rf"|(?<![^\W_])(?:dem|den|des|al|aux?|for|with|für|mit|under|unter|pour|avec|para|con)\s+(?:{_OTHER}){{0,1}})$"
)
_PROMOTED = re.compile(r"\b(?:promot\w+|rose|appointed|named|befördert|ernannt|promue?|nommée?|ascendid[oa]|nombrad[oa])\b")  # fmt: skip  # noqa: E501
# Main in French and Spanish, and no rank.
_EVERYDAY_RANK = {"fr": frozenset(("principal",)), "es": frozenset(("principal",))}
_LAMPS = re.compile(r"\bLEDs?\b")
# Whoever kept the books led nobody.
_KEPT = re.compile(
    r"(\b\w*(?:buchhaltung|buch|bücher|protokolle?|gespräche?|listen?|akten|kasse|register|statistik|dokumentation"
    r"|interviews?|konto|konten)\b(?:(?!\bund\b)[^.;,|])*?)(\b(?:geführt|führe|führte)\b)"
)
_PARTS = patterns("parts")
_PERSONS = words("persons")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Rank:
    """A rank by what it means, as it is written in one case, where, and whether the text claims it of its subject."""

    means: str
    written: str
    start: int
    claimed: bool


@remembered
def ranks_in(text: str, language: str = "") -> tuple[Rank, ...]:
    said = _NO_RANK.sub(lambda match: " " * len(match.group()), plain(text))
    everyday = _EVERYDAY_RANK.get(language, frozenset())
    return tuple(
        Rank(means, match.group(), match.start(), not _is_object(said, match.start()))
        for means, pattern in patterns("ranks").items()
        for match in pattern.finditer(said)
        if match.group() not in everyday
    )


def _is_object(said: str, start: int) -> bool:
    before = re.split(r"[.;:|,()]", said[:start])[-1]
    return bool(_OBJECT.search(before)) and not _PROMOTED.search(before)


@dataclass(frozen=True, slots=True)
class Raised:
    """A word that raises somebody's part in something: its kind, as it is written in one case, and where."""

    kind: str
    written: str
    start: int


@remembered
def raised_in(text: str) -> tuple[Raised, ...]:
    """Every word of a text that raises the part of its subject."""
    # Lamps have led nothing; in the place of each is no word of the same length, so that all else stands where it did.
    lamps = _LAMPS.sub(lambda match: "_" * len(match.group()), text)
    said = _KEPT.sub(lambda match: match[1] + " " * len(match[2]), plain(lamps))
    found = [
        Raised(kind, match.group(), match.start())
        for match in _WORD.finditer(said)
        for kind, known in RAISING.items()
        if match.group() in known and not (match.group() in _PERSONS and _is_object(said, match.start()))
    ]
    for kind, pattern in _PARTS.items():
        found += [Raised(kind, match.group(), match.start()) for match in pattern.finditer(said)]
    return tuple(found)


def raising_in(text: str) -> dict[str, str]:
    """Which kinds of raising words a text says of its subject, with the word itself."""
    found: dict[str, str] = {}
    for one in raised_in(text):
        found.setdefault(one.kind, one.written)
    return found


# What answers for a part besides itself: whoever led something ran it.
IMPLIES = {
    "running": ("leading", "managing", "owning", "founding", "coordinating"),
    "coordinating": ("leading", "managing", "owning", "running"),
    "managing": ("coordinating",),
}
