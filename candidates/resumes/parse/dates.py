"""Dates, date ranges and durations in the many ways resumes write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from candidates.resumes.parse.gazetteers import DATA
from candidates.resumes.skills.lists import load

_MONTHS: dict[str, int] = {
    name: int(number) for number, names in load(DATA / "words.toml")["month_names"].items() for name in names.split()
}
# In capitals these are no months: AVR is a processor.
_SMALL_ONLY = {"avr": "(?-i:[Aa]vr)"}
MONTH = "(?:" + "|".join(_SMALL_ONLY.get(name, name) for name in sorted(_MONTHS, key=len, reverse=True)) + ")"
_YEAR4 = r"(?:19[4-9]\d|20[0-4]\d)"
_YEAR = rf"(?:{_YEAR4}|(?:19|20)(?:xx|XX|\*\*)|['´`]\s?\d\d)"
_SPACE = r"[ \u2060\n]{0,14}"
_DAY = rf"(?:[0-3]?\d(?:st|nd|rd|th|er)?{_SPACE})"
_POINT = (
    rf"(?:{_DAY}?(?:de )?\b{MONTH}\b[.,]?(?: del? |[- ,/'’]{{0,3}})(?:[0-3]?\d(?:st|nd|rd|th)?,[ ]?)?{_SPACE}"
    rf"(?:{_YEAR}|\d\d(?!\d|[:.]\d))"
    rf"|(?:[0-3]?\d[./-])?[01]?\d ?[./] ?{_YEAR4}"
    rf"|{_YEAR4}[./-][01]\d(?:[./-][0-3]\d)?(?!\d|-\d{{2}})"
    rf"|[01]?\d/\d\d(?![\d/])|\b{_YEAR}(?!\d))"
)
_NOW = (
    r"(?:present(?:ly)?|current(?:ly)?|now|to ?-?date|till ?-?(?:date|now|today)|until now|today|ongoing|on-going"
    r"|onwards?|date|continuing|till|(?:the )?present (?:day|time)|aujourd['’]hui|à ce jour|en cours"
    r"|présent|maintenant|actuellement|ce jour|auj\.?|en poste"
    r"|bis heute|heute|derzeit|laufend|(?:bis )?(?:jetzt|dato)|gegenwärtig"
    r"|actualmente|la actualidad|actualidad|(?:hasta )?la fecha|el presente|presente|hoy"
    r"|oggi|atual|actual)"
)
_JOIN = (
    r"(?:[-–—~»→]{1,3}|\bto\b|\bthrough\b|\btill\b|\buntil\b|\bthru\b|\bup ?to\b|\bbis(?: zum)?\b|\bà\b|\bau\b"
    # "2014 a 50-person team" is no range, "2014 a 2018" is one.
    r"|\bjusqu['’]à\b|\bhasta\b|\bal?\b(?= (?:[a-zñ]+ (?:de )?)?(?:19|20)\d\d\b| la actualidad))"
)
_GAP = r"[ \u2060]{0,10}\n?[ \u2060]{0,10}"
# "Ab 2019", but not "Calgary, AB 2019".
_SINCE = rf"\b(?:from|since|during|seit|(?-i:[Aa]b)|depuis(?: le)?|desde(?: el)?)\b:?{_SPACE}"
_MONTH_YEAR = rf"{MONTH}\b\.?(?: del? |[ ,]{{0,3}}){_YEAR}"
RANGE = re.compile(
    rf"(?:{_SINCE})?(?P<a>{_POINT}|\b{MONTH}\b\.?){_GAP}(?:{_JOIN}{_GAP}){{1,2}}"
    rf"(?P<b>{_POINT}|\b{_NOW}\b|\d\d(?![\d/.,:%+]))"
    # The dash itself is often lost: two dates with nothing but a gap between them.
    rf"|(?P<c>(?<!\d)\b{_MONTH_YEAR}|\b{_YEAR4})[ ]?\n?[ ]{{1,3}}\n?"
    rf"(?P<d>{_MONTH_YEAR}|\b{_YEAR4}|\b(?:present|current|till date|now)\b)"
    rf"|{_SINCE}(?P<e>{_POINT})",
    re.IGNORECASE,
)
POINT = re.compile(rf"(?<![\w/.-]){_POINT}", re.IGNORECASE)
YEAR = re.compile(rf"(?<![\w/]){_YEAR4}(?![\w/]|-\d{{3}})")
NUMBER_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty)"
DURATION = re.compile(
    r"(?:\b(?:over|more than|nearly|almost|around|about|approximately|minimum|total(?: of)?)\s+)?"
    rf"\b(?P<n>\d{{1,2}}(?:\.\d{{1,2}})?\s?\+?|{NUMBER_WORD})\s*(?:\([^)]{{1,6}}\)\s*)?(?:plus\s+)?"
    r"(?:years?|yrs?)\b\.?(?:['’]|(?:\s*(?:and|&|,)?\s*\d{1,2}\s*(?:months?|mos?)\b))?",
    re.IGNORECASE,
)
EXPERIENCE_WORD = re.compile(
    r"experience|exp\b|industry|in the field|worked|working|career|professional", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class DateRange:
    """A stretch of time in the text; `begin`/`end` as YYYY, YYYY-MM or empty; an open end is `present`."""

    start: int
    stop: int
    begin: str
    end: str
    present: bool


def iso(text: str) -> str:
    """YYYY-MM or YYYY of one written date, or nothing where its year is not stated in full or inferable."""
    low = text.replace("\u2060", "").lower().strip()
    month = 0
    named = re.search(MONTH, low)
    if named:
        month = _MONTHS[named.group()]
    full = re.search(r"(?:19|20)\d\d", low)
    year = int(full.group()) if full else 0
    if not year:
        short = re.search(r"['´`/. -]\s?(\d\d)\s*$", low) or re.search(r"^\s*(\d\d)\s*$", low)
        if named and not short:
            short = re.search(r"(\d\d)\s*$", low)
        if short:
            value = int(short.group(1))
            year = 2000 + value if value < 45 else 1900 + value
    if not month and full:
        before = re.search(r"(?:(\d{1,2})[./-])?(\d{1,2}) ?[./] ?(?:19|20)\d\d", low)
        after = re.search(r"(?:19|20)\d\d[./-](\d{1,2})", low)
        month = int(before.group(2)) if before else int(after.group(1)) if after else 0
    elif not month and year:
        numeric = re.search(r"^(\d{1,2})/", low)
        month = int(numeric.group(1)) if numeric else 0
    if not year:
        return ""
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else f"{year:04d}"


def find_ranges(view: str) -> list[DateRange]:
    """Every date range, in order; a range whose years run backwards is left out."""
    found = []
    for match in RANGE.finditer(view):
        first = match.group("a") or match.group("c") or match.group("e") or ""
        last = match.group("b") or match.group("d") or ""
        now = not last or bool(re.fullmatch(_NOW, last, re.IGNORECASE))
        begin, end = iso(first), "" if now else iso(last)
        if not begin and end and re.fullmatch(MONTH + r"\.?", first.strip(), re.IGNORECASE):
            begin = iso(f"{first} {end[:4]}")
        if end and begin and end[:4] < begin[:4]:
            continue
        masked_year = bool(re.search(r"(?:19|20)xx", first, re.IGNORECASE))
        if not begin and not masked_year:
            continue
        if match.group("b") and re.fullmatch(r"\d\d", match.group("b")) and begin[:2] + match.group("b") < begin[:4]:
            continue
        start, stop = match.span()
        found.append(DateRange(start, stop, begin, end, now))
    return found


def find_durations(view: str) -> list[tuple[int, int]]:
    """Stated lengths of experience ("over 5 years"), with the word experience or its like near by."""
    spans = []
    for match in DURATION.finditer(view):
        near = view[max(0, match.start() - 30) : match.end() + 60]
        if EXPERIENCE_WORD.search(near) and not re.match(r"\s*(?:old|of age)", view[match.end() : match.end() + 9]):
            spans.append(match.span())
    return spans
