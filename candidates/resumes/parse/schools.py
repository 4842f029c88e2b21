"""Schools of German, French and Spanish names, which say by a word of their own that they are one.

The tagger learned English resumes: "2014 – 2018 Universität Leipzig, Informatik" has no degree for it to hold on to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from candidates.resumes.document import Label
from candidates.resumes.parse.gazetteers import SCHOOL_ENDINGS, SCHOOL_SHORT_FORMS, SCHOOL_WORDS_ELSEWHERE
from candidates.resumes.parse.spans import Found, overlaps
from candidates.resumes.parse.tokens import PERSON, Reading, Token
from candidates.resumes.parse.view import clean, trimmed

LONGEST_LINE = 110
MOST_WORDS = 9
SURE = 0.5
_BREAK = frozenset(",|;:–—•()[]/")
_NO_NAME = frozenset(("MONTH", "YEAR", "DATE", "RANGE", "DURATION", "EMAIL", "LINK", "PHONE", PERSON))
# "Université Lyon 2", "Paris 13": French universities have numbers.
_NUMBER = re.compile(r"1?\d")
# What a school may have been taken for; a degree stays one where a word says so.
_MISTAKEN = frozenset((Label.SCHOOL, Label.LOCATION, Label.DEGREE, Label.EMPLOYER, Label.TITLE, Label.SKILL))


def is_school_word(token: Token) -> bool:
    """Whether a word says, in one of these languages, that its name is that of a school."""
    low = token.text.lower()
    return (
        low in SCHOOL_WORDS_ELSEWHERE
        or token.text in SCHOOL_SHORT_FORMS
        or (token.text[:1].isupper() and low.endswith(SCHOOL_ENDINGS))
    )


def with_schools(reading: Reading, found: Sequence[Found]) -> list[Found]:
    """The spans with schools and fields of study of education sections that were passed over or taken for a place."""
    spans = list(found)
    for number, line in enumerate(reading.lines):
        if reading.line_kinds[number] != "education" or line.end - line.start > LONGEST_LINE:
            continue
        if "HEADING" in reading.line_marks[number] or line.text.endswith("."):
            continue
        runs = list(_runs(reading, number))
        at = next((i for i, run in enumerate(runs) if _is_school(run)), None)
        if at is None:
            continue
        school = _made(reading, Label.SCHOOL, runs[at])
        if not any(one.label is Label.SCHOOL and _holds(reading, one, school) for one in spans):
            spans = [part for one in spans for part in _beside(reading, one, school)]
            spans.append(school)
        field = _field(reading, number, runs[at + 1 :], spans)
        if field is not None:
            spans = [one for one in spans if not overlaps(one.start, one.end, [field])]
            spans.append(field)
    return spans


def _runs(reading: Reading, number: int) -> Iterator[list[Token]]:
    """The words of a line between commas, dashes and dates."""
    line = reading.lines[number]
    first, last = reading.token_span(line.start, line.end)
    run: list[Token] = []
    for token in reading.tokens[first:last]:
        if token.marks & _NO_NAME or token.text in _BREAK or (token.text == "-" and _is_dash(reading, token)):
            if run:
                yield run
            run = []
        else:
            run.append(token)
    if run:
        yield run


def _is_dash(reading: Reading, token: Token) -> bool:
    around = reading.view[max(0, token.start - 1) : token.end + 1]
    return not (len(around) == 3 and around[0].isalnum() and around[2].isalnum())


def _is_school(run: Sequence[Token]) -> bool:
    words = [token for token in run if token.text[0].isalnum()]
    if not 1 < len(words) <= MOST_WORDS or not words[0].text[0].isupper():
        return False
    numbers = [token for token in words if token.text[0].isdigit()]
    if numbers and (numbers != words[-1:] or not _NUMBER.fullmatch(numbers[0].text)):
        return False
    return any(is_school_word(token) for token in words) and not any("DEGREE" in token.marks for token in words)


def _made(reading: Reading, label: Label, run: Sequence[Token]) -> Found:
    start, end = trimmed(reading.view, run[0].start, run[-1].end)
    return Found(label, start, end, clean(reading.view[start:end]), SURE)


def _holds(reading: Reading, one: Found, school: Found) -> bool:
    """Whether the tagger drew this school already, with at least as much of its name and nothing of another line."""
    return one.start <= school.start and school.end <= one.end and "\n" not in reading.view[one.start : one.end]


def _beside(reading: Reading, one: Found, school: Found) -> list[Found]:
    """What is left of a span when the school is taken out of it."""
    if not overlaps(one.start, one.end, [school]) or one.label not in _MISTAKEN:
        return [one]
    first, last = reading.token_span(one.start, one.end)
    tokens = reading.tokens[first:last]
    parts = ([t for t in tokens if t.end <= school.start], [t for t in tokens if t.start >= school.end])
    kept = [[t for t in part if t.text[0].isalnum()] for part in parts]
    if one.label is Label.LOCATION:
        # "Leipzig, Informatik" was a place for the town alone.
        kept = [part for part in kept if any("PLACE" in token.marks for token in part)]
    return [_made(reading, one.label, part) for part in kept if part and one.label is not Label.SCHOOL]


def _field(reading: Reading, number: int, after: Sequence[list[Token]], spans: Sequence[Found]) -> Found | None:
    """The field of study: what follows the school on its line, or all that the line below says."""
    for run in after:
        if _is_field(run):
            made = _made(reading, Label.DEGREE, run)
            taken = [one for one in spans if overlaps(made.start, made.end, [one])]
            return made if all(one.label in _MISTAKEN - {Label.LOCATION, Label.SCHOOL} for one in taken) else None
    if after or number + 1 >= len(reading.lines) or reading.lines[number + 1].after_gap:
        return None
    below = list(_runs(reading, number + 1))
    marks = reading.line_marks[number + 1]
    if (
        len(below) != 1
        or reading.line_kinds[number + 1] != "education"
        or marks & {"HEADING", "BULLET", "RANGE", "YEAR"}
    ):
        return None
    made = _made(reading, Label.DEGREE, below[0])
    return made if _is_field(below[0]) and not overlaps(made.start, made.end, spans) else None


def _is_field(run: Sequence[Token]) -> bool:
    words = [token for token in run if token.text[0].isalnum()]
    if not 1 <= len(words) <= MOST_WORDS or not words[0].text[0].isupper() or len(words[0].text) < 3:
        return False
    if any(is_school_word(token) or token.text[0].isdigit() or "DEGREE" in token.marks for token in words):
        return False
    return not all("PLACE" in token.marks for token in words)
