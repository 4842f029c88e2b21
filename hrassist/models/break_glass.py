"""When the sealed account was opened: by whom, why, until when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from hrassist.lib.ids import uuid7
from hrassist.models.user import User


class BreakGlass(models.Model):
    """One opening of the sealed account; it ends by itself, and stays on record."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="openings")
    reason = models.CharField(max_length=300)
    opened_by = models.CharField(max_length=100, help_text="The operating system's user who ran the command.")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class PersonalData:
        erase: ClassVar = {"reason"}
        keep: ClassVar = {"id", "user", "opened_by", "opened_at", "expires_at", "closed_at"}

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Opened {self.opened_at:%Y-%m-%d %H:%M} by {self.opened_by}"
