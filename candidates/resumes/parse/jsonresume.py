"""Writes a JSON Resume (schema 1.0.0) from labelled spans, with a field of evidence for every value in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from candidates.resumes.document import Document, Field, Label, ParsedResume
from candidates.resumes.language import detect
from candidates.resumes.parse.contacts import network_of
from candidates.resumes.parse.entries import Entry, education_entries, work_entries
from candidates.resumes.parse.gazetteers import CITIES, REGIONS, STATE_CODES
from candidates.resumes.parse.languages import find_languages
from candidates.resumes.parse.listed import list_items
from candidates.resumes.parse.spans import Found
from candidates.resumes.parse.tokens import Reading
from candidates.resumes.parse.view import clean
from candidates.resumes.skills.lists import plain
from candidates.resumes.skills.normalise import key_of, normalise_skill, normalise_title

VERSION = "4"
SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
_AREA = re.compile(
    r"^(?P<type>.+?)(?:\s+in\s+|\s*[-:,(]\s*|\s+of\s+(?=(?!Science|Arts|Engineering|Technology|Commerce|Business|Computer|Fine|Education|Law|Philosophy)))(?P<area>.+)$",
    re.IGNORECASE,
)


_DATED = {"certifications": "date", "awards": "date", "publications": "releaseDate"}


class Evidence:
    """Collects fields; a span becomes one field, at the path of the value it supports."""

    def __init__(self, document: Document):
        self._document = document
        self.fields: list[Field] = []

    def add(self, one: Found, path: str = "", concept: str = "") -> None:
        page = self._document.page_at(one.start)
        self.fields.append(
            Field(one.label, one.value, one.start, one.end, page, round(one.confidence, 2), path, concept)
        )


def build(document: Document, reading: Reading, found: Sequence[Found]) -> ParsedResume:
    """The parsed resume of a reading and its labelled spans."""
    evidence = Evidence(document)
    used: set[Found] = set()
    resume: dict[str, Any] = {"$schema": SCHEMA, "basics": _basics(reading, found, evidence, used)}
    resume["work"] = _work(reading, found, evidence, used)
    resume["education"] = _education(reading, found, evidence, used)
    resume["skills"] = _skills(found, evidence, used)
    resume["languages"] = _languages(reading, evidence)
    for kind, key, name in (
        ("certifications", "certificates", "name"),
        ("awards", "awards", "title"),
        ("projects", "projects", "name"),
        ("publications", "publications", "name"),
        ("interests", "interests", "name"),
    ):
        resume[key] = _listed(reading, kind, name=name)
    for one in found:
        if one not in used:
            concept = normalise_title(one.value) if one.label is Label.TITLE else None
            evidence.add(one, "", concept.id if concept else "")
    language, _ = detect(document.text)
    fields = tuple(sorted(evidence.fields, key=lambda field: (field.start, field.end, field.path)))
    return ParsedResume(resume, fields, tuple(reading.sections), language, VERSION, _warnings(resume))


def _warnings(resume: dict[str, Any]) -> tuple[str, ...]:
    basics = resume["basics"]
    missing = [word for word in ("name", "email") if not basics.get(word)]
    if not resume["work"] and not resume["education"]:
        missing.append("work or education")
    return tuple(f"no {word} found" for word in missing)


def _basics(reading: Reading, found: Sequence[Found], evidence: Evidence, used: set[Found]) -> dict[str, Any]:
    basics: dict[str, Any] = {}

    def take(one: Found, path: str, concept: str = "") -> None:
        used.add(one)
        evidence.add(one, path, concept)

    for label, key in ((Label.NAME, "name"), (Label.EMAIL, "email"), (Label.PHONE, "phone")):
        first = next((one for one in found if one.label is label), None)
        if first:
            basics[key] = first.value
            take(first, f"/basics/{key}")
    head_end = _head_end(reading)
    title = next((one for one in found if one.label is Label.TITLE and one.end <= head_end), None)
    if title:
        concept = normalise_title(title.value)
        basics["label"] = title.value
        take(title, "/basics/label", concept.id if concept else "")
    place = next((one for one in found if one.label is Label.LOCATION and one.end <= head_end), None)
    if place:
        basics["location"] = place_of(place.value)
        take(place, "/basics/location")
    profiles: list[dict[str, str]] = []
    for one in found:
        if one.label is Label.LINK:
            network = network_of(one.value)
            if network:
                take(one, f"/basics/profiles/{len(profiles)}/url")
                url = one.value if "://" in one.value else f"https://{one.value}"
                profiles.append({"network": network, "username": url.rstrip("/").split("/")[-1], "url": url})
            elif "url" not in basics and one.end <= head_end:
                basics["url"] = one.value if "://" in one.value else f"https://{one.value}"
                take(one, "/basics/url")
    if profiles:
        basics["profiles"] = profiles
    summary = next((s for s in reading.sections if s.kind == "summary"), None)
    if summary:
        start = reading.view.find("\n", summary.start, summary.end) + 1
        start = start or summary.start
        end = min(summary.end, start + 1500)
        text = clean(reading.view[start:end])
        if len(text) > 30:
            basics["summary"] = text
            take(Found(Label.SUMMARY, start, end, text, 0.8), "/basics/summary")
    return basics


def _head_end(reading: Reading) -> int:
    """Where the head of the resume ends: at the first section that is not one of contact or summary."""
    for section in reading.sections:
        if section.kind not in ("top", "contact", "summary", "personal"):
            return section.start
    return min(len(reading.view), 1500)


def place_of(value: str) -> dict[str, str]:
    """A place as JSON Resume has it, with `city`, `region` or both."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if len(parts) < 2:
        return {"region" if value in STATE_CODES or plain(value) in REGIONS - CITIES else "city": value}
    state = parts[-1].split()[0]
    place = {"city": parts[-2], "region": parts[-1]}
    if state in STATE_CODES:
        place["region"] = state
    return place


def _work(reading: Reading, found: Sequence[Found], evidence: Evidence, used: set[Found]) -> list[dict[str, Any]]:
    work = []
    for number, entry in enumerate(work_entries(reading, found)):
        one: dict[str, Any] = {}
        for label, key in ((Label.EMPLOYER, "name"), (Label.TITLE, "position"), (Label.LOCATION, "location")):
            part = entry.parts.get(label)
            if part:
                one[key] = part.value
                _support(part, f"/work/{number}/{key}", evidence, used)
        dates = entry.parts.get(Label.EXPERIENCE)
        if dates and dates.dates:
            if dates.dates.begin:
                one["startDate"] = dates.dates.begin
            if dates.dates.end and not dates.dates.present:
                one["endDate"] = dates.dates.end
            _support(dates, f"/work/{number}/startDate", evidence, used)
        highlights = _highlights(reading, entry)
        if highlights:
            one["highlights"] = highlights
        work.append(one)
    return work


def _support(part: Found, path: str, evidence: Evidence, used: set[Found]) -> None:
    used.add(part)
    concept = normalise_title(part.value) if part.label is Label.TITLE else None
    evidence.add(part, path, concept.id if concept else "")


def _highlights(reading: Reading, entry: Entry) -> list[str]:
    own = [p for label, p in entry.parts.items() if label not in entry.inherited]
    after = max(p.end for p in own)
    texts: list[str] = []
    for line in reading.lines:
        if line.start < after or line.start >= entry.end:
            continue
        text = clean(line.text)
        if len(text) < 3:
            continue
        if (
            texts
            and not line.text.startswith("•")
            and not line.after_gap
            and not texts[-1].endswith((".", ":"))
            and text[:1].islower()
        ):
            texts[-1] = f"{texts[-1]} {text}"
        else:
            texts.append(text)
    return texts[:40]


def _education(reading: Reading, found: Sequence[Found], evidence: Evidence, used: set[Found]) -> list[dict[str, Any]]:
    education = []
    for number, entry in enumerate(education_entries(reading, found)):
        one: dict[str, Any] = {}
        school = entry.parts.get(Label.SCHOOL)
        if school:
            one["institution"] = school.value
            _support(school, f"/education/{number}/institution", evidence, used)
        degree = entry.parts.get(Label.DEGREE)
        if degree:
            split = _AREA.match(degree.value)
            one["studyType"] = split.group("type").strip(" ,(") if split else degree.value
            if split:
                one["area"] = split.group("area").strip(" )")
            _support(degree, f"/education/{number}/studyType", evidence, used)
        if entry.area and "area" not in one:
            one["area"] = entry.area.value
            _support(entry.area, f"/education/{number}/area", evidence, used)
        year = entry.parts.get(Label.GRADUATION_YEAR)
        if year:
            one["endDate"] = year.dates.end if year.dates and year.dates.end else year.value
            if year.dates and year.dates.begin and year.dates.begin != one["endDate"]:
                one["startDate"] = year.dates.begin
            _support(year, f"/education/{number}/endDate", evidence, used)
        education.append(one)
    return education


def _skills(found: Sequence[Found], evidence: Evidence, used: set[Found]) -> list[dict[str, Any]]:
    skills: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for one in found:
        if one.label is not Label.SKILL:
            continue
        concept = normalise_skill(one.value)
        key = concept.id if concept else key_of(one.value)
        if key not in seen:
            seen[key] = len(skills)
            skills.append({"name": one.value, "keywords": [concept.label]} if concept else {"name": one.value})
        used.add(one)
        evidence.add(one, f"/skills/{seen[key]}/name", concept.id if concept else "")
    return skills


def _languages(reading: Reading, evidence: Evidence) -> list[dict[str, str]]:
    languages: list[dict[str, str]] = []
    for one in find_languages(reading):
        evidence.add(
            Found(Label.LANGUAGE, one.start, one.end, one.language, one.confidence),
            f"/languages/{len(languages)}/language",
        )
        languages.append(
            {"language": one.language, "fluency": one.fluency} if one.fluency else {"language": one.language}
        )
    return languages


def _listed(reading: Reading, kind: str, *, name: str) -> list[dict[str, Any]]:
    """The items of a kind with the keys that the schema has for it."""
    listed = []
    for item in list_items(reading, kind):
        if kind == "projects":
            listed.append(item)
            continue
        one = {name: item["name"]}
        key = _DATED.get(kind)
        if key and (day := item.get("endDate") or item.get("startDate")):
            one[key] = day
        if kind == "publications" and "highlights" in item:
            one["summary"] = " ".join(item["highlights"])
        listed.append(one)
    return listed
