"""The words of a tailored resume and of its letter, in the order in which they stand: nothing but plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone, translation

from hrassist.lib.typesetting import clean
from jobs.tailoring.draft import Material
from jobs.tailoring.facts import Entry, Skeleton, Source
from jobs.tailoring.facts.skeleton import Study
from jobs.tailoring.paper.languages import span, words


@dataclass(frozen=True, slots=True)
class Wording:
    """A line as it goes to paper."""

    part: str
    entry: str
    text: str


def resume(
    material: Material, lines: Iterable[Wording], *, skill_order: Iterable[str], made_by: str, now: datetime
) -> dict[str, Any]:  # fmt: skip
    """The resume: its locked parts from the original, the lines as they were accepted."""
    skeleton, language = material.source.skeleton, material.language
    said = words(language)
    chosen = list(lines)
    by_entry = entry_lines(chosen)
    summary = " ".join(one.text for one in chosen if one.part == "summary")
    sections = [
        _text(said["summary"], clean(summary)),
        _entries(said["work"], skeleton.work, by_entry, language),
        _studies(said["education"], material.source, language),
        _list(said["skills"], [_skills(skeleton, skill_order)]),
        _entries(said["projects"], skeleton.projects, by_entry, language),
        _list(said["certificates"], [one.text for one in skeleton.certificates]),
        _list(said["languages"], [", ".join(one.text for one in skeleton.languages)]),
        _list(said["awards"], [one.text for one in skeleton.awards]),
        _list(said["publications"], [one.text for one in skeleton.publications]),
    ]
    return {
        "language": language,
        "name": clean(skeleton.name),
        "headline": clean(skeleton.label),
        "contact": [clean(one) for one in (skeleton.email, skeleton.phone, skeleton.place, *skeleton.links) if one],
        "sections": [section for section in sections if section["items"] or section["text"]],
        "label": label(language, made_by, now),
        "title": clean(f"{skeleton.name}, {material.brief.get('title', '')}".strip(", ")),
    }


def entry_lines(lines: Iterable[Wording]) -> dict[str, list[str]]:
    """The lines of each job and project."""
    found: dict[str, list[str]] = {}
    for one in lines:
        if one.part == "work":
            found.setdefault(one.entry, []).append(clean(one.text))
    return found


def letter(
    material: Material, lines: Iterable[Wording], *, made_by: str, now: datetime
) -> dict[str, Any] | None:  # fmt: skip
    """The letter, or nothing where no paragraph was accepted."""
    skeleton, language = material.source.skeleton, material.language
    said = words(language)
    paragraphs = [clean(one.text) for one in lines if one.part == "letter" and one.text.strip()]
    if not paragraphs:
        return None
    subject = said["subject"].format(title=material.brief.get("title", ""))
    return {
        "language": language,
        "name": clean(skeleton.name),
        "contact": [clean(one) for one in (skeleton.email, skeleton.phone, skeleton.place) if one],
        "to": clean(str(material.brief.get("company", ""))),
        "date": today(now, language),
        "subject": clean(subject),
        "greeting": said["greeting"],
        "paragraphs": paragraphs,
        "closing": said["closing"],
        "label": label(language, made_by, now),
        "title": clean(f"{said['letter']}, {skeleton.name}"),
    }


def label(language: str, made_by: str, now: datetime) -> str:
    """The sentence that says what the paper is."""
    return words(language)["label"].format(by=clean(made_by), day=today(now, language))


def own_words(paper: Mapping[str, Any]) -> list[str]:
    """What stands on a paper of our own making: headings, the label, the greeting."""
    known = words(paper["language"])
    found = [known[name] for name in ("summary", "work", "education", "skills", "projects", "certificates", "languages",
                                      "awards", "publications", "greeting", "closing")]  # fmt: skip
    return [*found, paper["label"], paper.get("date", ""), paper.get("subject", ""), paper.get("to", "")]


def lines_of(paper: Mapping[str, Any]) -> list[str]:
    """Every line of a paper in the order in which it is read, but for the label at the foot of each page."""
    head = [paper["name"], paper.get("headline", ""), " | ".join(paper["contact"])]
    if "paragraphs" in paper:
        # To whom and when stand beside each other.
        head += [f"{paper['to']} {paper['date']}", paper["subject"], paper["greeting"]]
        return [line for line in (*head, *paper["paragraphs"], paper["closing"], paper["name"]) if line.strip()]
    found = head
    for section in paper["sections"]:
        found += [section["heading"], section["text"]]
        for item in section["items"]:
            found += [item["head"], item["when"], *item["lines"]] if section["kind"] == "entries" else [item]
    return [line for line in found if line]


def _section(heading: str, kind: str) -> dict[str, Any]:
    return {"heading": heading, "kind": kind, "items": [], "text": ""}


def _text(heading: str, text: str) -> dict[str, Any]:
    return _section(heading, "text") | {"text": text}


def _list(heading: str, texts: list[str]) -> dict[str, Any]:
    return _section(heading, "list") | {"items": [clean(one) for one in texts if one.strip()]}


def _entries(
    heading: str, entries: Iterable[Entry], lines: Mapping[str, list[str]], language: str
) -> dict[str, Any]:  # fmt: skip
    items = [
        {
            "head": ", ".join(clean(part) for part in (one.position, one.name, one.place) if part),
            "when": span(one.start, one.end, language, current=one.is_current),
            "lines": lines.get(one.id, []),
        }
        for one in entries
    ]
    return _section(heading, "entries") | {"items": items}


def _studies(heading: str, source: Source, language: str) -> dict[str, Any]:
    items = []
    for one in source.skeleton.studies:
        head = ", ".join(part for part in (study_degree(one, source.text), clean(one.school)) if part)
        items.append({"head": head, "when": span(one.start, one.end, language, current=False), "lines": []})
    return _section(heading, "entries") | {"items": items}


def study_degree(one: Study, said: str) -> str:
    """MSc Computer Science, or Bachelor of Nursing where the resume says it so."""
    if not one.area or one.area in one.degree:
        return clean(one.degree)
    joined = re.search(rf"{re.escape(one.degree)}\s+(?:of|in|de|en|für)\s+{re.escape(one.area)}", said)
    if one.degree and joined:
        return clean(" ".join(joined.group().split()))
    apart = ", " if one.degree.isalpha() and one.degree.islower() else " "
    return clean(f"{one.degree}{apart}{one.area}" if one.degree else one.area)


def _skills(skeleton: Skeleton, order: Iterable[str]) -> str:
    known = {one.id: one.text for one in skeleton.skills}
    first = [known[key] for key in dict.fromkeys(order) if key in known]
    return ", ".join([*first, *(text for text in known.values() if text not in first)])


def today(now: datetime, language: str) -> str:
    """The day as the language writes it."""
    with translation.override(language):
        return formats.date_format(timezone.localtime(now).date(), "j F Y" if language != "de" else "j. F Y")
