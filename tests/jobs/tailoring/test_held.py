"""What calls hold of a month's budget while they are under way: never more than there is, and never for ever."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.utils import timezone

from hrassist.lib import llm
from jobs.actions import tailorings
from jobs.models import ModelCall, ModelEndpoint, TailoringRun
from jobs.tailoring import budget, lease, pipeline
from tests.factories import UserFactory
from tests.hiring import ModelEndpointFactory, TailoringRunFactory
from tests.jobs.tailoring.scripted import ScriptedProvider
from tests.racing import at_once

NONE = budget.Spent(0, Decimal(0))
PROVIDER = SimpleNamespace(name="scripted", model="scripted-1", leaves=True)
SCHEMA = {"type": "object"}


@pytest.fixture
def endpoint(db) -> ModelEndpoint:
    return ModelEndpointFactory(name="scripted", enabled=True, updated_by=UserFactory())


def purse(endpoint) -> budget.Purse:
    run = TailoringRunFactory(provider="scripted", endpoint=endpoint)
    return budget.Purse(run, run.steps.get(agent="analysis"), PROVIDER)


def month(endpoint):
    return budget.of_month(endpoint, now=timezone.now())


def held(endpoint, *, after=timedelta()):
    return budget.standing(endpoint, now=timezone.now() + after)[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "limits",
    [{"month_tokens": 3 * 1500 + 1499}, {"price_in": 1000, "price_out": 4000, "month_budget": "9.02"}],
    ids=["tokens", "money"],
)
def test_at_a_budget_with_room_for_three_calls_eight_workers_make_three(endpoint, limits, settings) -> None:
    """Each on a connection of its own, all before any of them has written down what its call took."""
    settings.TAILORING_RUN_COST = 0
    ModelEndpoint.objects.update(**limits)
    purses = [purse(endpoint) for _ in range(8)]
    asked, all_asked = [], Barrier(8)

    def work(one: budget.Purse) -> str:
        try:
            one.hold(llm.Usage(1000, 500))
        except llm.BudgetSpent as error:
            all_asked.wait(20)
            return error.message
        asked.append(one)
        all_asked.wait(20)
        one.settle(llm.Usage(1000, 500))
        return ""

    said = at_once(*[lambda one=one: work(one) for one in purses])
    assert len(asked) == 3
    assert sorted(said) == [""] * 3 + [budget.HELD] * 5
    assert month(endpoint).tokens == ModelCall.objects.count() * 1500 == 4500
    assert held(endpoint) == NONE


@pytest.mark.django_db(transaction=True)
def test_parallel_runs_never_pass_the_budget_of_a_month(endpoint, application, recruiter, noon, monkeypatch) -> None:
    """The same through whole runs, each by a worker of its own: not one call is sent for which there is no room."""
    # What a provider takes at most here it does take.
    bound = llm.Usage(4000, 6000)
    monkeypatch.setattr(llm, "most", lambda *_args, **_kwargs: bound)
    ModelEndpoint.objects.update(month_tokens=3 * 10_000 + 9_999)
    runs = [
        tailorings.start(application=application, by=recruiter, now=noon, provider="scripted", language=language)
        for language in ("en", "de", "fr", "es")
    ]
    providers = [ScriptedProvider(usage=bound) for _ in runs]
    at_once(
        *[
            lambda run=run, provider=provider: pipeline.work(run.pk, provider=provider, pause=lambda _seconds: None)
            for run, provider in zip(runs, providers, strict=True)
        ]
    )
    assert sum(len(one.heard) for one in providers) == 3
    assert month(endpoint).tokens == 30_000
    assert set(TailoringRun.objects.values_list("failed_for", flat=True)) == {"budget_spent"}


@pytest.mark.django_db
def test_a_call_that_is_written_down_is_never_counted_in_neither_sum(endpoint, django_assert_num_queries):
    """Between two statements a call could turn from held into taken, and a run beside it would see none of it."""
    purse(endpoint).hold(llm.Usage(1000, 500))
    with django_assert_num_queries(1):
        assert budget.standing(endpoint, now=timezone.now()) == (NONE, budget.Spent(1500, Decimal(0)))


@pytest.mark.django_db
def test_what_was_held_gives_way_to_what_it_took(endpoint):
    ModelEndpoint.objects.update(price_in=10, price_out=100)
    one = purse(endpoint)
    one.hold(llm.Usage(1000, 500))
    assert (month(endpoint), held(endpoint)) == (NONE, budget.Spent(1500, Decimal("0.06")))
    one.settle(llm.Usage(200, 10))
    assert (month(endpoint), held(endpoint)) == (budget.Spent(210, Decimal("0.003")), NONE)
    assert (one.run.steps.get(agent="analysis").tokens_in, ModelCall.objects.count()) == (200, 1)


@pytest.mark.django_db
def test_who_was_never_asked_leaves_no_trace(endpoint):
    one = purse(endpoint)
    one.hold(llm.Usage(1000, 500))
    one.settle(None)
    assert (held(endpoint), ModelCall.objects.count()) == (NONE, 0)


@pytest.mark.django_db
def test_each_way_in_which_a_call_fails_gives_back_what_it_held(endpoint, application, recruiter, noon, tailor):
    for number, error in enumerate(
        [llm.ModelUnreachable(), llm.ModelStalled(), llm.ModelRefusedKey(), lease.Cancelled(), RuntimeError()]
    ):
        # Another form each time, so that each is a run of its own.
        run = tailorings.start(
            application=application, by=recruiter, now=noon, provider="scripted", with_letter=number < 4,
            language=["en", "de", "fr", "es"][number % 4],
        )  # fmt: skip
        with suppress(RuntimeError):
            tailor(run, ScriptedProvider(analysis=lambda _asked, error=error: error))
        assert held(endpoint) == NONE, error
        assert not ModelCall.objects.filter(held_until__isnull=False).exists(), error


@pytest.mark.django_db
def test_less_left_than_a_call_can_take_is_said_as_that(endpoint):
    ModelEndpoint.objects.update(month_tokens=1499)
    with pytest.raises(llm.BudgetSpent, match="less than the next call can take"):
        purse(endpoint).hold(llm.Usage(1000, 500))
    assert not ModelCall.objects.exists()


@pytest.mark.django_db
def test_a_run_never_passes_its_tokens_by_a_call_that_can_take_more_than_is_left(endpoint, settings):
    settings.TAILORING_RUN_TOKENS = 3000
    one = purse(endpoint)
    for _ in range(2):
        one.hold(llm.Usage(1000, 500))
        one.settle(llm.Usage(1000, 499))
    with pytest.raises(llm.BudgetSpent, match="taken 2,998 tokens, and 3,000 are what one may take"):
        one.hold(llm.Usage(2, 1))
    # What just fits is asked.
    one.hold(llm.Usage(1, 1))
    assert held(endpoint).tokens == 2


@pytest.mark.django_db
def test_a_run_never_passes_its_cost_either(endpoint, settings):
    settings.TAILORING_RUN_COST = 3
    ModelEndpoint.objects.update(price_in=1000, price_out=1000)
    one, other = purse(endpoint), purse(endpoint)
    one.hold(llm.Usage(1000, 500))
    one.settle(llm.Usage(1000, 501))
    with pytest.raises(llm.BudgetSpent, match=r"cost 1\.50, and 3\.00 is what one may cost"):
        one.hold(llm.Usage(1000, 500))
    one.hold(llm.Usage(1000, 499))
    # Another run has its own.
    other.hold(llm.Usage(1000, 500))
    assert held(endpoint).cost == Decimal("2.999")


@pytest.mark.django_db
def test_a_run_without_a_limit_of_money_ends_by_its_tokens_alone(endpoint, settings):
    settings.TAILORING_RUN_COST = 0
    ModelEndpoint.objects.update(price_in=10_000, price_out=10_000, month_budget=0)
    purse(endpoint).hold(llm.Usage(1000, 500))
    assert held(endpoint).cost == 15


@pytest.mark.django_db
def test_where_no_prices_are_set_a_call_holds_what_the_dearest_one_cost(endpoint):
    ModelEndpoint.objects.update(month_budget=1)
    first, second, third = purse(endpoint), purse(endpoint), purse(endpoint)
    first.hold(llm.Usage(1000, 500))
    first.settle(llm.Usage(900, 400, Decimal("0.40")))
    second.hold(llm.Usage(1000, 500))
    assert held(endpoint).cost == Decimal("0.40")
    with pytest.raises(llm.BudgetSpent, match="held by other calls"):
        third.hold(llm.Usage(1000, 500))


@pytest.mark.django_db
def test_a_budget_of_nothing_is_no_limit_of_money(endpoint, settings):
    settings.TAILORING_RUN_COST, settings.TAILORING_RUN_TOKENS = 0, 1_500_000
    ModelEndpoint.objects.update(month_budget=0, price_in=1000, price_out=1000)
    one = purse(endpoint)
    one.hold(llm.Usage(1_000_000, 500_000))
    assert held(endpoint).tokens == 1_500_000


@pytest.mark.django_db
def test_what_a_worker_held_that_died_is_free_when_its_time_is_over(endpoint):
    """Without anybody's doing: no sweep has to run for it."""
    purse(endpoint).hold(llm.Usage(1000, 500))
    assert held(endpoint).tokens == 1500
    assert held(endpoint, after=budget.LONGEST + timedelta(seconds=1)) == NONE
    assert timedelta(minutes=5) >= budget.LONGEST


@pytest.mark.django_db
def test_who_goes_on_with_the_run_of_a_dead_worker_gives_back_what_it_held(endpoint):
    ModelEndpoint.objects.update(price_in=10, price_out=100)
    one = purse(endpoint)
    one.hold(llm.Usage(1000, 500))
    TailoringRun.objects.update(state="running", lease_until=timezone.now() - timedelta(seconds=1))
    assert lease.take(one.run.pk, now=timezone.now())
    # What it asked may have come through; nobody ever said.
    assert (month(endpoint), held(endpoint)) == (budget.Spent(250, Decimal("0.0025")), NONE)
    assert one.run.steps.get(agent="analysis").tokens_in == 250
    # It was not dead, only slow, and says now what its call took.
    one.settle(llm.Usage(800, 300))
    assert month(endpoint) == budget.Spent(1100, Decimal("0.038"))
    step = one.run.steps.get(agent="analysis")
    assert (step.tokens_in, step.tokens_out, step.cost) == (800, 300, Decimal("0.038"))


def test_no_token_is_less_than_a_byte():
    words = [llm.Message("system", "Answer."), llm.Message("user", "Grüße 🙂")]
    most = llm.most(words, SCHEMA, max_tokens=500)
    assert most.tokens_in >= len("Answer.Grüße 🙂".encode()) + len('{"type": "object"}')
    assert most.tokens_out == 500


@pytest.mark.django_db
def test_the_page_of_a_language_model_says_what_calls_hold(endpoint, client_as, operator):
    address = f"/jobs/modelendpoint/{endpoint.pk}/change/"
    assert "Held by calls" not in client_as(operator).get(address).content.decode()
    purse(endpoint).hold(llm.Usage(1000, 500))
    assert "Held by calls" in client_as(operator).get(address).content.decode()
