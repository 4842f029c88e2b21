"""Groups labelled spans into positions held and courses of study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from candidates.resumes.document import Label
from candidates.resumes.parse.schools import is_school_word
from candidates.resumes.parse.spans import Found
from candidates.resumes.parse.tokens import Reading
from candidates.resumes.skills.normalise import key_of

NEAR = 140
"""Characters between an item and the dates it belongs to, where a whole section stands on one line."""


@dataclass(slots=True)
class Entry:
    """One position or course: its spans by label, and where its own text ends."""

    parts: dict[Label, Found] = field(default_factory=dict)
    end: int = 0
    area: Found | None = None
    inherited: frozenset[Label] = frozenset()

    @property
    def start(self) -> int:
        own = [one.start for label, one in self.parts.items() if label not in self.inherited]
        return min(own) if own else 0


def work_entries(reading: Reading, found: Sequence[Found]) -> list[Entry]:
    """The positions of the experience sections; of the whole text where no section is headed so."""
    labels = (Label.TITLE, Label.EMPLOYER, Label.EXPERIENCE, Label.LOCATION)
    kinds = (
        ("experience", "volunteer")
        if "experience" in reading.line_kinds
        else ("top", "summary", "other", "projects", "certifications")
    )
    items = [
        one for one in _structural(reading, found, labels, kinds) if one.label is not Label.EXPERIENCE or one.dates
    ]
    entries = [
        e
        for e in _group(items, (Label.TITLE, Label.EMPLOYER, Label.EXPERIENCE))
        if Label.TITLE in e.parts or Label.EMPLOYER in e.parts
    ]
    for before, after in pairwise(entries):
        # "Firm / first post, dates / second post, dates": the second post is at the same firm.
        if (
            Label.EMPLOYER in before.parts
            and Label.EMPLOYER not in after.parts
            and Label.TITLE in after.parts
            and Label.EXPERIENCE in after.parts
            and _same_place(before, after)
        ):
            after.parts[Label.EMPLOYER] = before.parts[Label.EMPLOYER]
            after.inherited = frozenset((Label.EMPLOYER,))
    _close(reading, entries, kinds)
    return entries


def _same_place(before: Entry, after: Entry) -> bool:
    """Whether nothing says that the second post is elsewhere."""
    here, there = before.parts.get(Label.LOCATION), after.parts.get(Label.LOCATION)
    return not here or not there or key_of(here.value) == key_of(there.value)


def education_entries(reading: Reading, found: Sequence[Found]) -> list[Entry]:
    """The courses of the education sections; of the whole text where no section is headed so."""
    labels = (Label.SCHOOL, Label.DEGREE, Label.GRADUATION_YEAR, Label.LOCATION)
    kinds = ("education",) if "education" in reading.line_kinds else tuple(set(reading.line_kinds) - {"references"})
    items = _structural(reading, found, labels, kinds)
    degrees = [one for one in items if one.label is Label.DEGREE]
    notes = [one for one in degrees if _is_note(reading, one)]
    if len(notes) < len(degrees):
        items = [one for one in items if one not in notes]

    def joins(entry: Entry, one: Found) -> bool:
        """Take the field of study ("PhD, Princeton University, Computer Science"), or the degree said more fully."""
        held = entry.parts[Label.DEGREE]
        if "\n" in reading.view[held.start : one.start]:
            return False
        first, last = reading.token_span(one.start, one.end)
        if not any("DEGREE" in token.marks for token in reading.tokens[first:last]):
            entry.area = one
        elif one.value.startswith(held.value):
            entry.parts[Label.DEGREE] = one
        else:
            return False
        return True

    entries = [
        e
        for e in _group(items, (Label.SCHOOL, Label.DEGREE, Label.GRADUATION_YEAR), joins)
        if Label.SCHOOL in e.parts or Label.DEGREE in e.parts
    ]
    for entry in entries:
        _field_alone(reading, entry)
    _close(reading, entries, kinds)
    return entries


def _field_alone(reading: Reading, entry: Entry) -> None:
    """ "Universität Leipzig, Informatik" names a field of study and no degree."""
    school, degree = entry.parts.get(Label.SCHOOL), entry.parts.get(Label.DEGREE)
    if school is None or degree is None or entry.area is not None:
        return
    tokens = [reading.tokens[slice(*reading.token_span(one.start, one.end))] for one in (school, degree)]
    if any(is_school_word(token) for token in tokens[0]) and not any("DEGREE" in token.marks for token in tokens[1]):
        entry.area = entry.parts.pop(Label.DEGREE)


def _is_note(reading: Reading, one: Found) -> bool:
    """Whether a line below a course only speaks of degrees ("• Scholarship for Graduate Studies")."""
    first, last = reading.token_span(one.start, one.end)
    tokens = reading.tokens[first:last]
    return "BULLET" in reading.line_marks[tokens[0].line] and "DEGREE" not in tokens[0].marks


def _structural(
    reading: Reading, found: Sequence[Found], labels: tuple[Label, ...], kinds: tuple[str, ...]
) -> list[Found]:
    """The spans that head an entry, not the mentions in its prose."""
    covered: dict[int, int] = {}
    placed: list[tuple[Found, int]] = []
    for one in found:
        if one.label not in labels:
            continue
        first, last = reading.token_span(one.start, one.end)
        if first >= last:
            continue
        line = reading.tokens[first].line
        if reading.line_kinds[line] in kinds:
            placed.append((one, line))
            covered[line] = covered.get(line, 0) + _length(one)
    anchors = [one for one, _ in placed if one.label in (Label.EXPERIENCE, Label.GRADUATION_YEAR)]
    result = []
    for one, line in placed:
        size = reading.lines[line].end - reading.lines[line].start
        share = covered[line] / max(1, size)
        near = any(abs(a.start - one.end) < NEAR or abs(one.start - a.end) < NEAR for a in anchors)
        if share > 0.42 or (size < 60 and share > 0.2) or (near and size > 40 and share > 0.12):
            result.append(one)
    return result


def _length(one: Found) -> int:
    """Characters that a span explains: of a year of graduation, those of its whole range."""
    return one.dates.stop - one.dates.start if one.dates else one.end - one.start


def _group(
    items: Sequence[Found], heads: tuple[Label, ...], joins: Callable[[Entry, Found], bool] | None = None
) -> list[Entry]:
    """Spans into entries; a label that repeats opens the next, unless `joins` takes it into the current one."""
    entries: list[Entry] = []
    current = Entry()
    lead: Label | None = None
    for one in items:
        if one.label in current.parts:
            if one.label is Label.LOCATION:
                continue
            if one.label is Label.DEGREE and joins is not None and joins(current, one):
                continue
            entries.append(current)
            carried = {}
            # Where entries begin with another label than the one repeated, what stands before it belongs to the new.
            if lead is not None and lead is not one.label and lead in heads:
                held = current.parts.get(lead)
                others = [p for label, p in current.parts.items() if label is not lead]
                if held and others and held.start > max(p.start for p in others) and len(current.parts) > 1:
                    carried = {lead: held}
            current = Entry(parts=carried)
        if lead is None and one.label in heads:
            lead = one.label
        current.parts[one.label] = one
    if current.parts:
        entries.append(current)
    return entries


def _close(reading: Reading, entries: list[Entry], kinds: tuple[str, ...]) -> None:
    """Let each entry's text run to the next entry or the end of its section."""
    for number, entry in enumerate(entries):
        last = max(one.end for label, one in entry.parts.items() if label not in entry.inherited)
        stop = entries[number + 1].start if number + 1 < len(entries) else len(reading.view)
        for section in reading.sections:
            if section.start <= last < section.end:
                stop = min(stop, section.end) if section.kind in kinds else stop
        entry.end = max(last, stop)
