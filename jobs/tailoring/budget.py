"""What the language model may take, of a run and of a month: held before each call, written down after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from hrassist.lib import llm
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import TailoringRun, TailoringStep
from jobs.models.tailoring_course import ModelCall
from jobs.tailoring import providers
from jobs.tailoring.asking import STEP_SECONDS

TOKENS = Coalesce(Sum(F("tokens_in") + F("tokens_out")), 0)
NOTHING = Decimal(0)
# A call ends with its step, and is written down then: whoever is silent for longer has died.
LONGEST = timedelta(seconds=STEP_SECONDS + 60)
RUN_ENDS = (
    "This run has {taken}: what is left is less than its next call can take, so it was not made. Finish it without a "
    "model, or continue when an operator has raised it."
)
TOO_LITTLE = (
    "What is left of this month's budget for the language model is less than the next call can take, so it was not "
    "asked. Finish without a model, or continue when an operator has raised it."
)
HELD = (
    "What is left of this month's budget for the language model is held by other calls. Press Continue in some "
    "minutes, or finish without a model."
)


@dataclass(frozen=True, slots=True)
class Spent:
    tokens: int
    cost: Decimal

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.tokens + other.tokens, self.cost + other.cost)

    def within(self, row: ModelEndpoint) -> bool:
        """Whether a month in which so much was taken stays within what the language model may take."""
        return self.tokens <= row.month_tokens and (row.month_budget <= 0 or self.cost <= row.month_budget)

    def ends(self, row: ModelEndpoint) -> bool:
        return self.cost >= row.month_budget > 0 or self.tokens >= row.month_tokens


def _of_month(row: ModelEndpoint, *, now: datetime) -> QuerySet[ModelCall]:
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return ModelCall.objects.filter(endpoint=row, at__gte=first)


def of_month(row: ModelEndpoint, *, now: datetime) -> Spent:
    """What a language model took since the first of this month, whatever it was called and whatever came of it."""
    return standing(row, now=now)[0]


def standing(row: ModelEndpoint, *, now: datetime) -> tuple[Spent, Spent]:
    """What was taken this month, and what calls that are under way hold beside that.

    Both in one statement: a call that is written down between two would be in neither. One of a worker that died holds
    nothing any more when its time is over.
    """
    under_way = Q(held_until__gt=now)
    found = _of_month(row, now=now).aggregate(
        tokens=TOKENS,
        cost=Coalesce(Sum("cost"), NOTHING),
        held_tokens=Coalesce(Sum(F("held_in") + F("held_out"), filter=under_way), 0),
        held_cost=Coalesce(Sum("held_cost", filter=under_way), NOTHING),
    )
    return Spent(found["tokens"], found["cost"]), Spent(found["held_tokens"], found["held_cost"])


def _require_within_run(taken: Spent, wanted: Spent) -> None:
    """As for the month: what a run took, and what its next call can take, stay within what one run may take."""
    tokens, cost = settings.TAILORING_RUN_TOKENS, settings.TAILORING_RUN_COST
    if taken.tokens + wanted.tokens > tokens:
        raise llm.BudgetSpent(
            RUN_ENDS.format(taken=f"taken {taken.tokens:,} tokens, and {tokens:,} are what one may take")
        )
    if cost and taken.cost + wanted.cost > cost:
        raise llm.BudgetSpent(RUN_ENDS.format(taken=f"cost {taken.cost:.2f}, and {cost:.2f} is what one may cost"))


class Purse:
    """What the calls of one step take: each holds the most that it can, and gives back the rest. Free stays free."""

    def __init__(self, run: TailoringRun, step: TailoringStep, provider: llm.Provider) -> None:
        self.run, self.step, self.provider = run, step, provider
        self._call: ModelCall | None = None

    def hold(self, most: llm.Usage) -> None:
        """Raises BudgetSpent where less is left than the next call can take, ModelUnreachable where it is off."""
        if not self.provider.leaves:
            return
        now, row = timezone.now(), providers.row_of(self.run)
        tokens = most.tokens_in + most.tokens_out
        wanted = self._wanted(row, most, now=now) if row is not None else Spent(tokens, NOTHING)
        _require_within_run(self._taken(), wanted)
        if row is not None:
            self._call = self._hold(row.pk, most, now=now)

    def _taken(self) -> Spent:
        """What the run took so far, by whichever models; one worker holds it, so nothing of it is under way."""
        return Spent(**self.run.steps.aggregate(tokens=TOKENS, cost=Coalesce(Sum("cost"), NOTHING)))

    @transaction.atomic
    def _hold(self, endpoint: int, most: llm.Usage, *, now: datetime) -> ModelCall:
        # Calls of other runs wait here. Reading the sum in the statement that locks would give it as it was before the
        # wait, so it is one of its own.
        row = ModelEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint).first()
        if row is None or not row.enabled:
            # A run may take a quarter of an hour: who switches a model off means its next call, not the next run.
            raise providers.switched_off()
        month, others = standing(row, now=now)
        wanted = self._wanted(row, most, now=now)
        if month.ends(row):
            raise llm.BudgetSpent
        if not (month + wanted).within(row):
            raise llm.BudgetSpent(TOO_LITTLE)
        if not (month + others + wanted).within(row):
            raise llm.BudgetSpent(HELD)
        return ModelCall.objects.create(
            step=self.step, endpoint=row, provider=self.provider.name, model=self.provider.model, at=now,
            held_in=most.tokens_in, held_out=most.tokens_out, held_cost=wanted.cost, held_until=now + LONGEST,
        )  # fmt: skip

    @staticmethod
    def _wanted(row: ModelEndpoint, most: llm.Usage, *, now: datetime) -> Spent:
        cost = providers.price(row).of(most.tokens_in, most.tokens_out)
        if not cost:
            # Without a list of prices a provider may charge all the same: as much as ever this month, for all we know.
            cost = _of_month(row, now=now).aggregate(most=Coalesce(Max("cost"), NOTHING))["most"]
        return Spent(most.tokens_in + most.tokens_out, cost)

    @transaction.atomic
    def settle(self, usage: llm.Usage | None) -> None:
        """Write down at once what the call took, None where nothing: what comes after it takes that back no more."""
        call, self._call = self._call, None
        if not self.provider.leaves:
            return
        if usage is None:
            if call is not None:
                call.delete()
            return
        row = providers.row_of(self.run)
        cost = usage.cost
        if cost is None:
            cost = providers.price(row).of(usage.tokens_in, usage.tokens_out) if row else NOTHING
        if call is None:
            call = ModelCall.objects.create(
                step=self.step, endpoint=row, provider=self.provider.name, model=self.provider.model
            )
        _write_down(call, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out, cost=cost)


def _write_down(call: ModelCall, *, tokens_in: int, tokens_out: int, cost: Decimal) -> None:
    """What a call took in place of what it held, and of what was thought of it before, also in the sum of its step."""
    before = ModelCall.objects.select_for_update(of=("self",)).filter(pk=call.pk).first()
    if before is None:
        return
    ModelCall.objects.filter(pk=call.pk).update(
        tokens_in=tokens_in, tokens_out=tokens_out, cost=cost, held_in=0, held_out=0, held_cost=0, held_until=None
    )
    TailoringStep.objects.filter(pk=call.step_id).update(
        tokens_in=F("tokens_in") + tokens_in - before.tokens_in,
        tokens_out=F("tokens_out") + tokens_out - before.tokens_out,
        cost=F("cost") + cost - before.cost,
    )


@transaction.atomic
def let_go(run: TailoringRun) -> None:
    """Give back what calls of a worker hold that has died, but for what it asked: as of any call that broke off."""
    for call in ModelCall.objects.filter(step__run=run, held_until__isnull=False).select_related("endpoint"):
        asked = call.held_in // 4
        cost = providers.price(call.endpoint).of(asked, 0) if call.endpoint else NOTHING
        _write_down(call, tokens_in=asked, tokens_out=0, cost=cost)
