"""The labelled spans of a resume: the tagger's runs and the rules' findings, reconciled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from candidates.resumes.document import Label
from candidates.resumes.parse.dates import YEAR, DateRange
from candidates.resumes.parse.names import find_name
from candidates.resumes.parse.tagger import Tagged
from candidates.resumes.parse.tokens import Reading
from candidates.resumes.parse.view import clean, trimmed
from candidates.resumes.skills.normalise import find_skills

SPLIT = re.compile(r"\s*(?:[,;|•\n\t]|\s[-–/]\s|\s{2,}|\band\b(?=\s+[A-Z]))\s*")
_LEVEL = re.compile(
    r"\s*[(\[][^)\]]*(?:years?|yrs?|months?|advanced|expert|beginner|basic|proficient|intermediate|fluent)[^)\]]*[)\]]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """One labelled span: offsets, the value as shown, and how sure it is; `dates` where it is a date range."""

    label: Label
    start: int
    end: int
    value: str
    confidence: float
    dates: DateRange | None = None


def _overlaps(start: int, end: int, others: list[Found]) -> bool:
    return any(one.start < end and start < one.end for one in others)


def reconcile(reading: Reading, tagged: list[Tagged]) -> list[Found]:
    """All labelled spans in reading order."""
    found = _contacts(reading)
    name = find_name(reading, tagged)
    if name:
        found.append(Found(Label.NAME, name.start, name.end, name.value, name.confidence))
    found += _tagged(reading, tagged, found)
    found += _times(reading, tagged, found)
    found += _listed_skills(reading, found)
    return sorted(found, key=lambda one: (one.start, one.end))


def _contacts(reading: Reading) -> list[Found]:
    groups = ((Label.EMAIL, reading.emails), (Label.LINK, reading.links), (Label.PHONE, reading.phones))
    return [Found(label, one.start, one.end, one.value, one.confidence) for label, group in groups for one in group]


def _tagged(reading: Reading, tagged: list[Tagged], taken: list[Found]) -> list[Found]:
    """The tagger's spans of the labels it decides alone."""
    found = []
    labels = {
        "TITLE": Label.TITLE, "EMPLOYER": Label.EMPLOYER, "SCHOOL": Label.SCHOOL, "DEGREE": Label.DEGREE,
        "LOCATION": Label.LOCATION, "SKILL": Label.SKILL, "SOFT_SKILL": Label.SKILL,
    }  # fmt: skip
    for one in tagged:
        label = labels.get(one.label)
        if label is None:
            continue
        start, end = trimmed(reading.view, reading.tokens[one.first].start, reading.tokens[one.last - 1].end)
        value = clean(reading.view[start:end])
        if len(value) < 2 and not (label is Label.SKILL and value in ("C", "R")):
            continue
        if label is Label.LOCATION and not any(c.isalpha() for c in value):
            continue
        if not _overlaps(start, end, taken):
            found.append(Found(label, start, end, value, one.confidence))
    return found


def _times(reading: Reading, tagged: list[Tagged], taken: list[Found]) -> list[Found]:
    """Date ranges and durations of work, and graduation years: spans by rule, their meaning by tagger and section."""
    said: dict[str, list[tuple[int, int, float]]] = {"EXPERIENCE": [], "GRADUATION_YEAR": []}
    for one in tagged:
        if one.label in said:
            said[one.label].append((reading.tokens[one.first].start, reading.tokens[one.last - 1].end, one.confidence))
    found: list[Found] = []
    for dates in reading.ranges:
        work = max((c for s, e, c in said["EXPERIENCE"] if s < dates.stop and dates.start < e), default=0.0)
        study = max((c for s, e, c in said["GRADUATION_YEAR"] if s < dates.stop and dates.start < e), default=0.0)
        kind = _kind_at(reading, dates.start)
        if study > work or (not work and kind == "education"):
            year = _last_year(reading.view, dates.start, dates.stop)
            if year and not dates.present:
                found.append(Found(Label.GRADUATION_YEAR, *year, max(study, 0.5), dates))
        elif work or kind in ("experience", "top", "summary", "volunteer"):
            start, end = trimmed(reading.view, dates.start, dates.stop)
            found.append(Found(Label.EXPERIENCE, start, end, clean(reading.view[start:end]), max(work, 0.45), dates))
    for start, end, sure in said["GRADUATION_YEAR"]:
        year = _last_year(reading.view, start, end)
        if year and not _overlaps(start, end, found):
            found.append(Found(Label.GRADUATION_YEAR, *year, sure))
    for match in YEAR.finditer(reading.view):
        if _kind_at(reading, match.start()) == "education" and not _overlaps(
            match.start(), match.end(), [*found, *taken]
        ):
            inside_range = any(r.start <= match.start() < r.stop for r in reading.ranges)
            if not inside_range:
                found.append(Found(Label.GRADUATION_YEAR, match.start(), match.end(), match.group(), 0.4))
    for start, end in reading.durations:
        sure = max((c for s, e, c in said["EXPERIENCE"] if s < end and start < e), default=0.0)
        if (sure or _kind_at(reading, start) in ("top", "summary")) and not _overlaps(start, end, found):
            found.append(Found(Label.EXPERIENCE, start, end, clean(reading.view[start:end]), max(sure, 0.5)))
    for start, end, sure in said["EXPERIENCE"]:
        value = clean(reading.view[start:end])
        if not _overlaps(start, end, found) and sure > 0.5 and any(c.isdigit() for c in value):
            found.append(Found(Label.EXPERIENCE, start, end, value, sure))
    return found


def _kind_at(reading: Reading, offset: int) -> str:
    first, last = reading.token_span(offset, offset + 1)
    return reading.line_kinds[reading.tokens[first].line] if first < last else "top"


def _last_year(view: str, start: int, end: int) -> tuple[int, int, str] | None:
    years = list(YEAR.finditer(view, start, end))
    return (years[-1].start(), years[-1].end(), years[-1].group()) if years else None


def _listed_skills(reading: Reading, taken: list[Found]) -> list[Found]:
    """Entries of skill sections that the tagger passed over: short items between separators, and known skills."""
    found: list[Found] = []
    for section in reading.sections:
        if section.kind != "skills":
            continue
        body = reading.view.find("\n", section.start, section.end)
        start = body + 1 if body >= 0 else section.start
        for skill in find_skills(reading.view[start : section.end]):
            at, end = start + skill.start, start + skill.end
            if not _overlaps(at, end, taken):
                found.append(Found(Label.SKILL, at, end, clean(reading.view[at:end]), 0.6))
    return found
