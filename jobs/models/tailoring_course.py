"""What a run of tailoring leaves on its way: the calls of language models that cost, and what it tells meanwhile."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import TailoringRun, TailoringStep


class ModelCall(models.Model):
    """One call of a language model that costs: which was asked, when, and what it took, whatever came of it.

    While it is under way nobody knows what it takes: until then it holds the most that it can take.
    """

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
    held_in = models.PositiveIntegerField(default=0, db_default=0, help_text="Tokens that it can take in at most.")
    held_out = models.PositiveIntegerField(default=0, db_default=0, help_text="Tokens that it can say at most.")
    held_cost = models.DecimalField(max_digits=12, decimal_places=6, default=0, db_default=0)
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="No call takes longer; what one held whose worker died is free then."
    )
    at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "step", "endpoint", "provider", "model", "tokens_in", "tokens_out", "cost", "held_in", "held_out",
            "held_cost", "held_until", "at",
        }  # fmt: skip

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
    """What a run tells while it works; pieces of text go some minutes after their step is over."""

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
        indexes: ClassVar = [models.Index(fields=["at"], condition=models.Q(kind="text"), name="tailoringevent_text")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
