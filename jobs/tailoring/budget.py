"""What the language model may take: checked before each call, of a run and of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from hrassist.lib import llm
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import TailoringRun, TailoringStep
from jobs.tailoring.asking import Taken

TOKENS = Coalesce(Sum(F("tokens_in") + F("tokens_out")), 0)


@dataclass(frozen=True, slots=True)
class Spent:
    tokens: int
    cost: Decimal


def of_month(name: str, *, now: datetime) -> Spent:
    """What a language model took since the first of this month, by every run of it."""
    local = timezone.localtime(now)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    steps = TailoringStep.objects.filter(run__provider=name, started_at__gte=first)
    found = steps.aggregate(tokens=TOKENS, cost=Coalesce(Sum("cost"), Decimal(0)))
    return Spent(found["tokens"], found["cost"])


def check(run: TailoringRun, provider: llm.Provider, *, also: Taken) -> None:
    """Raises BudgetSpent where a run or a month has taken what it may, `also` included. What stays here is free."""
    if not provider.leaves:
        return
    taken = run.steps.aggregate(tokens=TOKENS)["tokens"]
    taken += also.tokens
    if taken >= settings.TAILORING_RUN_TOKENS:
        raise llm.BudgetSpent(
            f"This run has taken {taken:,} tokens, and {settings.TAILORING_RUN_TOKENS:,} are what one may take. Finish "
            "it without a model, or start anew."
        )
    row = ModelEndpoint.objects.filter(name=run.provider).first()
    if row is None:
        return
    month = of_month(run.provider, now=timezone.now())
    if month.cost + also.cost >= row.month_budget > 0 or month.tokens + also.tokens >= row.month_tokens:
        raise llm.BudgetSpent
