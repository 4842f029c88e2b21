"""Tokens of a resume with what the word lists and rules say of each: the tagger's eyes."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from candidates.resumes.document import Section
from candidates.resumes.parse import gazetteers
from candidates.resumes.parse.contacts import Contact, find_emails, find_links, find_phones
from candidates.resumes.parse.dates import POINT, YEAR, DateRange, find_durations, find_ranges
from candidates.resumes.parse.headings import SectionIndex, find_sections, kind_of
from candidates.resumes.parse.view import FILLER, Line, readable
from candidates.resumes.skills.lists import plain
from candidates.resumes.skills.normalise import skills, titles

TOKEN = re.compile(
    r"\.net\b|(?:[A-Z][a-z]{0,3}\.){1,5}[A-Z][A-Za-z]{0,5}\.?(?![a-z])|c\+\+|[cf]\#"
    r"|[^\W_]+(?:\u2060+[^\W_]+)*(?:['’`][a-z]{1,2}\b)?|[^\w\s\u2060]|_+",
    re.IGNORECASE,
)
PERSON = "PERSON"
"""The only mark of a token of the person's own name."""

LIMIT = 9000
"""Tokens looked at; a resume of 15 dense pages has about 8,000."""


@dataclass(slots=True)
class Token:
    """One token: offsets, its text without fillers, and the marks that word lists and rules put on it."""

    start: int
    end: int
    text: str
    line: int
    marks: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Reading:
    """Everything found in a text before the tagger looks at it."""

    text: str
    view: str
    sections: list[Section]
    lines: list[Line]
    tokens: list[Token]
    emails: list[Contact]
    links: list[Contact]
    phones: list[Contact]
    ranges: list[DateRange]
    durations: list[tuple[int, int]]
    line_marks: list[set[str]]
    line_kinds: list[str]
    starts: list[int]

    def token_span(self, start: int, end: int) -> tuple[int, int]:
        """Indices of the tokens that a span of the text touches (end exclusive)."""
        first = max(0, bisect_right(self.starts, start) - 1)
        if self.tokens and self.tokens[first].end <= start:
            first += 1
        last = first
        while last < len(self.tokens) and self.tokens[last].start < end:
            last += 1
        return first, last


def read(text: str) -> Reading:
    """Cut a text into sections, lines and tokens and put every rule's finding on the tokens."""
    view = readable(text)
    sections, lines = find_sections(view)
    emails = find_emails(view)
    links = find_links(view, emails)
    phones = find_phones(view, [*emails, *links])
    ranges = find_ranges(view)
    durations = find_durations(view)
    index = SectionIndex(sections)
    tokens: list[Token] = []
    solid = sorted((c.start, c.end, mark) for group, mark in ((emails, "EMAIL"), (links, "LINK")) for c in group)
    for number, line in enumerate(lines):
        at = line.start
        for start, end, mark in [s for s in solid if line.start <= s[0] < line.end]:
            _cut(view, at, start, number, tokens)
            tokens.append(Token(start, end, view[start:end].replace(FILLER, ""), number, {mark}))
            at = max(at, end)
        _cut(view, at, line.end, number, tokens)
        if len(tokens) > LIMIT:
            break
    kinds = [index.kind_at(one.start) for one in lines]
    starts = [token.start for token in tokens]
    reading = Reading(text, view, sections, lines, tokens, emails, links, phones, ranges, durations, [], kinds, starts)
    _mark(reading)
    return reading


def _cut(view: str, start: int, end: int, line: int, tokens: list[Token]) -> None:
    tokens += [
        Token(match.start(), match.end(), match.group().replace(FILLER, ""), line)
        for match in TOKEN.finditer(view, start, end)
    ]


def _mark(reading: Reading) -> None:
    _mark_words(reading)
    _mark_spans(reading)
    _mark_places(reading)
    _mark_phrases(reading)
    mark_lines(reading)


def mark_lines(reading: Reading) -> None:
    """Gather the marks of the tokens, and what the line itself shows, by line."""
    reading.line_marks = [set() for _ in reading.lines]
    for token in reading.tokens:
        reading.line_marks[token.line] |= token.marks & LINE_MARKS
    for number, line in enumerate(reading.lines):
        if kind_of(line.text):
            reading.line_marks[number].add("HEADING")
        if line.text.startswith("•"):
            reading.line_marks[number].add("BULLET")
        if line.text.endswith("."):
            reading.line_marks[number].add("SENTENCE")


LINE_MARKS = frozenset(
    ("TITLEHEAD", "COMPANY", "SCHOOLWORD", "DEGREE", "RANGE", "YEAR", "PLACE", "EMAIL", "GIVEN", "TITLE", "SKILL")
)


_WORD_MARKS = (
    ("RANK", gazetteers.SENIORITY),
    ("SCHOOLWORD", gazetteers.SCHOOL_WORDS),
    ("COMPANY", gazetteers.COMPANY_WORDS),
    ("MONTH", gazetteers.MONTHS),
    ("NOTNAME", gazetteers.NAME_STOP),
)


def _mark_words(reading: Reading) -> None:
    given, family = gazetteers.given_names(), gazetteers.family_names()
    for token in reading.tokens:
        low = token.text.lower()
        marks = token.marks
        if not low[0].isalpha():
            if low == ".net":
                marks.add("SKILL")
            continue
        marks.update(mark for mark, words in _WORD_MARKS if low in words)
        if gazetteers.is_title_head(low):
            marks.add("TITLEHEAD")
        if low in gazetteers.DEGREE_WORDS and (len(low) > 3 or not low.isalpha() or token.text[:1].isupper()):
            marks.add("DEGREE")
        if "NOTNAME" not in marks and (token.text[0].isupper() or token.line < 3):
            name = plain(low)
            marks.update(mark for mark, names in (("GIVEN", given), ("FAMILY", family)) if name in names)


def _mark_spans(reading: Reading) -> None:
    for one in reading.ranges:
        _span(reading, one.start, one.stop, "RANGE")
    for start, end in reading.durations:
        _span(reading, start, end, "DURATION")
    for phone in reading.phones:
        _span(reading, phone.start, phone.end, "PHONE")
    for match in POINT.finditer(reading.view):
        _span(reading, match.start(), match.end(), "DATE")
    for match in YEAR.finditer(reading.view):
        _span(reading, match.start(), match.end(), "YEAR")


def _span(reading: Reading, start: int, end: int, mark: str) -> None:
    first, last = reading.token_span(start, end)
    for at in range(first, last):
        reading.tokens[at].marks.add(mark)
        reading.tokens[at].marks.add(("B-" if at == first else "I-") + mark)


def _mark_places(reading: Reading) -> None:
    places, starts = gazetteers.places(), gazetteers.place_starts()
    tokens = reading.tokens
    at = 0
    while at < len(tokens):
        token = tokens[at]
        low = token.text.lower()
        if not token.text[0].isupper():
            at += 1
            continue
        reach = starts.get(low, 0)
        for count in range(min(reach, 4), 0, -1):
            words = tokens[at : at + count]
            if len(words) == count and " ".join(w.text.lower() for w in words) in places:
                for word in words:
                    word.marks.add("PLACE")
                at += count
                break
        else:
            if (
                token.text in gazetteers.STATE_CODES
                and at
                and (tokens[at - 1].text == "," or "PLACE" in tokens[at - 1].marks)
            ):
                token.marks.update(("PLACE", "STATE"))
            at += 1


def _mark_phrases(reading: Reading) -> None:
    for phrases, mark in ((skills(), "SKILL"), (titles(), "TITLE")):
        for span in phrases.find(reading.view):
            first, last = reading.token_span(span.start, span.end)
            for at in range(first, last):
                reading.tokens[at].marks.add(mark)
