"""The steps of a job's pipeline."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from jobs.models.job import Job


class Stage(models.Model):
    """A step of one job's pipeline; its kind lets reports work across jobs that name their steps differently."""

    class Kind(models.TextChoices):
        APPLIED = "applied"
        SCREEN = "screen"
        INTERVIEW = "interview"
        OFFER = "offer"
        HIRED = "hired"

    DEFAULTS: ClassVar = (
        ("Applied", Kind.APPLIED),
        ("Screening", Kind.SCREEN),
        ("Interview", Kind.INTERVIEW),
        ("Offer", Kind.OFFER),
        ("Hired", Kind.HIRED),
    )

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "job", "name", "kind", "position"}

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["job", "position"], name="stage_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["job", "name"], name="stage_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
