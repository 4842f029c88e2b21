"""Finds the headed parts of a resume: experience, education, skills and the rest, in many spellings, also inline."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from candidates.resumes.document import Section
from candidates.resumes.parse.gazetteers import DATA
from candidates.resumes.parse.view import FILLER, Line, lines_of
from candidates.resumes.skills.lists import load, phrases

KIND = {name: kind for kind, names in load(DATA / "headings.toml").items() for name in phrases(names)}
# A word that may be a heading alone on its line is too common inside a sentence to break it there.
_INLINE = sorted((n for n in KIND if len(n) >= 5), key=len, reverse=True)
_DECORATION = re.compile(r"^[\W\d_]+|[\W_]+$")
_SPACED = re.compile(r"^(?:[A-Z&] ){3,}[A-Z&]$")
_OF_EXPERIENCE = re.compile(r"(?:[a-z/&-]+ ){0,3}(?:experience|history)")
_OF_SKILLS = re.compile(r"(?:[a-z/&-]+ ){1,2}(?:skills|competencies|expertise|proficiency)")
_JOINT = re.compile(r" & | and | / |/|, ")
_PARENTHESIS = re.compile(r"\s*\([^)]*\)\s*$")


@cache
def _inline() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Headings inside a line: in capitals, and before a colon. They take 0.1 s to compile, and few processes read."""
    upper = re.compile(
        r"(?<![A-Z&,/-] )(?<![\w&/-])("
        + "|".join(re.escape(n.upper()) for n in _INLINE)
        + r")(?: ?[:\n–-]| {1,2})(?![A-Z]{2,}\b(?! [A-Z][a-z]))"
    )
    colon = re.compile(
        r"(?<![\w&,/-] )(?<![\w&/-])("
        + "|".join(
            re.escape(n.title()) + "|" + re.escape(n.capitalize())
            for n in _INLINE
            if n not in ("tools", "software", "programming", "language")
        )
        + r") ?:(?=[\s•]|$)"
    )
    return upper, colon


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and the offset where its content begins."""

    kind: str
    start: int
    end: int


def kind_of(text: str) -> str:
    """The kind of section a line would open, or nothing."""
    bare = text.replace(FILLER, "").strip()
    if len(bare) > 60:
        return ""
    if _SPACED.match(bare):
        bare = bare.replace(" ", "")
    bare = _DECORATION.sub("", _PARENTHESIS.sub("", bare)).lower()
    bare = " ".join(bare.split())
    bare = bare.removeprefix("my ")
    if bare in KIND:
        return KIND[bare]
    if not _looks_like_heading(text):
        return ""
    if _OF_EXPERIENCE.fullmatch(bare):
        return "experience"
    if _OF_SKILLS.fullmatch(bare):
        return "skills"
    first = _JOINT.split(bare, maxsplit=1)[0]
    return KIND.get(first, "") if first != bare else ""


def _looks_like_heading(text: str) -> bool:
    words = [w for w in re.findall(r"[A-Za-z]+", text) if len(w) > 3]
    return bool(words) and all(w[0].isupper() for w in words) and not text.rstrip().endswith((".", ","))


def inline_breaks(view: str) -> list[Heading]:
    """Headings that stand in running text: all capitals, or a known name with a colon."""
    found: dict[int, Heading] = {}
    for pattern in _inline():
        for match in pattern.finditer(view):
            name = " ".join(match.group(1).lower().split())
            found.setdefault(match.start(1), Heading(KIND[name], match.start(1), match.end(1)))
    return [found[at] for at in sorted(found)]


def find_sections(view: str) -> tuple[list[Section], list[Line]]:
    """The sections in order, the first called `top`, and the lines, broken before and after inline headings."""
    inline = inline_breaks(view)
    cuts: list[int] = []
    for heading in inline:
        after = heading.end
        while after < len(view) and view[after] in " :–-" + FILLER:
            after += 1
        cuts += [heading.start, after]
    lines = lines_of(view, tuple(cuts))
    by_start = {heading.start: heading for heading in inline}
    headings: list[Heading] = []
    for line in lines:
        kind = kind_of(line.text)
        if not kind and line.start in by_start and line.end <= by_start[line.start].end + 3:
            kind = by_start[line.start].kind
        if kind:
            headings.append(Heading(kind, line.start, line.end))
    sections = [Section("top", 0, headings[0].start if headings else len(view))]
    for at, heading in enumerate(headings):
        end = headings[at + 1].start if at + 1 < len(headings) else len(view)
        sections.append(Section(heading.kind, heading.start, end))
    return [one for one in sections if one.end > one.start], lines


class SectionIndex:
    """Tells which section an offset lies in."""

    def __init__(self, sections: list[Section]):
        self._starts = [one.start for one in sections]
        self._kinds = [one.kind for one in sections]

    def kind_at(self, offset: int) -> str:
        at = bisect_right(self._starts, offset) - 1
        return self._kinds[at] if at >= 0 else "top"
