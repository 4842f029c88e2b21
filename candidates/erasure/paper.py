"""The certificate of an erasure as a paper: what was signed, in words, and how it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from candidates.models import Erasure, erasing
from hrassist.lib import typesetting

TEMPLATE = Path(__file__).parent / "templates" / "certificate.typ"
STATEMENT = (
    "Everything that said who this person was has been removed: from every table, from every version of every file, "
    "and from what other people had kept of them."
)
CHECK = (
    "This paper says nothing about who it was. The person is a keyed hash: with the key, kept outside the database, "
    "the organisation can show that a given identifier is the one. What is signed is the certificate as a file (JSON)."
)


def pdf(certificate: Mapping[str, Any]) -> bytes:
    """The same certificate gives the same bytes. Raises NoFont."""
    return typesetting.pdf(TEMPLATE, context(certificate), made_at=datetime.fromisoformat(certificate["done_at"]))


def context(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """What the paper says; every fact of it stands in the certificate."""
    clean = typesetting.clean
    return {
        "company": clean(certificate["organisation"]),
        "address": [clean(line) for line in settings.COMPANY_ADDRESS],
        "title": "Certificate of erasure",
        "number": certificate["certificate"],
        "statement": STATEMENT,
        "facts": [[label, clean(value)] for label, value in facts(certificate)],
        "removed": [[label.capitalize(), str(count)] for label, count in removed(certificate["removed"])],
        "check": CHECK,
        "proof": [
            ["Certificate", certificate["certificate"]],
            ["Person, as a keyed hash", certificate["person"]],
            ["Key (Ed25519)", certificate["key"]],
            ["Signature", certificate["signature"]],
        ],
    }


def facts(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """When and why, in words, as page and paper show it."""
    return [
        ("Asked for", _moment(certificate["requested_at"])),
        ("Done", _moment(certificate["done_at"])),
        ("Why", str(Erasure.Grounds(certificate["grounds"]).label)),
        ("Asked through", str(Erasure.Channel(certificate["channel"]).label)),
        ("Records of the person", str(certificate["records"])),
    ]


def removed(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """What was removed or emptied, in words."""
    erasers = {one.model: one for one in erasing.registered()}
    found: dict[str, int] = {}
    for name, count in counts.items():
        label = erasers[name].label(count) if name in erasers else name
        found[label] = found.get(label, 0) + count
    return sorted(found.items())


def _moment(text: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(text)):%-d %B %Y, %H:%M}"
