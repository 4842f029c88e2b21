"""Where people come from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower


class Source(models.Model):
    """A known source; people and applications name it by its name, and others may be written there too."""

    class Kind(models.TextChoices):
        CAREERS_PAGE = "careers_page", "Careers page"
        JOB_BOARD = "job_board", "Job board"
        REFERRAL = "referral", "Referral"
        AGENCY = "agency", "Agency"
        EVENT = "event", "Event"
        SOURCED = "sourced", "Sourced by us"
        OTHER = "other", "Other"

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.OTHER)
    active = models.BooleanField(default=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "name", "kind", "active"}

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="source_name_once")]

    def __str__(self) -> str:
        return self.name
