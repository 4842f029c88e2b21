"""The labelled spans of a resume: the tagger's runs and the rules' findings, reconciled."""

from __future__ import annotations

import re

from candidates.resumes.document import Label
from candidates.resumes.parse.headings import kind_of
from candidates.resumes.parse.heads import complete
from candidates.resumes.parse.languages import levelled
from candidates.resumes.parse.names import Name, find_name
from candidates.resumes.parse.schools import with_schools
from candidates.resumes.parse.spans import Found, overlaps
from candidates.resumes.parse.tagger import Tagged
from candidates.resumes.parse.times import find_times
from candidates.resumes.parse.tokens import Reading, Token
from candidates.resumes.parse.view import clean, trimmed
from candidates.resumes.skills.normalise import find_skills, key_of

_TAGGED = {
    "TITLE": Label.TITLE,
    "EMPLOYER": Label.EMPLOYER,
    "SCHOOL": Label.SCHOOL,
    "DEGREE": Label.DEGREE,
    "LOCATION": Label.LOCATION,
    "SKILL": Label.SKILL,
    "SOFT_SKILL": Label.SKILL,
}


def reconcile(reading: Reading, tagged: list[Tagged], name: Name | None) -> list[Found]:
    """All labelled spans in reading order; where the rules found no name, the tagger's word is taken."""
    found = _contacts(reading)
    name = name or find_name(reading, tagged)
    if name:
        found.append(Found(Label.NAME, name.start, name.end, name.value, name.confidence))
    found += _tagged(reading, tagged, found)
    found = with_schools(reading, found)
    found += find_times(reading, tagged, found)
    found = complete(reading, found)
    found += _listed_skills(reading, found)
    spoken = levelled(reading)
    found = [one for one in found if one.label is not Label.SKILL or not _is_in(one, spoken)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _is_in(one: Found, spans: list[tuple[int, int]]) -> bool:
    return any(start <= one.start and one.end <= end for start, end in spans)


def _contacts(reading: Reading) -> list[Found]:
    groups = ((Label.EMAIL, reading.emails), (Label.LINK, reading.links), (Label.PHONE, reading.phones))
    return [Found(label, one.start, one.end, one.value, one.confidence) for label, group in groups for one in group]


def _tagged(reading: Reading, tagged: list[Tagged], taken: list[Found]) -> list[Found]:
    """The tagger's spans of the labels it decides alone."""
    found: list[Found] = []
    for one in tagged:
        label = _TAGGED.get(one.label)
        if label is None:
            continue
        start, end = trimmed(reading.view, reading.tokens[one.first].start, reading.tokens[one.last - 1].end)
        value = clean(reading.view[start:end])
        if len(value) < 2 and not (label is Label.SKILL and value in ("C", "R")):
            continue
        if label is Label.LOCATION and not any(c.isalpha() for c in value):
            continue
        if overlaps(start, end, taken) or (label is Label.SKILL and _is_no_skill(reading.view, value, end)):
            continue
        found += _parted(reading, Found(label, start, end, value, one.confidence))
    names = {key_of(one.value) for one in taken if one.label is Label.NAME}
    # A running head ("Jane Doe, page 2") is neither employer nor place.
    return [one for one in found if key_of(re.sub(r"[\d/]+$", "", one.value)) not in names]


def _is_no_skill(view: str, value: str, end: int) -> bool:
    after = view[end : end + 6].lower()
    return (
        value.startswith("@")
        or value.isdigit()
        or bool(kind_of(value))
        or (value.lower() == "less" and after.startswith(" than"))
    )


def _parted(reading: Reading, one: Found) -> list[Found]:
    """A span the tagger drew too long: the place after a school or firm, the title after a firm."""
    first, last = reading.token_span(one.start, one.end)
    tokens = reading.tokens[first:last]
    if one.label is Label.TITLE:
        return _firm_before_title(reading, one, tokens)
    if one.label not in (Label.EMPLOYER, Label.SCHOOL):
        return [one]
    for at in range(len(tokens) - 2, 0, -1):
        if tokens[at].text not in ",-–—|":
            continue
        rest = [t for t in tokens[at + 1 :] if t.text not in ",-–—|."]
        dashed = tokens[at].text != ","
        if rest and all("PLACE" in t.marks for t in rest) and (dashed or one.label is Label.EMPLOYER):
            label = Label.LOCATION
        elif one.label is Label.EMPLOYER and 2 <= len(rest) <= 5 and "TITLEHEAD" in rest[-1].marks:
            label = Label.TITLE
        else:
            continue
        head = trimmed(reading.view, one.start, tokens[at - 1].end)
        tail = trimmed(reading.view, tokens[at + 1].start, one.end)
        parts = ((one.label, head), (label, tail))
        return [Found(kind, start, end, clean(reading.view[start:end]), one.confidence) for kind, (start, end) in parts]
    return [one]


def _firm_before_title(reading: Reading, one: Found, tokens: list[Token]) -> list[Found]:
    """ "Acme Research, Research Intern" tagged as one title: the part before the comma names no occupation."""
    comma = next((at for at, token in enumerate(tokens) if token.text == ","), 0)
    if not comma or comma + 1 >= len(tokens):
        return [one]
    head, tail = tokens[:comma], tokens[comma + 1 :]
    if any(t.marks & {"TITLEHEAD", "RANK"} for t in head) or all(t.marks & {"SKILL", "TITLE"} for t in head):
        return [one]
    if len(tail) > 4 or "TITLEHEAD" not in tail[-1].marks:
        return [one]
    spans = ((Label.EMPLOYER, head[0].start, head[-1].end), (Label.TITLE, tail[0].start, tail[-1].end))
    return [Found(label, start, end, clean(reading.view[start:end]), one.confidence) for label, start, end in spans]


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
            if not overlaps(at, end, taken):
                found.append(Found(Label.SKILL, at, end, clean(reading.view[at:end]), 0.6))
    return found
