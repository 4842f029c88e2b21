"""Date ranges and durations of work, and graduation years: spans by rule, their meaning by tagger and section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from candidates.resumes.document import Label
from candidates.resumes.parse.dates import NUMBER_WORD, YEAR
from candidates.resumes.parse.schools import is_school_word
from candidates.resumes.parse.spans import Found, overlaps
from candidates.resumes.parse.tagger import Tagged
from candidates.resumes.parse.tokens import Reading
from candidates.resumes.parse.view import clean, trimmed

_IN_RANGE = re.compile(r"(?<=[/.])(?:19|20)\d\d(?!\d)")
_NUMBER = re.compile(rf"\d|\b{NUMBER_WORD}", re.IGNORECASE)
OTHER_SECTIONS = frozenset(("experience", "volunteer", "projects", "certifications", "awards", "publications"))
"""Where years are not those of a graduation, if the resume has a section for education."""
WORK_SECTIONS = frozenset(("experience", "top", "summary", "volunteer"))


def find_times(reading: Reading, tagged: Sequence[Tagged], found: Sequence[Found]) -> list[Found]:
    """What the resume says of when: EXPERIENCE spans (ranges and durations) and GRADUATION_YEAR spans (the year)."""
    work = _said(reading, tagged, "EXPERIENCE")
    study = _said(reading, tagged, "GRADUATION_YEAR")
    times = _ranges(reading, tagged, work, study, _by_schools(reading, found))
    ranged = [(one.dates.start, one.dates.stop) for one in times if one.dates]
    times += [
        one
        for one in _tagged_years(reading, study)
        if not overlaps(one.start, one.end, times) and not any(start <= one.start < stop for start, stop in ranged)
    ]
    times += [one for one in _untagged_years(reading, found) if not overlaps(one.start, one.end, (*times, *found))]
    times += [one for one in _durations(reading, work) if not overlaps(one.start, one.end, times)]
    times += [
        Found(Label.EXPERIENCE, start, end, clean(reading.view[start:end]), sure)
        for start, end, sure in work
        if sure > 0.5 and any(c.isdigit() for c in reading.view[start:end]) and not overlaps(start, end, times)
    ]
    return times


def _said(reading: Reading, tagged: Sequence[Tagged], label: str) -> list[tuple[int, int, float]]:
    tokens = reading.tokens
    return [(tokens[t.first].start, tokens[t.last - 1].end, t.confidence) for t in tagged if t.label == label]


def _sure(spans: list[tuple[int, int, float]], start: int, end: int) -> float:
    return max((sure for s, e, sure in spans if s < end and start < e), default=0.0)


def _is_of_course(reading: Reading, offset: int, tagged: Sequence[Tagged], by_schools: set[int]) -> bool:
    """Whether dates of an education section stand by a degree or school, not by a post told of there."""
    if offset in by_schools:
        return True
    line = reading.tokens[reading.token_span(offset, offset + 1)[0]].line
    by_line = [(reading.tokens[t.first].line, t.label) for t in tagged]
    beside = {label for at, label in by_line if at == line}
    if beside & {"TITLE", "EMPLOYER"}:
        return False
    before = [label for at, label in by_line if line - 6 < at <= line and label in ("SCHOOL", "DEGREE", "TITLE")]
    return bool(beside & {"SCHOOL", "DEGREE"}) or before[-1:] in (["SCHOOL"], ["DEGREE"])


def _by_schools(reading: Reading, found: Sequence[Found]) -> set[int]:
    """Where ranges begin that stand on the line of a school of `schools.py`, or alone on the line above it."""
    schools = set()
    for one in found:
        tokens = reading.tokens[slice(*reading.token_span(one.start, one.end))] if one.label is Label.SCHOOL else []
        if any(is_school_word(token) for token in tokens):
            schools.add(tokens[0].line)
    begins = set()
    for number in schools | {one - 1 for one in schools if one}:
        line = reading.lines[number]
        here = [one for one in reading.ranges if line.start <= one.start < line.end]
        alone = sum(one.stop - one.start for one in here) > 0.8 * (line.end - line.start)
        begins |= {one.start for one in here if alone or number in schools}
    return begins


def _ranges(
    reading: Reading,
    tagged: Sequence[Tagged],
    work: list[tuple[int, int, float]],
    study: list[tuple[int, int, float]],
    by_schools: set[int],
) -> list[Found]:
    found = []
    for dates in reading.ranges:
        at_work, at_school = _sure(work, dates.start, dates.stop), _sure(study, dates.start, dates.stop)
        kind = kind_at(reading, dates.start)
        if kind == "education" and at_work and _is_of_course(reading, dates.start, tagged, by_schools):
            at_school, at_work = max(at_school, 0.5), 0.0
        elif kind in OTHER_SECTIONS and at_work:
            at_school = 0.0
        if at_school > at_work or (not at_work and kind == "education"):
            year = _last_year(reading.view, dates.start, dates.stop, beside_month=dates.start in by_schools)
            if year and not dates.present:
                found.append(Found(Label.GRADUATION_YEAR, *year, max(at_school, 0.5), dates))
        elif at_work or kind in WORK_SECTIONS:
            start, end = trimmed(reading.view, dates.start, dates.stop)
            value = clean(reading.view[start:end])
            found.append(Found(Label.EXPERIENCE, start, end, value, max(at_work, 0.45), dates))
    return found


def _tagged_years(reading: Reading, study: list[tuple[int, int, float]]) -> list[Found]:
    headed = "education" in reading.line_kinds
    years = [
        (_last_year(reading.view, start, end), sure)
        for start, end, sure in study
        if not (headed and kind_at(reading, start) in OTHER_SECTIONS)
    ]
    return [Found(Label.GRADUATION_YEAR, *year, sure) for year, sure in years if year]


def _untagged_years(reading: Reading, found: Sequence[Found]) -> list[Found]:
    """Years of the education section that stand beside a school or a degree."""
    lines = set()
    for one in found:
        if one.label in (Label.SCHOOL, Label.DEGREE):
            first, last = reading.token_span(one.start, one.end)
            lines |= {token.line for token in reading.tokens[first:last]}
    years = []
    for match in YEAR.finditer(reading.view):
        first, last = reading.token_span(match.start(), match.end())
        if first >= last or any(r.start <= match.start() < r.stop for r in reading.ranges):
            continue
        line = reading.tokens[first].line
        if reading.line_kinds[line] == "education" and {line - 1, line, line + 1} & lines:
            years.append(Found(Label.GRADUATION_YEAR, match.start(), match.end(), match.group(), 0.4))
    return years


def _durations(reading: Reading, work: list[tuple[int, int, float]]) -> list[Found]:
    found = []
    for start, end in reading.durations:
        sure = _sure(work, start, end)
        if sure or kind_at(reading, start) in ("top", "summary"):
            found.append(Found(Label.EXPERIENCE, start, end, bare_duration(reading.view[start:end]), max(sure, 0.5)))
    return found


def bare_duration(text: str) -> str:
    """The length alone: "5+ years" of "more than 5+ years"."""
    number = _NUMBER.search(text)
    return clean(text[number.start() :] if number else text).rstrip(".'")


def kind_at(reading: Reading, offset: int) -> str:
    """The kind of section that an offset lies in."""
    first, last = reading.token_span(offset, offset + 1)
    return reading.line_kinds[reading.tokens[first].line] if first < last else "top"


def _last_year(view: str, start: int, end: int, *, beside_month: bool = False) -> tuple[int, int, str] | None:
    """The last year between these; with `beside_month` also one of "10/2010 – 09/2013"."""
    years = list(YEAR.finditer(view, start, end)) or (
        list(_IN_RANGE.finditer(view, start, end)) if beside_month else []
    )
    return (years[-1].start(), years[-1].end(), years[-1].group()) if years else None
