"""A line of the resume around the words that were looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Left

from candidates.models import ResumeText

# Hits further down than this are found but not shown: fifty rows must stay small.
READ = 30_000
BEFORE, AFTER = 50, 100
_ENDINGS = re.compile(r"(?:ations?|ings?|ers?|ors?|ies|ed|es|e|s|y)$")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Pieces of text, each with whether it was looked for; `words` finds the place on the resume's page."""

    pieces: tuple[tuple[str, bool], ...]
    words: str


def root(word: str) -> str:
    """What the forms of a word have in common, near enough to find the form that the full text matched."""
    cut = _ENDINGS.sub("", word.lower())
    return cut if len(cut) >= 4 else word.lower()


def pattern(terms: Iterable[str]) -> re.Pattern[str] | None:
    """Words by their root, phrases as their words in a row."""
    found = []
    for term in terms:
        words = re.findall(r"[\w+#]+(?:[.'-][\w+#]+)*", term)
        if words:
            found.append(r"\W{1,3}".join(_any_form(word) for word in words))
    if not found:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(found, key=len, reverse=True))})", re.IGNORECASE)


def _any_form(word: str) -> str:
    stem = root(word)
    if stem == word.lower() and len(word) < 4:
        return re.escape(word) + r"(?!\w)"
    return re.escape(stem) + r"\w{0,7}(?!\w)"


def snippet(text: str, terms: Sequence[str]) -> Snippet | None:
    """The densest line around a hit; None where no word is found as it stands."""
    looked_for = pattern(terms)
    if looked_for is None:
        return None
    hits = list(looked_for.finditer(text))[:200]
    if not hits:
        return None
    # The place where most different words stand together.
    best = max(
        hits,
        key=lambda one: len({hit[0].lower() for hit in hits if 0 <= hit.start() - one.start() <= AFTER}),
    )
    start, end = _on_words(text, best.start() - BEFORE, best.start() + AFTER)
    line = " ".join(text[start:end].split())
    pieces: list[tuple[str, bool]] = []
    at = 0
    for hit in looked_for.finditer(line):
        pieces += [(line[at : hit.start()], False), (hit[0], True)]
        at = hit.end()
    pieces.append((line[at:], False))
    shown = dict.fromkeys(word for piece, is_hit in pieces if is_hit for word in piece.split())
    before, after = "… " if start > 0 else "", " …" if end < len(text) else ""
    return Snippet(
        pieces=tuple(one for one in ((before, False), *pieces, (after, False)) if one[0]), words=" ".join(shown)
    )


def _on_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The edges moved inwards to the next space."""
    start, end = max(start, 0), min(end, len(text))
    if start > 0:
        space = re.search(r"\s", text[start : start + 30])
        start += space.end() if space else 0
    if end < len(text):
        cut = text.rfind(" ", max(end - 30, start), end)
        end = cut if cut > start else end
    return start, end


def beginning(person: str = "pk") -> Subquery:
    """The beginning of a person's current resume, within the statement that asks for people."""
    text = ResumeText.objects.filter(resume__candidate=OuterRef(person), resume__is_current=True)
    return Subquery(text.values(read=Left("text", READ))[:1])
