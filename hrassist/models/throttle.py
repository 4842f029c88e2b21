"""Counters of throttled requests."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Throttle(models.Model):
    """How far ahead of the clock somebody has used up a limit; hrassist.lib.throttle reads and writes it."""

    key = models.CharField(max_length=64, primary_key=True)
    used_until = models.DateTimeField(db_index=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"key", "used_until"}

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.used_until:%H:%M:%S}"
