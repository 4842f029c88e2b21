"""A row of a file as the facts of a person, or every reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from candidates.imports.columns import IGNORED, label
from candidates.imports.reading import MAX_CELL
from hrassist.lib.tables import meant

LONGEST = {"full_name": 200, "headline": 200, "city": 100, "source": 60, "external_id": 100}
# The names of countries as files write them; a code of two letters is taken as it is.
COUNTRIES = {
    "germany": "DE", "deutschland": "DE", "austria": "AT", "österreich": "AT", "switzerland": "CH", "schweiz": "CH",
    "france": "FR", "frankreich": "FR", "spain": "ES", "españa": "ES", "spanien": "ES", "italy": "IT", "italia": "IT",
    "italien": "IT", "portugal": "PT", "netherlands": "NL", "niederlande": "NL", "belgium": "BE", "belgien": "BE",
    "luxembourg": "LU", "luxemburg": "LU", "poland": "PL", "polen": "PL", "polska": "PL", "czechia": "CZ",
    "czech republic": "CZ", "tschechien": "CZ", "denmark": "DK", "dänemark": "DK", "sweden": "SE", "schweden": "SE",
    "norway": "NO", "norwegen": "NO", "finland": "FI", "finnland": "FI", "ireland": "IE", "irland": "IE",
    "united kingdom": "GB", "uk": "GB", "great britain": "GB", "england": "GB", "united states": "US", "usa": "US",
    "united states of america": "US", "canada": "CA", "kanada": "CA", "australia": "AU", "india": "IN", "indien": "IN",
    "china": "CN", "japan": "JP", "brazil": "BR", "brasil": "BR", "brasilien": "BR", "mexico": "MX", "méxico": "MX",
    "turkey": "TR", "türkiye": "TR", "türkei": "TR", "greece": "GR", "griechenland": "GR", "hungary": "HU",
    "ungarn": "HU", "romania": "RO", "rumänien": "RO", "bulgaria": "BG", "bulgarien": "BG", "croatia": "HR",
    "kroatien": "HR", "slovakia": "SK", "slovenia": "SI", "ukraine": "UA", "nigeria": "NG", "south africa": "ZA",
}  # fmt: skip
_BAD = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_PARTS = re.compile(r"[;,\s]+")
_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Person:
    """What one row says of somebody."""

    facts: dict[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # The days on which they agreed to be kept for later jobs.
    consents: list[date] = field(default_factory=list)


def person(cells: Sequence[str], mapping: Sequence[str], *, source: str = "") -> Person:
    """The person of a row by the chosen fields of its columns; `source` where the row names none."""
    found = Person()
    first = last = ""
    for at, name in enumerate(mapping):
        raw = cells[at] if at < len(cells) else ""
        if name == IGNORED or not raw:
            continue
        if len(raw) > MAX_CELL:
            found.problems.append(f"{label(name)}: the cell has {len(raw):,} characters, at most {MAX_CELL:,} are read")
            continue
        if _BAD.search(raw):
            found.problems.append(f"{label(name)}: the cell holds characters that cannot be stored (NUL)")
            continue
        value = " ".join(_CONTROL.sub("", meant(raw.strip())).split())
        if name == "first_name":
            first = value
        elif name == "last_name":
            last = value
        elif value:
            _put(found, name, value)
    if not found.facts.get("full_name") and (first or last):
        _put(found, "full_name", f"{first} {last}".strip())
    if not found.facts.get("full_name") and not any("name" in problem.lower() for problem in found.problems):
        found.problems.append("No name")
    if source and not found.facts.get("source"):
        found.facts["source"] = source
    return found


def _put(found: Person, name: str, value: str) -> None:
    if name == "email":
        _put_emails(found, value)
    elif name == "phone":
        if len(value) > 40 or not any(character.isdigit() for character in value):
            found.problems.append("Phone: not a number")
        elif value not in found.phones:
            found.phones.append(value)
    elif name == "link":
        _put_link(found, value)
    elif name == "consented_on":
        _put_consent(found, value)
    elif name == "country":
        code = (
            value.upper() if len(value) == 2 and value.isascii() and value.isalpha() else COUNTRIES.get(value.lower())
        )
        if code:
            found.facts["country"] = code
        else:
            found.problems.append("Country: write its code of two letters, for example DE")
    elif len(value) > LONGEST[name]:
        found.problems.append(f"{label(name)}: {len(value):,} characters, at most {LONGEST[name]} fit")
    else:
        found.facts[name] = value


def _put_emails(found: Person, value: str) -> None:
    for part in _PARTS.split(value):
        address = part.removeprefix("mailto:").strip("<>").lower()
        if not address:
            continue
        try:
            validate_email(address)
        except ValidationError:
            found.problems.append("E-mail: not an address")
            return
        if len(address) > 254:
            found.problems.append("E-mail: too long")
        elif address not in found.emails:
            found.emails.append(address)


def _put_consent(found: Person, value: str) -> None:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"):
        with suppress(ValueError):
            found.consents.append(datetime.strptime(value[:10], pattern).date())  # noqa: DTZ007  a day without a time
            return
    found.problems.append("Day of consent: write it as 2026-11-30")


def _put_link(found: Person, value: str) -> None:
    url = value if "://" in value else f"https://{value}"
    try:
        _url(url)
    except ValidationError:
        found.problems.append("Link: not an address of the web")
        return
    if len(url) > 300:
        found.problems.append("Link: longer than 300 characters")
    elif url not in found.links:
        found.links.append(url)
