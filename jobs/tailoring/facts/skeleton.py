"""The locked parts of a resume, each line of it under an identifier: what agents may point to and never write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jobs.tailoring.facts.normalise import readable

MOST_BULLETS = 200
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-ÞĀ-ž0-9])")


@dataclass(frozen=True, slots=True)
class Span:
    """One line of the source: `s0` of the summary, `w1.b2` of a job, `p0.b1` of a project."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A job or a project with its lines; the head is what nobody may change."""

    id: str
    kind: str
    name: str
    position: str = ""
    place: str = ""
    start: str = ""
    end: str = ""
    bullets: tuple[Span, ...] = ()

    @property
    def is_current(self) -> bool:
        return bool(self.start) and not self.end and self.kind == "work"


@dataclass(frozen=True, slots=True)
class Study:
    """A course of study as the resume states it."""

    id: str
    school: str
    degree: str = ""
    area: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Skeleton:
    """Everything of a parsed resume that a tailored one may hold, in its own words and order."""

    name: str
    label: str = ""
    email: str = ""
    phone: str = ""
    place: str = ""
    links: tuple[str, ...] = ()
    summary: tuple[Span, ...] = ()
    work: tuple[Entry, ...] = ()
    projects: tuple[Entry, ...] = ()
    studies: tuple[Study, ...] = ()
    skills: tuple[Span, ...] = ()
    certificates: tuple[Span, ...] = ()
    languages: tuple[Span, ...] = ()
    awards: tuple[Span, ...] = ()
    publications: tuple[Span, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.work + self.projects

    @cached_property
    def spans(self) -> dict[str, str]:
        """Every line that can be evidence, by its identifier."""
        every = [*self.summary, *(bullet for entry in self.entries for bullet in entry.bullets), *self.skills,
                 *self.certificates, *self.languages, *self.awards, *self.publications]  # fmt: skip
        return {span.id: span.text for span in every}

    @cached_property
    def entry_of(self) -> dict[str, Entry]:
        """The job or project of each line of one."""
        return {bullet.id: entry for entry in self.entries for bullet in entry.bullets}

    @property
    def is_empty(self) -> bool:
        return not any(entry.bullets for entry in self.entries) and not self.summary and not self.skills


def of(parsed: Mapping[str, Any]) -> Skeleton:
    """The skeleton of a JSON Resume; the same resume gives the same identifiers."""
    basics = parsed.get("basics") or {}
    links = [one.get("url", "") for one in basics.get("profiles") or []] + [basics.get("url", "")]
    spoken = [(one.get("language", ""), one.get("fluency", "")) for one in parsed.get("languages") or []]
    return Skeleton(
        name=readable(basics.get("name", "")),
        label=readable(basics.get("label", "")),
        email=basics.get("email", ""),
        phone=basics.get("phone", ""),
        place=_place(basics.get("location")),
        links=tuple(dict.fromkeys(link for link in links if link)),
        summary=_spans("s", [readable(one) for one in _SENTENCE.split(basics.get("summary", ""))]),
        work=tuple(_entry(f"w{at}", "work", one) for at, one in enumerate(parsed.get("work") or [])),
        projects=tuple(_entry(f"p{at}", "project", one) for at, one in enumerate(parsed.get("projects") or [])),
        studies=tuple(_study(f"e{at}", one) for at, one in enumerate(parsed.get("education") or [])),
        skills=_spans("k", [readable(one.get("name", "")) for one in parsed.get("skills") or []]),
        certificates=_dated("c", parsed.get("certificates"), "name", "date"),
        languages=_spans("l", [f"{name} ({fluency})" if fluency else name for name, fluency in spoken]),
        awards=_dated("a", parsed.get("awards"), "title", "date"),
        publications=_dated("u", parsed.get("publications"), "name", "releaseDate"),
    )


def _spans(prefix: str, texts: list[str]) -> tuple[Span, ...]:
    return tuple(Span(f"{prefix}{at}", text) for at, text in enumerate(text for text in texts if text))


def _dated(prefix: str, rows: Any, name: str, day: str) -> tuple[Span, ...]:
    texts = []
    for one in rows or []:
        title, when = readable(one.get(name, "")), one.get(day, "")
        texts.append(f"{title}, {when}" if when and when[:4] not in title else title)
    return _spans(prefix, texts)


def _entry(key: str, kind: str, one: Mapping[str, Any]) -> Entry:
    lines = [readable(line) for line in (one.get("highlights") or [])[:MOST_BULLETS]]
    described = readable(one.get("description", "") or "")
    if described and described not in lines:
        lines.insert(0, described)
    return Entry(
        id=key,
        kind=kind,
        name=readable(one.get("name", "")),
        position=readable(one.get("position", "") or ", ".join(one.get("roles") or [])),
        place=_place(one.get("location")),
        start=one.get("startDate", ""),
        end=one.get("endDate", ""),
        bullets=_spans(f"{key}.b", lines),
    )


def _study(key: str, one: Mapping[str, Any]) -> Study:
    return Study(
        id=key,
        school=readable(one.get("institution", "")),
        degree=readable(one.get("studyType", "")),
        area=readable(one.get("area", "")),
        start=one.get("startDate", ""),
        end=one.get("endDate", ""),
    )


def _place(place: Any) -> str:
    if isinstance(place, Mapping):
        return ", ".join(dict.fromkeys(part for part in (place.get("city", ""), place.get("region", "")) if part))
    return readable(str(place or ""))
