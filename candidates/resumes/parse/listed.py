"""Reads sections that list things, such as projects, publications and awards, into one item each."""

from __future__ import annotations

import re
from typing import Any

from candidates.resumes.parse.dates import POINT, DateRange, iso
from candidates.resumes.parse.tokens import Reading
from candidates.resumes.parse.view import Line, clean

MOST = 30
LONGEST = 200
_WRAPPED = 60
"""Characters from which on a line may have been broken because it was full."""
_REFERENCE = re.compile(r"^(?:doi\b|https?:|10\.\d{4,})", re.IGNORECASE)
_FOOTER = re.compile(r"(?:page )?\d+(?: ?(?:/|of) ?\d+)?", re.IGNORECASE)


def list_items(reading: Reading, kind: str) -> list[dict[str, Any]]:
    """The items of the sections of a kind, each with `name` and, where given, `startDate`, `endDate`, `highlights`.

    Dates alone on a line belong to the item before; bullets do too where items themselves stand without.
    """
    items: list[dict[str, Any]] = []
    lines = [
        (number, line)
        for number, line in enumerate(reading.lines)
        if reading.line_kinds[number] == kind and "HEADING" not in reading.line_marks[number]
    ]
    headed = bool(lines) and not _is_bullet(lines[0][1]) and any(_is_bullet(line) for _, line in lines)
    before = ""
    for number, line in lines:
        text, dates = _undated(reading, line)
        item = items[-1] if items else None
        if len(text) < 3 or _FOOTER.fullmatch(text) or _is_contact(reading, line):
            if item and dates and len(text) < 3:
                _date(item, dates)
            continue
        if item and _goes_on(text, line, before, bullet=_is_bullet(line)):
            _append(item, text)
        elif item and (
            (headed and (_is_bullet(line) or _is_subtitle(item, line)))
            or _REFERENCE.match(text)
            or _has_person(reading, number)
        ):
            item.setdefault("highlights", []).append(text)
        else:
            items.append({"name": text})
            if dates:
                _date(items[-1], dates)
        before = text if not dates else ""
    return _distinct(items)


def _is_bullet(line: Line) -> bool:
    return line.text.startswith("•")


def _is_subtitle(item: dict[str, Any], line: Line) -> bool:
    """Whether a line stands between an item and its bullets, as a role or a short description does."""
    return "highlights" not in item and not line.after_gap


def _is_contact(reading: Reading, line: Line) -> bool:
    """Whether an address or number is all that a line says; a page's foot and a side bar's end carry such."""
    contacts = (*reading.emails, *reading.links, *reading.phones)
    inside = sum(one.end - one.start for one in contacts if line.start <= one.start and one.end <= line.end)
    return inside > 0.8 * (line.end - line.start)


def _has_person(reading: Reading, number: int) -> bool:
    """Whether a line names the person, as the list of a publication's authors does."""
    first, last = reading.token_span(reading.lines[number].start, reading.lines[number].end)
    return any("PERSON" in token.marks for token in reading.tokens[first:last])


def _undated(reading: Reading, line: Line) -> tuple[str, DateRange | None]:
    """What a line says without the dates at its end, and those."""
    for one in reading.ranges:
        if line.start <= one.start and one.stop >= line.end - 1 and one.start < line.end:
            return clean(reading.view[line.start : one.start].rstrip("(")), one
    for match in POINT.finditer(reading.view, line.start, line.end):
        if match.end() >= line.end - 1:
            at = iso(match.group())
            text = clean(reading.view[line.start : match.start()].rstrip("("))
            return text, DateRange(match.start(), match.end(), at, at, present=False)
    return clean(line.text), None


def _goes_on(text: str, line: Line, before: str, *, bullet: bool) -> bool:
    if bullet or line.after_gap or not before:
        return False
    return (text[0].islower() or before.endswith((",", "-", "&"))) and (len(before) >= _WRAPPED or text[0].islower())


def _append(item: dict[str, Any], text: str) -> None:
    if "highlights" in item:
        item["highlights"][-1] += f" {text}"
    else:
        item["name"] += f" {text}"


def _date(item: dict[str, Any], dates: DateRange) -> None:
    if dates.begin and "startDate" not in item and "endDate" not in item:
        item["startDate"] = dates.begin
        if dates.end and not dates.present:
            item["endDate"] = dates.end


def _distinct(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for item in items:
        if len(item["name"]) <= LONGEST * 2:
            item["name"] = item["name"][:LONGEST]
            seen.setdefault(item["name"].casefold(), item)
    return list(seen.values())[:MOST]
