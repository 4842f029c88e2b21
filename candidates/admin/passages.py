"""A resume's text cut into passages, so that every parsed value and every found word can be shown at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

PAGE_BREAK = "\f"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of the text; `key` is what page elements refer to."""

    key: str
    start: int
    end: int
    kind: str = "field"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text that carries the same spans throughout; `anchors` are the spans that begin here."""

    text: str
    spans: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPage:
    number: int
    passages: list[Passage] = field(default_factory=list)


def cut(text: str, *, page_starts: Sequence[int], spans: Iterable[Span]) -> list[TextPage]:
    """The text by page, each cut at every edge of a span; spans outside the text or empty are left out."""
    good = sorted((one for one in spans if 0 <= one.start < one.end <= len(text)), key=lambda one: (one.start, one.end))
    starts = [at for at in page_starts if 0 <= at <= len(text)] or [0]
    ends = [*starts[1:], len(text)]
    pages = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        here = [one for one in good if one.start < end and one.end > start]
        edges = sorted({start, end, *(min(max(at, start), end) for one in here for at in (one.start, one.end))})
        page = TextPage(number=number)
        for left, right in pairwise(edges):
            piece = text[left:right].replace(PAGE_BREAK, "")
            if not piece:
                continue
            over = [one for one in here if one.start <= left and one.end >= right]
            page.passages.append(
                Passage(
                    text=piece,
                    spans=tuple(one.key for one in over),
                    kinds=tuple(dict.fromkeys(one.kind for one in over)),
                    anchors=tuple(one.key for one in over if one.start == left),
                )
            )
        pages.append(page)
    return pages


def found_words(text: str, words: str, *, most: int = 200) -> list[Span]:
    """Where the words of a search stand, as spans of the kind `hit`."""
    terms = [re.escape(term) for term in re.findall(r"[\w+#.-]{2,}", words)[:8]]
    if not terms:
        return []
    pattern = re.compile("|".join(terms), re.IGNORECASE)
    return [
        Span(key=f"hit-{number}", start=found.start(), end=found.end(), kind="hit")
        for number, found in zip(range(1, most + 1), pattern.finditer(text), strict=False)
    ]
