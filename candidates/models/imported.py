"""What an import did, row by row: what makes it safe to run twice and to take back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from candidates.models.candidate import Candidate
from hrassist.models import LongTask


class ImportedRow(models.Model):
    """One row of a file that became, or changed, a person."""

    task = models.ForeignKey(LongTask, on_delete=models.CASCADE, related_name="imported_rows")
    number = models.PositiveIntegerField(help_text="As the file counts its rows, the heading being 1.")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="imported_rows")
    created = models.BooleanField(help_text="The person was new; otherwise they were known and got what was missing.")
    goal_ref = models.UUIDField(null=True, blank=True, help_text="What was made of the person beside: an application.")
    left_at = models.DateTimeField(help_text="The person's own clock after the import: a later one tells of a change.")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "task", "number", "candidate", "created", "goal_ref", "left_at", "at"}

    class Meta:
        ordering: ClassVar = ["task", "number"]
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "number"], name="importedrow_once")]

    def __str__(self) -> str:
        return f"row {self.number}"
