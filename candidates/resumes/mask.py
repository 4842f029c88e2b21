"""Hides who a person is from what a text says, without moving a single offset."""

from __future__ import annotations

import re
from collections.abc import Iterable

from candidates.resumes.document import Field, Label
from candidates.resumes.parse.contacts import find_emails, find_links, find_phones
from candidates.resumes.parse.dates import POINT
from candidates.resumes.parse.gazetteers import NAME_PARTICLES
from candidates.resumes.parse.view import FILLER, readable

MASK = "·"
# "MS" is a degree and half of "MS Office": forms of address count only as they are written before a name.
_PRONOUN = re.compile(
    r"\b(?:he|she|him|her|hers|his|himself|herself|s/he|he/him|she/her|they/them|madam|smt|shri"
    r"|(?-i:Mr|MR|Mrs|MRS|Ms|Miss|Mx|Sir))\b\.?",
    re.IGNORECASE,
)
_KIN = r"(?:father|mother|husband|spouse|wife|guardian|parent)(?:['’]?s)?"
_RELIGION = r"(?:hindu(?:ism)?|muslim|islam|christian(?:ity)?|(?:roman )?catholic|sikh|jain|buddhist|jewish|parsi)"
_STATUS = r"(?:(?:un)?married|divorced|widowed)"
# "Label: value" lines of Indian, Gulf and European resumes; the value runs to the next label, line or wide gap.
_PERSONAL = re.compile(
    rf"\b(?:(?:date|place)\s+(?:of|and\s+place\s+of)\s+birth|birth\s*(?:date|day|place)|d\.?\s?o\.?\s?b\.?|born(?:\s+on)?"
    rf"|age|gender|sex|civil\s+status|marital\s+status|nationality|citizenship|religion|caste|race|ethnicity"
    rf"|{_KIN}\s*(?:/\s*{_KIN}\s*)?name|passport(?:\s+(?:no|number|details))?\.?|visa\s+status|blood\s+group"
    r"|height|weight|children|(?:permanent|current|present|residential|home|mailing|postal|correspondence"
    r"|communication)?\s*address|domicile|native\s+place|aadhaar|pan\s+(?:no|number|card)|driving\s+licen[cs]e(?:\s+no)?)"
    r"\s*(?:\.|no\.?|status)?\s*[:\-–=|]+[ \t•\u2060]*\n?[ \t•\u2060]*(?P<value>[^\n\f]{1,140})",
    re.IGNORECASE,
)
_PERSONAL_END = re.compile(
    r"\s{3,}|•|\b(?:date|place|gender|sex|marital|nationality|religion|languages?|passport|visa|phone|mobile|e-?mail"
    r"|contact|tel|father|mother|hobbies|permanent|blood|height|weight|linkedin|objective|summary)\b[^:\n]{0,24}:",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"\b(?:(?:gender|sex)\b\W{{0,3}}(?:fe)?male|(?:fe)?male(?=\s*[,/|•\n]|$)"
    rf"|{_STATUS}(?=\s*(?:[,|/•\n]|with\b|$))"
    rf"|{_RELIGION}\b(?!\s+(?:university|college|school|hospital|institute|academy|church))"
    r"|\d{2}\s*(?:-|\s)?\s*years?\s*(?:-|\s)?\s*old|aged?\s+\d{2}\b|born\s+(?:on|in)\s+[^.\n]{4,30}"
    r"|(?-i:[A-Z][a-z]+)\s+(?:citizen|citizenship|nationality)\b"
    r"|(?-i:[A-Z][a-z]*(?:an|ish|ese|i))\s+national\b(?!\s+(?-i:[A-Z])))",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(?:\b(?:p\.?\s?o\.?\s?box|apt\.?|flat|suite|unit|house|plot|door|h\.?\s?no|villa|block)\s*(?:no\.?)?"
    r"\s*[#:.\-]*\s*[\w/-]{1,8}[,\s]+)?"
    r"\b\d{1,6}[A-Za-z]?(?:[-/]\d{1,5})?,?\s+(?:[NSEW]\.?\s+)?(?:[A-Z0-9][\w'.-]*\s+){1,4}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|nagar|colony|marg"
    r"|close|crescent|highway|hwy|parkway|pkwy|circle|cir|square|sq|layout|enclave|sector|cross|trail|row|gardens"
    r"|grove)\b\.?"
    r"|\b(?:p\.?\s?o\.?\s?box|(?:flat|plot|door|h\.?)\s?no\.?)\s*[#:.\-]*\s*[\w/-]{1,10}",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b\d{5}-\d{4}\b"
    r"|(?<=[-–,\s])\d{3} ?\d{3}(?=\s*(?:\.|,|\n|$|india))",
    re.IGNORECASE,
)


_TELLING = frozenset((Label.NAME, Label.EMAIL, Label.PHONE, Label.LINK, Label.GRADUATION_YEAR))


def mask(text: str, fields: Iterable[Field]) -> str:
    """The text with everything that tells who the person is replaced by dots, character for character.

    Hidden are the name wherever it or a part of it stands, forms of address and pronouns, e-mail, telephone, links,
    street address, birth date, age, gender, marital status, nationality, religion, and years of graduation. Blanks and
    line ends stay, so lines and offsets do.
    """
    view = readable(text)
    known = tuple(fields)
    spans = [(one.start, one.end) for one in known if one.label in _TELLING]
    emails = find_emails(view)
    links = find_links(view, emails)
    spans += [(one.start, one.end) for one in (*emails, *links, *find_phones(view, [*emails, *links]))]
    spans += _names(view, [one.value for one in known if one.label is Label.NAME])
    for pattern in (_PRONOUN, _STREET, _SAID, _POSTCODE):
        spans += [match.span() for match in pattern.finditer(view)]
    spans += _personal(view)
    return _covered(text, spans)


def _names(view: str, names: list[str]) -> list[tuple[int, int]]:
    """Every place where a word of the name stands, also glued into file names and handles."""
    spans: list[tuple[int, int]] = []
    for name in names:
        words = [word.strip(".'") for word in re.split(r"[\s\-]+", name)]
        before = ""
        for word in words:
            if word.lower() in NAME_PARTICLES:
                # "Al-" and "van der" tell much of a name beside its other words, and nothing alone.
                before += rf"{re.escape(word)}[.'’]?[\s{FILLER}]*[-‐‑]?[\s{FILLER}]*"
                continue
            if before:
                spans += [m.span() for m in re.finditer(rf"(?<![^\W_]){before}{re.escape(word)}", view, re.IGNORECASE)]
                before = ""
            if len(word) < 2:
                continue
            inside = len(word) >= 5
            pattern = re.compile(
                re.escape(word) if inside else rf"(?<![^\W_]){re.escape(word)}(?![^\W_])",
                re.IGNORECASE if len(word) > 2 else 0,
            )
            spans += [match.span() for match in pattern.finditer(view)]
        letters = [re.escape(c) + f"[ {FILLER}]?" for c in name.upper() if c.isalpha()]
        if len(letters) >= 6:
            # Headings set with wide letters: "J A N E  D O E".
            spans += [match.span() for match in re.finditer(r"[ \u2060]*".join(letters), view)]
    return spans


def _personal(view: str) -> list[tuple[int, int]]:
    spans = []
    for match in _PERSONAL.finditer(view):
        start, end = match.span("value")
        stop = _PERSONAL_END.search(view, start + 1, end)
        end = stop.start() if stop else end
        dated = POINT.search(view, start, min(end, start + 40))
        if dated and re.match(r"(?i)(?:date|birth|d\.?\s?o|born)", match.group()):
            # On a line without ends the value of a birth date is the date and no more.
            end = min(end, dated.end() + 6)
        spans.append((start, end))
    return spans


def _covered(text: str, spans: list[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        for at in range(start, min(end, len(characters))):
            if not characters[at].isspace():
                characters[at] = MASK
    return "".join(characters)
