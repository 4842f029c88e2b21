"""One seat of a job."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from hrassist.lib.constraints import both_or_none
from jobs.models.job import Job


class Opening(models.Model):
    """A seat to fill: open until it is filled by an application or cancelled with a reason."""

    class CloseReason(models.TextChoices):
        FILLED = "filled"
        CANCELLED = "cancelled"
        ON_HOLD = "on_hold"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="openings")
    number = models.PositiveSmallIntegerField(default=1)
    requisition = models.ForeignKey(
        "jobs.Requisition", null=True, blank=True, on_delete=models.SET_NULL, related_name="openings"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason.choices, blank=True)
    filled_by = models.OneToOneField(
        "jobs.Application", null=True, blank=True, on_delete=models.SET_NULL, related_name="fills"
    )

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "job", "number", "requisition", "opened_at", "closed_at", "close_reason", "filled_by"}

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="opening_number_once"),
            models.CheckConstraint(
                condition=both_or_none("closed_at", "close_reason", what_is_text=True), name="opening_closed_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"Opening {self.number} of {self.job}"
