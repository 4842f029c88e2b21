"""What a run of tailoring leaves on its way: the calls of language models that cost, and what it tells meanwhile."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import TailoringRun, TailoringStep


class ModelCall(models.Model):
    """One call of a language model that costs: which was asked, when, and what it took, whatever came of it."""

    step = models.ForeignKey(TailoringStep, on_delete=models.CASCADE, related_name="calls")
    endpoint = models.ForeignKey(
        ModelEndpoint, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False,
        help_text="Whose budget it counts against.",
    )  # fmt: skip
    provider = models.CharField(max_length=60, help_text="What the language model was called then.")
    model = models.CharField(max_length=120, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "step", "endpoint", "provider", "model", "tokens_in", "tokens_out", "cost", "at"}

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        default_permissions = ()
        indexes: ClassVar = [
            # What a language model took since the first of a month is read before each call.
            models.Index(
                fields=["endpoint", "at"], include=["tokens_in", "tokens_out", "cost"], name="modelcall_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} for {self.step}"


class TailoringEvent(models.Model):
    """What a run tells while it works; pieces of text go when their step is done."""

    run = models.ForeignKey(TailoringRun, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar = {"data"}
        keep: ClassVar = {"id", "run", "seq", "kind", "at"}

    class Meta:
        ordering: ClassVar = ["seq"]
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "seq"], name="tailoringevent_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
