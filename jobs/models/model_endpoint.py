"""The language model of this organisation: where it is, with which key, and what it may cost."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ModelEndpoint(models.Model):
    """One language model that may be used; switched off until somebody switches it on."""

    class Dialect(models.TextChoices):
        OPENROUTER = "openrouter", "OpenRouter"
        GEMINI = "gemini", "Google Gemini"
        OLLAMA = "ollama", "Ollama"
        OPENAI = "openai", "Another endpoint that speaks OpenAI's protocol"

    name = models.CharField(max_length=60, unique=True, help_text="As recruiters choose it.")
    dialect = models.CharField("kind", max_length=12, choices=Dialect.choices)
    base_url = models.CharField(
        "address", max_length=300, blank=True, help_text="https://…/v1; empty for the kind's own."
    )
    model = models.CharField(max_length=120, help_text="The model's identifier at the provider.")
    sealed_key = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=False)
    price_in = models.DecimalField(
        "price of a million tokens in", max_digits=10, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    price_out = models.DecimalField(
        "price of a million tokens out", max_digits=10, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    month_budget = models.DecimalField(
        "budget of a month", max_digits=10, decimal_places=2, default=20, validators=[MinValueValidator(0)],
        help_text="At this cost the model is not asked any more until the month is over. 0: its tokens alone end that.",
    )  # fmt: skip
    month_tokens = models.PositiveIntegerField(
        "tokens of a month", default=2_000_000, help_text="The same by tokens, also where they cost nothing."
    )
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_said = models.CharField(max_length=300, blank=True, editable=False, help_text="Empty: the last test passed.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "name", "dialect", "base_url", "model", "sealed_key", "enabled", "price_in", "price_out",
            "month_budget", "month_tokens", "tested_at", "test_said", "created_at", "updated_at", "updated_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = "language model"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name="offline"), name="modelendpoint_name_free"),
        ]

    def __str__(self) -> str:
        return self.name
