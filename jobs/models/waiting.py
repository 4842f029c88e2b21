"""How long applications waited, as reports ask for it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from jobs.models.application import Application
from jobs.models.job import Job
from jobs.models.stage import Stage


class StageWait(models.Model):
    """The days of an application at one kind of step, once it has left it.

    Written by the database alone, with every step that is put down or taken back and every change of a pipeline:
    `jobs_wait_again` says what counts. Nobody else writes it.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="waits", db_index=False)
    # That of the application, which never changes: reports look at nothing but this table.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=10, choices=Stage.Kind.choices)
    came_at = models.DateTimeField(help_text="When the application came in.")
    days = models.FloatField()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "application", "job", "kind", "came_at", "days"}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["application", "kind"], name="stagewait_once")]
        indexes: ClassVar = [
            models.Index(fields=["came_at"], include=["job", "kind", "days"], name="stagewait_came"),
        ]

    def __str__(self) -> str:
        return f"{self.days:.1f} days at {self.kind}"
