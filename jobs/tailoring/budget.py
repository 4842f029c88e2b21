"""What the language model may take, of a run and of a month: checked before each call, written down after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from hrassist.lib import llm
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import ModelCall, TailoringRun, TailoringStep
from jobs.tailoring import providers

TOKENS = Coalesce(Sum(F("tokens_in") + F("tokens_out")), 0)


@dataclass(frozen=True, slots=True)
class Spent:
    tokens: int
    cost: Decimal


def of_month(row: ModelEndpoint, *, now: datetime) -> Spent:
    """What a language model took since the first of this month, whatever it was called and whatever came of it."""
    local = timezone.localtime(now)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    calls = ModelCall.objects.filter(endpoint=row, at__gte=first)
    found = calls.aggregate(tokens=TOKENS, cost=Coalesce(Sum("cost"), Decimal(0)))
    return Spent(found["tokens"], found["cost"])


def check(run: TailoringRun, provider: llm.Provider) -> None:
    """Raises BudgetSpent where a run or a month has taken what it may. What stays here is free."""
    if not provider.leaves:
        return
    taken = run.steps.aggregate(tokens=TOKENS)["tokens"]
    if taken >= settings.TAILORING_RUN_TOKENS:
        raise llm.BudgetSpent(
            f"This run has taken {taken:,} tokens, and {settings.TAILORING_RUN_TOKENS:,} are what one may take. Finish "
            "it without a model, or start anew."
        )
    row = providers.row_of(run)
    if row is None:
        return
    month = of_month(row, now=timezone.now())
    if month.cost >= row.month_budget > 0 or month.tokens >= row.month_tokens:
        raise llm.BudgetSpent


@transaction.atomic
def spend(run: TailoringRun, step: TailoringStep, provider: llm.Provider, usage: llm.Usage) -> None:
    """Write down what a call took, at once: nothing that comes after it takes that back."""
    if not provider.leaves:
        return
    row = providers.row_of(run)
    cost = usage.cost
    if cost is None:
        cost = providers.price(row).of(usage.tokens_in, usage.tokens_out) if row else Decimal(0)
    ModelCall.objects.create(
        step=step, endpoint=row, provider=provider.name, model=provider.model, tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out, cost=cost,
    )  # fmt: skip
    TailoringStep.objects.filter(pk=step.pk).update(
        tokens_in=F("tokens_in") + usage.tokens_in, tokens_out=F("tokens_out") + usage.tokens_out,
        cost=F("cost") + cost,
    )  # fmt: skip
