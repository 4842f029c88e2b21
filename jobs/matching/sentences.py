"""Cutting text into passages that can be quoted, with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A passage longer than this is cut at the next comma or semicolon: nobody checks a quote of a whole page.
LONGEST = 320
SHORTEST = 3

_BREAK = re.compile(r"\f|\n\s*\n|\n(?=\s*(?:[•●▪■◦‣∙·*–—-]|\d+[.)])\s)|(?<=[.!?])[ \t]+(?=[A-Z0-9•●▪■◦‣∙])|[•●▪■◦‣∙]")
_LINE = re.compile(r"\n")
_SOFT = re.compile(r"[;,|]\s|\s[–—]\s|\n")
_EDGE = " \t\r\n\f•●▪■◦‣∙·*-–—|"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text worth quoting: `start`/`end` count characters of the whole text, end exclusive."""

    text: str
    start: int
    end: int


def passages(text: str) -> list[Passage]:
    """The sentences, bullets and lines of a resume in order; lines that only wrap stay together."""
    found = []
    for start, end in _pieces(text):
        for at, to in _short_enough(text, start, end):
            one = _trimmed(text, at, to)
            if one is not None:
                found.append(one)
    return found


def sentences(text: str) -> list[str]:
    """The sentences of running prose, for the job's side, where offsets do not matter."""
    return [part.strip(_EDGE) for part in re.split(r"(?<=[.!?:;])\s+|\n", text) if len(part.strip(_EDGE)) > 15]


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for hard in [*_BREAK.finditer(text), None]:
        end = hard.start() if hard else len(text)
        begin = at
        for line in _LINE.finditer(text, at, end):
            if not _wraps(text, begin, line.start(), end):
                yield begin, line.start()
                begin = line.end()
        yield begin, end
        at = hard.end() if hard else end


def _wraps(text: str, begin: int, line_end: int, end: int) -> bool:
    """A long line followed by a lower-case one is one sentence that the page was too narrow for."""
    line_begin = max(begin, text.rfind("\n", begin, line_end) + 1)
    following = text[line_end:end].lstrip()
    return line_end - line_begin > 40 and bool(following) and (following[0].islower() or following[0] == "(")


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cuts = [cut.end() for cut in _SOFT.finditer(text, start + LONGEST // 3, start + LONGEST)]
        space = text.rfind(" ", start + 1, start + LONGEST)
        cut = cuts[-1] if cuts else (space + 1 if space > start else start + LONGEST)
        yield start, cut
        start = cut
    yield start, end


def _trimmed(text: str, start: int, end: int) -> Passage | None:
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip(_EDGE))
    inner = inner.strip(_EDGE)
    return Passage(inner, start, start + len(inner)) if len(inner) >= SHORTEST else None
