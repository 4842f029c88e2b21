"""Completes the head lines of positions and courses: what stands there between the spans that the tagger knew.

A firm or school that no list knows is told by its place, beside the title, dates or town of its entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from candidates.resumes.document import Label
from candidates.resumes.parse.gazetteers import NAME_PARTICLES, TITLE_HEADS_ELSEWHERE
from candidates.resumes.parse.spans import Found, overlaps
from candidates.resumes.parse.tokens import PERSON, Reading, Token
from candidates.resumes.parse.view import clean, trimmed

WORK = frozenset(("experience", "volunteer"))
SHORT = 110
"""Characters of the longest line that is still taken for the head of an entry."""
SURE = 0.45
_SMALL = NAME_PARTICLES | {"of", "and", "for", "the", "in", "at", "on", "by", "to", "&"}
_WITH = frozenset(("bei", "chez"))
_BREAK = frozenset(",|;:–—•()[]/-")
_HEADS = frozenset((Label.TITLE, Label.EMPLOYER, Label.EXPERIENCE, Label.LOCATION))
_NO_NAME = frozenset(("MONTH", "YEAR", "DATE", "RANGE", "DURATION", "EMAIL", "LINK", "PHONE", PERSON))
_BETWEEN = {Label.TITLE: re.compile(r" ?& ?"), Label.LOCATION: re.compile(r"-[a-z]{1,6}, ?")}
_OF_COUNTRY = re.compile(r" of [A-Z][a-z]+")
_AWAY = frozenset(("remote", "hybrid", "onsite"))


def complete(reading: Reading, found: Sequence[Found]) -> list[Found]:
    """The spans with those split that hold two things, and with the employers, titles and schools that were missing."""
    names = [one for one in found if one.label is Label.NAME]
    spans: list[Found] = []
    for one in found:
        spans += _split(reading, one)
    spans = [one for one in spans if not (one.label is Label.EMPLOYER and _is_person(one, names))]
    spans = _joined(reading, [_whole_country(reading, one) for one in spans])
    spans = _placed(reading, spans)
    spans += _missing(reading, spans)
    return sorted(spans, key=lambda one: (one.start, one.end))


def _is_person(one: Found, names: list[Found]) -> bool:
    words = set(re.findall(r"[^\W\d_]+", one.value.casefold()))
    return any(words <= set(re.findall(r"[^\W\d_]+", name.value.casefold())) for name in names)


def _made(reading: Reading, label: Label, tokens: Sequence[Token], sure: float) -> Found:
    start, end = trimmed(reading.view, tokens[0].start, tokens[-1].end)
    return Found(label, start, end, clean(reading.view[start:end]), sure)


def _split(reading: Reading, one: Found) -> list[Found]:
    first, last = reading.token_span(one.start, one.end)
    tokens = reading.tokens[first:last]
    if (
        one.label is Label.DEGREE
        and tokens
        and all(t.marks & {"SCHOOLWORD", "DEGREE"} == {"SCHOOLWORD"} for t in tokens)
    ):
        after = reading.tokens[last : last + 2]
        if len(after) == 2 and after[0].text == after[1].text and after[0].line == tokens[0].line:
            tokens = [*tokens, after[0]]
        one = _made(reading, Label.SCHOOL, tokens, one.confidence)
    if len(tokens) < 2:
        return [one]
    splits: dict[Label, Callable[[Reading, Found, list[Token]], list[Found]]] = {
        Label.DEGREE: _school_in_degree,
        Label.SCHOOL: _degree_before_school,
        Label.EMPLOYER: _post_in_employer,
        Label.TITLE: _firm_in_title,
    }
    if one.label in splits:
        return splits[one.label](reading, one, tokens)
    if one.label is Label.LOCATION and tokens[0].text == tokens[1].text:
        # "NIT Trichy   Trichy, India": the first belongs to what stands before.
        return [_made(reading, Label.LOCATION, tokens[1:], one.confidence)]
    return [one]


def _firm_in_title(reading: Reading, one: Found, tokens: list[Token]) -> list[Found]:
    """ "Teamleiterin bei Nordlicht GmbH", "Comptable chez Lumière": what stands behind the word is the firm."""
    at = next((i for i, t in enumerate(tokens) if t.text.lower() in _WITH and i), None)
    if at is None:
        return [one]
    parts = ((Label.TITLE, tokens[:at]), (Label.EMPLOYER, tokens[at + 1 :]))
    return [_made(reading, label, words, one.confidence) for label, words in parts if words]


def _school_in_degree(reading: Reading, one: Found, tokens: list[Token]) -> list[Found]:
    """ "BS Boğaziçi University, Computer Engineering": degree, school and field in one span."""
    at = next((i for i, t in enumerate(tokens) if "SCHOOLWORD" in t.marks), None)
    if at is None or "DEGREE" in tokens[at].marks or tokens[at].text.lower() in ("school", "board", "campus"):
        return [one]
    first = at
    while first and _is_named(tokens[first - 1]) and "DEGREE" not in tokens[first - 1].marks:
        first -= 1
    after = at + 1
    if after < len(tokens) and tokens[after].text.lower() == "of":
        while after < len(tokens) and (_is_named(tokens[after]) or tokens[after].text.lower() in _SMALL):
            after += 1
    while first < at and tokens[first].text.lower() in _SMALL:
        first += 1
    school = tokens[first:after]
    if len(school) < 2 and len(school[0].text) > 5:
        return [one]
    parts = [(Label.DEGREE, tokens[:first]), (Label.SCHOOL, school), (Label.DEGREE, tokens[after:])]
    made = [
        _made(reading, label, words, one.confidence) for label, words in parts if any(t.text.isalnum() for t in words)
    ]
    return [part for part in made if len(part.value) > 1] or [one]


def _degree_before_school(reading: Reading, one: Found, tokens: list[Token]) -> list[Found]:
    """ "BS Boğaziçi University": the degree belongs to itself."""
    short = tokens[0].text.isupper() or "." in tokens[0].text
    if not short or tokens[0].marks & {"DEGREE", "SCHOOLWORD"} != {"DEGREE"}:
        return [one]
    parts = ((Label.DEGREE, tokens[:1]), (Label.SCHOOL, tokens[1:]))
    return [_made(reading, label, words, one.confidence) for label, words in parts]


def _post_in_employer(reading: Reading, one: Found, tokens: list[Token]) -> list[Found]:
    """An employer that ends in where the work is done, runs on into a title below, or is a title itself."""
    breaks = [i for i in range(1, len(tokens)) if tokens[i].line != tokens[i - 1].line]
    parts: list[Found] = []
    if len(breaks) == 1 and "TITLEHEAD" in tokens[-1].marks:
        parts.append(_made(reading, Label.TITLE, tokens[breaks[0] :], one.confidence))
        tokens = tokens[: breaks[0]]
    if len(tokens) > 1 and tokens[-1].text.lower() in _AWAY:
        parts.append(_made(reading, Label.LOCATION, tokens[-1:], one.confidence))
        tokens = tokens[:-1]
    words = [t for t in tokens if t.text[0].isalnum()]
    title = bool(words) and all(t.marks & {"TITLEHEAD", "RANK"} and "COMPANY" not in t.marks for t in words)
    if title:
        return [_made(reading, Label.TITLE, tokens, one.confidence), *parts]
    return [_made(reading, Label.EMPLOYER, tokens, one.confidence) if parts else one, *reversed(parts)]


def _whole_country(reading: Reading, one: Found) -> Found:
    """ "Republic of Korea" where the tagger stopped at the first word."""
    rest = _OF_COUNTRY.match(reading.view, one.end)
    if one.label is not Label.LOCATION or not rest or not one.value.endswith(("Republic", "Kingdom", "Emirates")):
        return one
    return replace(one, end=rest.end(), value=clean(reading.view[one.start : rest.end()]))


def _joined(reading: Reading, spans: list[Found]) -> list[Found]:
    """Two posts held at once ("Founder & Engineer") and the parts of one place ("Mapo-gu, Seoul") as one span each."""
    joined: list[Found] = []
    for one in sorted(spans, key=lambda span: (span.start, span.end)):
        before = joined[-1] if joined else None
        between = _BETWEEN.get(one.label)
        near = before is not None and before.label is one.label and before.end < one.start
        if before and near and between and between.fullmatch(reading.view, before.end, one.start):
            value = clean(reading.view[before.start : one.end])
            sure = min(before.confidence, one.confidence)
            joined[-1] = replace(before, end=one.end, value=value, confidence=sure)
        else:
            joined.append(one)
    return joined


def _placed(reading: Reading, spans: list[Found]) -> list[Found]:
    """The spans with firms and schools that the tagger took for a town or a title told by what stands around them."""
    by_line = _lines_of(reading, spans)
    placed: list[Found] = []
    for one in spans:
        first, last = reading.token_span(one.start, one.end)
        tokens = reading.tokens[first:last]
        line = tokens[0].line if tokens else -1
        kind = reading.line_kinds[line] if tokens else ""
        label = Label.EMPLOYER if kind in WORK else Label.SCHOOL if kind == "education" else None
        near = [other for at in (line - 1, line, line + 1) for other in by_line.get(at, ()) if other is not one]
        if label is None or any(other.label is label for other in near if other not in by_line.get(line - 1, ())):
            placed.append(one)
        elif one.label is Label.LOCATION:
            placed += _name_before_town(reading, one, tokens, label)
        elif one.label is Label.TITLE and label is Label.EMPLOYER and _is_firm(reading, tokens, near):
            placed.append(replace(one, label=Label.EMPLOYER, confidence=min(SURE, one.confidence)))
        else:
            placed.append(one)
    return placed


def _name_before_town(reading: Reading, one: Found, tokens: list[Token], label: Label) -> list[Found]:
    """ "Marlow Creative, Madrid", "Carnegie Mellon   Pittsburgh, PA": a name, and then a town that is known."""
    at = _town_at(reading, tokens)
    head = [t for t in tokens[:at] if t.text not in _BREAK]
    if not head or all("PLACE" in t.marks for t in head) or not _reads_as_name(head):
        return [one]
    return [
        _made(reading, label, head, min(SURE, one.confidence)),
        _made(reading, Label.LOCATION, tokens[at:], one.confidence),
    ]


def _town_at(reading: Reading, tokens: list[Token]) -> int:
    """The index of the token where the town begins, 0 where nothing shows that something else stands before it."""
    comma = next((i for i, t in enumerate(tokens) if t.text == ","), len(tokens))
    after = tokens[comma + 1 :]
    # A town too small for the lists stands before its state as a firm does before its town: "Mill Hollow, CA".
    if after and comma > 1 and "PLACE" in after[0].marks and "STATE" not in after[0].marks:
        return comma + 1
    for at in range(comma - 1, 1, -1):
        if "PLACE" in tokens[at].marks and reading.view[tokens[at - 1].end : tokens[at].start].count(" ") > 1:
            return at
    return 0


def _is_firm(reading: Reading, tokens: list[Token], near: list[Found]) -> bool:
    """Whether words taken for a title name no occupation, while the line beside them does."""
    if any(t.marks & {"TITLEHEAD", "RANK"} for t in tokens) or not _reads_as_name(tokens):
        return False
    if all("TITLE" in t.marks for t in tokens):
        return False
    others = [one for one in near if one.label is Label.TITLE]
    return any(
        "TITLEHEAD" in token.marks
        for one in others
        for token in reading.tokens[slice(*reading.token_span(one.start, one.end))]
    )


def _is_named(token: Token) -> bool:
    return token.text[0].isupper() or (token.text[0].isdigit() and any(c.isupper() for c in token.text))


@dataclass(slots=True)
class _Head:
    """One line that heads an entry: its number, its spans, and the runs of words between them."""

    line: int
    spans: list[Found]
    gaps: list[list[Token]]

    def has(self, *labels: Label) -> bool:
        return any(one.label in labels for one in self.spans)


def _missing(reading: Reading, spans: list[Found]) -> list[Found]:
    by_line = _lines_of(reading, spans)
    made: list[Found] = []
    for number in by_line:
        kind = reading.line_kinds[number]
        if kind in WORK:
            made += _missing_of_work(reading, number, by_line, made)
        elif kind == "education":
            made += _missing_school(reading, number, by_line, made)
    return made


def _lines_of(reading: Reading, spans: list[Found]) -> dict[int, list[Found]]:
    by_line: dict[int, list[Found]] = {}
    for one in spans:
        first, last = reading.token_span(one.start, one.end)
        for line in {token.line for token in reading.tokens[first:last]}:
            by_line.setdefault(line, []).append(one)
    return dict(sorted(by_line.items()))


def _head(reading: Reading, number: int, by_line: dict[int, list[Found]], kind: str) -> _Head | None:
    """The line as one that can head an entry, or none where it reads as prose or stands in another section."""
    if not 0 <= number < len(reading.lines) or reading.line_kinds[number] != kind:
        return None
    line, marks = reading.lines[number], reading.line_marks[number]
    spans = by_line.get(number, [])
    if "HEADING" in marks or line.end - line.start > SHORT or (line.text.endswith(".") and not spans):
        return None
    if "BULLET" in marks and not any(one.label in (Label.LOCATION, Label.EXPERIENCE) for one in spans):
        return None
    return _Head(number, spans, _gaps(reading, line.start, line.end, spans))


def _gaps(reading: Reading, start: int, end: int, spans: list[Found]) -> list[list[Token]]:
    gaps: list[list[Token]] = []
    run: list[Token] = []
    first, last = reading.token_span(start, end)
    for token in [*reading.tokens[first:last], None]:
        taken = token is None or overlaps(token.start, token.end, spans)
        if taken or (token is not None and _is_break(reading, token)):
            if run:
                gaps.append(run)
            run = []
        elif token is not None:
            run.append(token)
    return gaps


def _is_break(reading: Reading, token: Token) -> bool:
    return token.text.lower() in _WITH or (token.text in _BREAK and not _is_hyphen(reading, token))


def _is_hyphen(reading: Reading, token: Token) -> bool:
    around = reading.view[max(0, token.start - 1) : token.end + 1]
    return token.text == "-" and len(around) == 3 and around[0].isalnum() and around[2].isalnum()


def _reads_as_name(run: list[Token]) -> bool:
    words = [t for t in run if t.text[0].isalnum()]
    if not 1 <= len(words) <= 7 or not _is_named(words[0]) or any(t.marks & _NO_NAME for t in words):
        return False
    if words[-1].text.lower() in _SMALL or (len(words) == 1 and len(words[0].text) < 2):
        return False
    return all(_is_named(t) or t.text.lower() in _SMALL for t in words)


def _reads_as_title(run: list[Token]) -> bool:
    words = [t for t in run if t.text[0].isalnum()]
    if not 1 <= len(words) <= 7:
        return False
    # French and Spanish name the occupation first: "Directrice financière", "Jefe de equipo".
    leads = words[0].text.lower() in TITLE_HEADS_ELSEWHERE and words[0].text[0].isupper()
    return leads or "TITLEHEAD" in words[-1].marks or (len(words) > 1 and all("TITLE" in t.marks for t in words))


def _missing_of_work(reading: Reading, number: int, by_line: dict[int, list[Found]], made: list[Found]) -> list[Found]:
    """The employer or title of the entry whose dates or town stand on this line."""
    kind = reading.line_kinds[number]
    here = _head(reading, number, by_line, kind)
    if here is None or not here.has(Label.EXPERIENCE, Label.LOCATION, Label.TITLE, Label.EMPLOYER):
        return []
    found: list[Found] = []
    dated = here.has(Label.EXPERIENCE)
    above = _head(reading, number - 1, by_line, kind)
    below = _head(reading, number + 1, by_line, kind)
    if above and above.has(Label.EXPERIENCE):
        above = None
    if below and below.has(Label.EXPERIENCE):
        below = None
    near = [one for one in (here, above, below) if one]
    if not any(one.has(Label.TITLE) for one in near) and (dated or here.has(Label.EMPLOYER)):
        found += _first(reading, Label.TITLE, near, _reads_as_title, made)
    titled = any(one.has(Label.TITLE) for one in near) or bool(found)
    if titled and not any(one.has(Label.EMPLOYER, Label.SCHOOL) for one in near):
        towns = (Label.LOCATION, Label.TITLE, Label.EXPERIENCE)
        beside = [one for one in near if one is here or one.has(*towns) or (dated and here.has(Label.TITLE))]
        if dated or here.has(Label.LOCATION):
            found += _first(reading, Label.EMPLOYER, beside, _reads_as_employer, [*made, *found])
    return found


def _reads_as_employer(run: list[Token]) -> bool:
    return _reads_as_name(run) and not _reads_as_title(run) and run[-1].text.lower() not in _AWAY


def _first(
    reading: Reading, label: Label, heads: list[_Head], reads: Callable[[list[Token]], bool], made: list[Found]
) -> list[Found]:
    for head in heads:
        for gap in head.gaps:
            if reads(gap) and not overlaps(gap[0].start, gap[-1].end, made):
                return [_made(reading, label, gap, SURE)]
    return []


def _missing_school(reading: Reading, number: int, by_line: dict[int, list[Found]], made: list[Found]) -> list[Found]:
    """The school of the course whose degree stands on this line, or the line below."""
    here = _head(reading, number, by_line, "education")
    if here is None or not here.has(Label.DEGREE):
        return []
    above = _head(reading, number - 1, by_line, "education")
    if above and above.has(Label.DEGREE):
        above = None
    below = _head(reading, number + 1, by_line, "education")
    if below and (below.has(Label.DEGREE) or "BULLET" in reading.line_marks[number + 1]):
        below = None
    if above and above.has(Label.LOCATION) and not here.has(Label.SCHOOL):
        below = None  # a school below is that of the next course
    near = [one for one in (here, above, below) if one]
    if any(one.has(Label.SCHOOL) for one in near):
        return []
    located = [one for one in near if one.has(Label.LOCATION, Label.GRADUATION_YEAR)]
    return _first(reading, Label.SCHOOL, located, _reads_as_school, made)


def _reads_as_school(run: list[Token]) -> bool:
    words = [t.text.lower().rstrip(".") for t in run]
    return (
        _reads_as_name(run) and not any("DEGREE" in t.marks for t in run) and not {"gpa", "cgpa", "thesis"} & {*words}
    )
