"""E-mail addresses, telephone numbers and links, as stated: nothing is guessed or completed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from candidates.resumes.parse.view import FILLER

_LOCAL = r"[A-Za-z0-9][A-Za-z0-9._%+*'-]{0,63}"
_DOMAIN = r"(?:[A-Za-z0-9-]{1,63}\.)+(?:[A-Za-z]{2,18})"
EMAIL = re.compile(rf"(?<![\w.@]){_LOCAL}(?: ?@ ?| ?[\[(] ?at ?[\])] ?){_DOMAIN}(?![\w@])")
_SPELT = re.compile(
    r"(?<![\w.@])([A-Za-z0-9][\w.+-]{1,40}) ?(?:[\[({<] ?at ?[\])}>]|\bAT\b) ?([\w-]{2,40}) ?"
    r"(?:[\[({<] ?dot ?[\])}>]|\bDOT\b|\.) ?([A-Za-z]{2,6}(?:\.[A-Za-z]{2})?)\b"
)
_WRAPPED = re.compile(rf"(?<![\w.@]){_LOCAL}\n?@\n?{_DOMAIN}(?![\w@])")
URL = re.compile(
    r"(?:https?://|www\.)[^\s<>|,;()\[\]\"'•]+"
    r"|\b(?:linkedin\.com/(?:in|pub|profile)|github\.com|gitlab\.com|stackoverflow\.com|medium\.com|behance\.net|dribbble\.com|twitter\.com"
    r"|kaggle\.com|indeed\.com/r|bitbucket\.org|facebook\.com|instagram\.com|xing\.com/profile|hackerrank\.com|leetcode\.com)/[^\s<>|,;()\[\]\"'•]+"
    r"|(?<![\w@./-])(?:[A-Za-z0-9-]{2,40}\.)+(?:com|net|org|io|dev|me|co|ai|info|in|uk|de|fr|ca|au|us|eu)(?:/[^\s<>|,;()\[\]\"'•]*)?(?![\w@])",
    re.IGNORECASE,
)
INDEED = re.compile(r"indeed\.com/r/[^\s]+?(?:-?\n[^\s]*?)?/?\n?[0-9a-f]{12,18}\b", re.IGNORECASE)
_PHONE_LABEL = re.compile(
    r"(?:phone|mobile|mob|cell|tel|telephone|contact|call|ph|fax|whatsapp|m|t|p|c|h)\b[.:# ()A-Za-z]{0,12}$",
    re.IGNORECASE,
)
_PHONE_SHAPE = re.compile(
    r"(?<![\w.,/@:-])(?:\+|00)?(?:\(\+?\d{1,4}\)|\d{1,5})(?:[ .\-–/]{0,3}(?:\(\d{1,4}\)|\d{2,6})){1,5}(?![\w@/]|\.\d)"
)
# "01/2022 - 05/2026", "2019 – 2021": times of a post have as many digits as a number has.
_DAY_OR_MONTH = r"(?:\d{1,2}[./-]){0,2}"
_PERIOD = re.compile(rf"{_DAY_OR_MONTH}(?:19|20)\d\d\D{{1,4}}{_DAY_OR_MONTH}(?:19|20)\d\d")
NETWORKS = {
    "linkedin": "LinkedIn",
    "github": "GitHub",
    "gitlab": "GitLab",
    "stackoverflow": "Stack Overflow",
    "twitter": "Twitter",
    "indeed": "Indeed",
    "kaggle": "Kaggle",
    "behance": "Behance",
    "dribbble": "Dribbble",
    "medium": "Medium",
    "xing": "XING",
    "facebook": "Facebook",
    "bitbucket": "Bitbucket",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach the person: its span, the value made whole, and how sure the kind is."""

    start: int
    end: int
    value: str
    confidence: float


def find_emails(view: str) -> list[Contact]:
    found: dict[int, Contact] = {}
    for pattern in (EMAIL, _WRAPPED):
        for match in pattern.finditer(view):
            value = re.sub(r"[\s\u2060]+", "", re.sub(r"[\[(] ?at ?[\])]", "@", match.group()))
            if not any(one.start < match.end() and match.start() < one.end for one in found.values()):
                found[match.start()] = Contact(match.start(), match.end(), value, 0.98)
    for match in _SPELT.finditer(view):
        if not any(one.start < match.end() and match.start() < one.end for one in found.values()):
            value = f"{match.group(1)}@{match.group(2)}.{match.group(3)}"
            found[match.start()] = Contact(match.start(), match.end(), value, 0.8)
    return [found[at] for at in sorted(found)]


def find_links(view: str, emails: list[Contact]) -> list[Contact]:
    """Links outside e-mail addresses; a profile link broken over two lines is made whole."""
    found: list[Contact] = []

    def add(start: int, end: int, confidence: float) -> None:
        if any(one.start < end and start < one.end for one in (*found, *emails)):
            return
        raw = view[start:end].rstrip(".:-" + FILLER)
        value = re.sub(r"[\s\u2060]+", "", raw)
        if len(value) > 5:
            found.append(Contact(start, start + len(raw), value, confidence))

    for match in INDEED.finditer(view):
        add(match.start(), match.end(), 0.97)
    for match in URL.finditer(view):
        known = any(name in match.group().lower() for name in NETWORKS) or match.group().lower().startswith(
            ("http", "www")
        )
        if known or "/" in match.group() or match.group().islower():
            add(match.start(), match.end(), 0.95 if known else 0.6)
    return sorted(found, key=lambda one: one.start)


def network_of(link: str) -> str:
    host = link.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").split("/")[0]
    return next((name for key, name in NETWORKS.items() if key in host), "")


def find_phones(view: str, taken: list[Contact]) -> list[Contact]:
    """Telephone numbers; one without a country code is kept as written, never moved into a country.

    A number counts when it names its country and is possible there, when a word such as `Tel` stands before it, or when
    it has 10 to 12 digits near the head of the resume.
    """
    found: list[Contact] = []
    for match in _PHONE_SHAPE.finditer(view):
        if any(one.start < match.end() and match.start() < one.end for one in taken):
            continue
        raw = match.group()
        digits = re.sub(r"\D", "", raw)
        if not 7 <= len(digits) <= 15 or _PERIOD.fullmatch(raw.strip()):
            continue
        labelled = bool(_PHONE_LABEL.search(view[max(0, match.start() - 24) : match.start()]))
        value, confidence = raw.strip(), 0.0
        if raw.lstrip("(").startswith(("+", "00")):
            try:
                number = phonenumbers.parse(
                    "+" + digits.removeprefix("00") if raw.startswith("00") else "+" + digits, None
                )
            except phonenumbers.NumberParseException:
                number = None
            if number is not None and phonenumbers.is_possible_number(number):
                valid = phonenumbers.is_valid_number(number)
                value = (
                    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if valid else value
                )
                confidence = 0.97 if valid else 0.8
            elif labelled:
                confidence = 0.8
        elif labelled:
            confidence = 0.9
        elif 10 <= len(digits) <= 12 and match.start() < 1500:
            confidence = 0.8
        if confidence:
            found.append(Contact(match.start(), match.end(), " ".join(value.split()), confidence))
    return found
