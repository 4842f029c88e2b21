"""What a column of a file may become, and what its heading suggests."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Field → its words on the page, and the headings it is known by, in the languages our users' files come in.
FIELDS: dict[str, tuple[str, str]] = {
    "full_name": (
        "Full name", "name|full name|candidate|candidate name|person|kandidat|bewerber|nom complet|nombre completo",
    ),
    "first_name": ("First name", "first name|firstname|given name|forename|vorname|prenom|nombre|nome"),
    "last_name": (
        "Last name",
        "last name|lastname|surname|family name|nachname|familienname|nom|nom de famille|apellido|apellidos|cognome",
    ),
    "email": (
        "E-mail",
        "e mail|email|mail|email address|e mail address|e mail adresse|emailadresse|courriel|correo|correo electronico",
    ),
    "phone": (
        "Phone", "phone|phone number|mobile|mobile phone|telephone|tel|telefon|telefonnummer|handy|mobil|telefono",
    ),
    "link": ("Link", "link|links|url|website|linkedin|linkedin url|profile|github|webseite|profil"),
    "headline": (
        "Headline", "headline|title|current title|job title|position|role|occupation|beruf|titel|poste|puesto",
    ),
    "city": ("City", "city|town|location|ort|stadt|wohnort|ville|ciudad|citta"),
    "country": ("Country", "country|country code|land|pays|pais|paese"),
    "source": ("Source", "source|channel|origin|quelle|kanal|herkunft|fuente"),
    "external_id": (
        "External ID", "external id|externalid|id|candidate id|ref|reference|nr|nummer|kandidatennummer",
    ),
    "consented_on": (
        "Day of consent for later jobs",
        "consent|consent date|consented on|gdpr consent|einwilligung|einwilligung am|consentement|consentimiento",
    ),
}  # fmt: skip
IGNORED = ""


def label(field: str) -> str:
    return FIELDS[field][0]


def guess(headings: Sequence[str]) -> list[str]:
    """For each heading a field or nothing; no field twice but e-mail, phone and link, of which people have several."""
    known = {word: field for field, (_, words) in FIELDS.items() for word in words.split("|")}
    found: list[str] = []
    for heading in headings:
        words = _plain(heading)
        field = known.get(words) or known.get(re.sub(r"\s*\d+$", "", words), IGNORED)
        several = field in {"email", "phone", "link"}
        found.append(field if several or field not in found else IGNORED)
    return found


def _plain(heading: str) -> str:
    folded = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", folded))
