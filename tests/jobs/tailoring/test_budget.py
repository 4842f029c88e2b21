"""What language models took, and who wrote what: kept by call and by step, whatever becomes of the run."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from hrassist.lib import llm
from hrassist.metrics import people
from jobs.actions import tailorings
from jobs.models import ModelCall, ModelEndpoint, TailoringRun
from jobs.tailoring import budget, export, lease
from tests.hiring import ModelEndpointFactory, TailoringRunFactory
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

pytestmark = pytest.mark.django_db
State = TailoringRun.State
WORDED = implementation([{"bullet_id": "w1.b0", "text": "Wrote REST APIs in Django", "evidence": ["w1.b0"]}])


@pytest.fixture
def endpoint(recruiter) -> ModelEndpoint:
    return ModelEndpointFactory(name="scripted", enabled=True, updated_by=recruiter)


@pytest.fixture
def by_model(application, endpoint, recruiter, noon) -> TailoringRun:
    return tailorings.start(application=application, by=recruiter, now=noon, provider="scripted")


def month(endpoint):
    return budget.of_month(endpoint, now=timezone.now())


def up(endpoint) -> float:
    (figure,) = (one for one in people.models() if one.name == "hrassist_llm_up")
    return next(one.value for one in figure.samples if one.labels["model"] == endpoint.name)


def test_each_real_call_says_whether_the_model_is_up(by_model, endpoint, tailor, recruiter):
    """Nobody has to press a button for it, and no call is made for it alone."""
    before = endpoint.updated_at
    run = tailor(by_model, ScriptedProvider(implementation=llm.ModelUnreachable))
    assert run.failed_for == "model_unreachable"
    endpoint.refresh_from_db()
    assert endpoint.test_said == llm.ModelUnreachable.default_message
    assert up(endpoint) == 0
    # Who has the page open changes nothing that somebody else changed.
    assert endpoint.updated_at == before
    tailor(tailorings.go_on(run=run, by=recruiter, now=timezone.now()), ScriptedProvider())
    endpoint.refresh_from_db()
    assert endpoint.test_said == ""
    assert up(endpoint) == 1


def test_a_question_that_is_too_long_does_not_make_a_model_down(by_model, endpoint, tailor):
    run = tailor(by_model, ScriptedProvider(implementation=llm.ModelContextTooSmall))
    assert run.failed_for == "model_context"
    endpoint.refresh_from_db()
    # The steps before it were answered.
    assert (endpoint.test_said, up(endpoint)) == ("", 1)


def test_finishing_without_a_model_gives_back_nothing_and_hides_nobody_who_wrote(
    by_model, endpoint, tailor, recruiter, events, settings
):
    # Two answers in the wrong form: the validation is paid for and has no result.
    run = tailor(by_model, ScriptedProvider(implementation=WORDED, validation=["x", "y"]))
    assert run.failed_for == "model_bad_answer"
    spent = month(endpoint)
    assert spent == budget.Spent(tokens=5 * 150, cost=Decimal("0.05"))
    run = tailor(tailorings.go_on(run=run, by=recruiter, now=timezone.now(), offline=True))
    assert run.state == State.REVIEW
    assert month(endpoint) == spent
    assert [(step.provider, step.model) for step in run.steps.all()] == [
        *[("scripted", "scripted-1")] * 3, *[("offline", f"hrassist {settings.VERSION}")] * 2,
    ]  # fmt: skip
    assert run.written_by == "scripted, finished without a language model"
    assert export.made_by(run) == "hrassist with scripted"
    assert "hrassist with scripted" in str(export.papers(run, run.lines.all(), now=timezone.now())[0])
    assert events("tailoring.done")[-1].changes["models"] == ["scripted-1", f"hrassist {settings.VERSION}"]


def test_a_month_stays_spent_when_runs_are_finished_without_a_model(by_model, endpoint, tailor, recruiter):
    ModelEndpoint.objects.update(month_tokens=30_000)
    run = tailor(by_model, ScriptedProvider(usage=llm.Usage(30_000, 0)))
    assert (run.failed_for, month(endpoint).tokens) == ("budget_spent", 30_000)
    tailor(tailorings.go_on(run=run, by=recruiter, now=timezone.now(), offline=True))
    again = tailorings.start(
        application=run.application, by=recruiter, now=timezone.now(), provider="scripted", language="de"
    )
    provider = ScriptedProvider()
    assert tailor(again, provider).failed_for == "budget_spent"
    # The analysis is the same and was paid for already.
    assert provider.heard == []


def test_a_language_model_of_another_name_is_the_same_and_has_spent_the_same(by_model, endpoint, tailor, recruiter):
    run = tailor(by_model, ScriptedProvider(validation=llm.ModelRefusedKey()))
    spent = month(endpoint)
    assert spent.tokens
    ModelEndpoint.objects.update(name="Renamed")
    assert month(endpoint) == spent
    ModelEndpoint.objects.update(month_tokens=spent.tokens)
    run = tailor(tailorings.go_on(run=run, by=recruiter, now=timezone.now()), ScriptedProvider())
    assert run.failed_for == "budget_spent"


def test_a_run_of_the_built_in_provider_says_so_and_costs_nothing(begun, tailor):
    run = tailor(begun)
    assert export.made_by(run) == export.OFFLINE_NAME
    assert run.written_by == "Built in, no language model"
    assert not ModelCall.objects.exists()


def test_the_page_says_what_the_built_in_provider_is_before_and_after_its_work(begun, tailor, recruiter, client_as):
    address, client = f"/jobs/tailoringrun/{begun.pk}/change/", client_as(recruiter)
    banner = "Without a language model: lines are picked and put in order, none is written."
    assert banner in client.get(address).content.decode()
    tailor(begun)
    said = client.get(address).content.decode()
    assert banner in said
    assert "It needs no key and nothing leaves this server." in said


def test_a_call_of_a_month_before_counts_no_more_and_one_without_a_price_of_its_own_has_that_of_the_list(
    by_model, endpoint, tailor
):
    ModelEndpoint.objects.update(price_in=2, price_out=10)
    tailor(by_model, ScriptedProvider(usage=llm.Usage(100, 50)))
    call = ModelCall.objects.earliest("pk")
    assert call.cost == Decimal("0.000700")
    assert (call.step.agent, call.provider, call.model, call.endpoint) == (
        "analysis", "scripted", "scripted-1", endpoint,
    )  # fmt: skip
    ModelCall.objects.update(at=timezone.now() - timedelta(days=40))
    assert month(endpoint) == budget.Spent(0, Decimal(0))


def test_the_page_names_who_wrote_and_claims_no_absence_of_models(by_model, tailor, recruiter, client_as):
    run = tailor(by_model, ScriptedProvider(validation=llm.ModelRefusedKey(), implementation=WORDED))
    run = tailor(tailorings.go_on(run=run, by=recruiter, now=timezone.now(), offline=True))
    client = client_as(recruiter)
    said = client.get(f"/jobs/tailoringrun/{run.pk}/change/").content.decode()
    assert "scripted, finished without a language model" in said
    assert "nothing leaves this server" not in said
    assert "scripted, finished without a language model" in client.get("/jobs/tailoringrun/").content.decode()


def test_the_page_tells_what_a_run_and_each_of_its_agents_took(by_model, tailor, recruiter, client_as):
    run = tailor(by_model, ScriptedProvider(implementation=WORDED, usage=llm.Usage(1200, 34, Decimal("0.0125"))))
    said = " ".join(client_as(recruiter).get(f"/jobs/tailoringrun/{run.pk}/change/").content.decode().split())
    assert "<dt>Tokens</dt> <dd>6,170, cost 0.0625</dd>" in said
    assert said.count("1,234 tokens, cost 0.0125") == 5


class Breaks(ScriptedProvider):
    """Asked for the analysis, it says these pieces and breaks with this, before it tells what that took."""

    def __init__(self, error: BaseException, *pieces: str) -> None:
        super().__init__()
        self.error, self.pieces = error, pieces

    def stream(self, messages, **asked):
        yield from (llm.Piece(one) for one in self.pieces)
        self.length = sum(len(message.content) for message in messages)
        raise self.error


@pytest.mark.parametrize(
    ("error", "said", "calls"),
    [
        (llm.ModelStalled(), 400, 3),
        (llm.ModelStalled(), 0, 3),
        (llm.ModelCutOff(), 40, 3),
        (llm.ModelUnreachable(), 80, 3),
        (lease.Cancelled(), 120, 1),
        # Who never got the question, or refused it, is owed nothing.
        (llm.ModelUnreachable(), 0, 0),
        (llm.ModelRateLimited(), 0, 0),
        (llm.ModelRefusedKey(), 0, 0),
        (llm.ModelFailed("The language model refused the request (status 400)."), 0, 0),
    ],
)
def test_a_call_that_broke_off_before_it_said_what_it_took_is_estimated(by_model, endpoint, tailor, error, said, calls):
    ModelEndpoint.objects.update(price_in=1, price_out=4)
    provider = Breaks(error, *(["x" * 20] * (said // 20)))
    run = tailor(by_model, provider)
    assert run.state in (State.FAILED, State.CANCELLED)
    came, went = provider.length // 4, said // 4
    assert list(ModelCall.objects.values_list("tokens_in", "tokens_out")) == [(came, went)] * calls
    assert month(endpoint).tokens == run.steps.get(agent="analysis").tokens_in + calls * went == calls * (came + went)
    assert month(endpoint).cost == calls * Decimal(came + 4 * went) / 1_000_000


def test_what_a_call_took_is_written_down_before_the_next_one_begins(by_model, endpoint, tailor):
    seen = []
    wrong = implementation([{"bullet_id": "w0.b1", "text": "Cut cost by 90 %", "evidence": ["w0.b1"]}])
    tailor(
        by_model,
        ScriptedProvider(
            implementation=wrong, repair=lambda asked: seen.append(month(endpoint).tokens) or {"lines": []}
        ),
    )
    # Analysis, optimisation and implementation, while the step of the latter is under way.
    assert seen == [3 * 150]


def test_what_a_provider_says_that_a_call_cost_goes_before_the_list_of_prices(by_model, endpoint, tailor):
    ModelEndpoint.objects.update(price_in=10, price_out=10)
    tailor(by_model, ScriptedProvider(usage=llm.Usage(100, 50, Decimal("0.0042"))))
    assert set(ModelCall.objects.values_list("cost", flat=True)) == {Decimal("0.004200")}


def test_what_runs_took_before_calls_were_kept_counts_on(endpoint, begun, recruiter):
    by_model = TailoringRunFactory(provider="scripted", state="failed")
    by_model.steps.filter(position=0).update(
        started_at=timezone.now(), state="done", output={}, tokens_in=100, tokens_out=50, cost="0.01"
    )
    gone_on = TailoringRunFactory(provider="offline")
    gone_on.steps.filter(position=0).update(started_at=timezone.now(), state="done", output={}, tokens_in=7)
    gone_on.steps.filter(position=1).update(started_at=timezone.now(), state="done", output={})
    fill = import_module("jobs.migrations.0029_who_wrote_and_what_it_took_so_far").fill
    for _ in range(2):
        fill(apps, None)
    by_model.refresh_from_db()
    assert by_model.endpoint == endpoint
    assert [step.provider for step in by_model.steps.all()] == ["scripted", "", "", "", ""]
    assert month(endpoint) == budget.Spent(150, Decimal("0.01"))
    # Which model it was is not known any more, only that there was one.
    assert export.made_by(TailoringRun.objects.get(pk=gone_on.pk)) == "hrassist with a language model"
    assert [step.provider for step in gone_on.steps.all()] == ["a language model", "offline", "", "", ""]
    assert ModelCall.objects.count() == 2
    assert not begun.steps.exclude(provider="").exists()
