"""How a candidate is reached: many addresses, numbers and links, each with its state."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Lower, Substr, Upper
from django.utils import timezone

from candidates.models.candidate import Candidate

# One line, however it is written: the international number where it is known, otherwise the digits.
PHONE_KEY = Case(
    When(~Q(e164=""), then=Substr("e164", 2)),
    default=Func(F("number"), Value(r"\D"), Value(""), Value("g"), function="REGEXP_REPLACE"),
    output_field=models.CharField(),
)
# Where people have their pages: without a name behind it, this is nobody's.
_FOLDERS = {"in", "pub", "profile", "profiles", "user", "users", "u", "people", "home", "login", "feed"}


def link_key(url: str) -> str:
    """Host and path of a person's page, as two spellings of it agree; empty for an address that many share."""
    try:
        parts = urlsplit(url.strip() if "://" in url else f"https://{url.strip()}")
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return ""
    # LinkedIn answers at one host for each country.
    host = re.sub(r"^[a-z]{2,3}\.(?=linkedin\.com$)", "", host)
    path = [part for part in parts.path.lower().split("/") if part]
    if not host or not path or path[-1] in _FOLDERS:
        return ""
    return "/".join([host, *path])[:300]


class Contact(models.Model):
    """What every way to reach somebody has: how current it is and where it came from."""

    class Status(models.TextChoices):
        CURRENT = "current"
        OUTDATED = "outdated"
        INVALID = "invalid"

    class Type(models.TextChoices):
        PERSONAL = "personal"
        WORK = "work"
        OTHER = "other"

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.CURRENT)
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.PERSONAL)
    source = models.CharField(max_length=60, blank=True, help_text="resume, recruiter, import, …")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class CandidateEmail(Contact):
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="emails")
    address = models.EmailField(max_length=254)

    class PersonalData:
        erase: ClassVar = {"address"}
        keep: ClassVar = {"id", "candidate", "status", "type", "source", "created_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "address"], name="candidateemail_once"),
            models.CheckConstraint(condition=models.Q(address=Lower("address")), name="candidateemail_lower"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["address"], name="candidateemail_address"),
            GinIndex(OpClass(Upper("address"), name="gin_trgm_ops"), name="candidateemail_trgm"),
        ]

    def __str__(self) -> str:
        return self.address

    def clean(self) -> None:
        self.address = self.address.strip().lower()


class CandidatePhone(Contact):
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=40, help_text="International where known: +49 30 1234567.")
    e164 = models.CharField(max_length=16, blank=True, editable=False, db_index=True)

    class PersonalData:
        erase: ClassVar = {"number", "e164"}
        keep: ClassVar = {"id", "candidate", "status", "type", "source", "created_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "number"], name="candidatephone_once"),
        ]
        indexes: ClassVar = [models.Index(PHONE_KEY, name="candidatephone_key")]

    def __str__(self) -> str:
        return self.number


class CandidateLink(Contact):
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="links")
    url = models.URLField(max_length=300)
    match_key = models.CharField(
        max_length=300, blank=True, editable=False, db_index=True,
        help_text="Host and path without www, scheme, query and last slash; empty for addresses that many share.",
    )  # fmt: skip

    class PersonalData:
        erase: ClassVar = {"url", "match_key"}
        keep: ClassVar = {"id", "candidate", "status", "type", "source", "created_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "url"], name="candidatelink_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["url"], name="candidatelink_url")]

    def __str__(self) -> str:
        return self.url
