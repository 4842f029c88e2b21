"""What the agents work on: the resume's lines as they are worded so far, and in which order they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.tailoring.facts import Entry, Finding, Level, Source, check_line

SUMMARY = "summary"
MOST_LETTER = 6


@dataclass(frozen=True)
class Material:
    """What a run stands on: the original, the job as it was, and what is wanted."""

    source: Source
    brief: Mapping[str, Any]
    language: str
    with_letter: bool

    @property
    def quotable(self) -> str:
        """What a letter may name besides the resume: the job's title and who hires. Never the text of the job."""
        return f"{self.brief.get('title', '')} | {self.brief.get('company', '')}"


@dataclass(frozen=True)
class Line:
    """One line: `id` is the bullet it is put for, `summary`, or `letter0` and so on."""

    id: str
    text: str
    evidence: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def blocked(self) -> list[Finding]:
        return [one for one in self.findings if one.level is Level.BLOCK]


@dataclass(frozen=True)
class Draft:
    """The wording and the order so far. What no agent has worded stands as in the original."""

    summary: Line | None = None
    lines: Mapping[str, Line] = field(default_factory=dict)
    letter: tuple[Line, ...] = ()
    bullet_order: tuple[str, ...] = ()
    skill_order: tuple[str, ...] = ()

    def every(self) -> Iterator[Line]:
        if self.summary:
            yield self.summary
        yield from self.lines.values()
        yield from self.letter

    def line(self, key: str) -> Line | None:
        return next((one for one in self.every() if one.id == key), None)

    def with_line(self, line: Line) -> Draft:
        if line.id == SUMMARY:
            return replace(self, summary=line)
        if line.id.startswith("letter"):
            kept = [one for one in self.letter if one.id != line.id]
            return replace(self, letter=tuple(sorted([*kept, line], key=lambda one: one.id)))
        return replace(self, lines={**self.lines, line.id: line})

    def without(self, key: str) -> Draft:
        return replace(
            self,
            summary=None if key == SUMMARY else self.summary,
            lines={id: one for id, one in self.lines.items() if id != key},
            letter=tuple(one for one in self.letter if one.id != key),
        )


def entry_of(key: str, source: Source) -> Entry | None:
    return source.skeleton.entry_of.get(key)


def original(key: str, material: Material) -> Line | None:
    """What the resume says where this line is put; None for a line that it does not have."""
    skeleton = material.source.skeleton
    own = skeleton.summary if key == SUMMARY else ()
    if own:
        return Line(SUMMARY, " ".join(one.text for one in own), tuple(one.id for one in own))
    return Line(key, skeleton.spans[key], (key,)) if key in skeleton.entry_of else None


def checked(line: Line, material: Material) -> Line:
    """The line with everything that its evidence does not state."""
    own = original(line.id, material)
    if own is not None and line.text == own.text:
        # The original rests on itself, whatever it was said to rest on: there is nothing to ask about it.
        return own
    also = material.quotable if line.id.startswith("letter") else ""
    found = check_line(
        line.text, evidence=line.evidence, source=material.source, entry=entry_of(line.id, material.source), also=also
    )
    return replace(line, findings=tuple(found))


def ordered(entry: Entry, order: Sequence[str]) -> list[str]:
    """The bullets of a job in the order asked for; those that nobody named follow as they stood."""
    own = [bullet.id for bullet in entry.bullets]
    asked = [one for one in dict.fromkeys(order) if one in own]
    return [*asked, *(one for one in own if one not in asked)]
