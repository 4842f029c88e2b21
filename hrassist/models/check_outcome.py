"""What the checks by the clock found when they last ran."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models


class CheckOutcome(models.Model):
    """The last outcome of one check; a check that never ran has none."""

    class Name(models.TextChoices):
        FSCK = "fsck", "Promises, without reading files"
        FSCK_FILES = "fsck_files", "Promises, with every stored file"
        STORAGE_DOCTOR = "storage_doctor", "The file store"
        AUDIT_VERIFY = "audit_verify", "The audit trail, with its copies elsewhere"

    name = models.CharField(max_length=20, primary_key=True, choices=Name.choices)
    ended_at = models.DateTimeField()
    broken = models.PositiveIntegerField(help_text="How many promises, probes or seals did not hold.")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"name", "ended_at", "broken"}

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} of {self.ended_at:%Y-%m-%d %H:%M}: {self.broken} broken"


# How often each is due (deploy/vm/systemd).
EVERY = {
    CheckOutcome.Name.FSCK: timedelta(days=1),
    CheckOutcome.Name.FSCK_FILES: timedelta(days=7),
    CheckOutcome.Name.STORAGE_DOCTOR: timedelta(days=1),
    CheckOutcome.Name.AUDIT_VERIFY: timedelta(days=1),
}
