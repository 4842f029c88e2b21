"""A run over a server that misbehaves: how often it is asked, what the page says, and how the run goes on after all."""

from __future__ import annotations

import json
import time

import pytest
from django.utils import timezone

from hrassist.lib import llm
from jobs.actions import tailorings
from jobs.models import TailoringEvent, TailoringRun
from jobs.tailoring import pipeline
from tests.hiring import ModelEndpointFactory
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.egress.outside import HOST
from tests.jobs.tailoring.model_server import chunk, cut, end, in_turn, refuses, says, stalls
from tests.jobs.tailoring.scripted import ScriptedProvider

pytestmark = pytest.mark.django_db
State = TailoringRun.State
GOOD = says(json.dumps({"requirements": [], "focus": "Platform"}))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
SILENT = 0.7


def sends(*parts):
    return lambda connection: connection.sendall(HEAD + b"".join(parts))


# What the server answers, what the run failed for, and how often it was asked before that.
BAD = {
    "it is rate-limited": (refuses(429, "Retry-After: 2"), llm.ModelRateLimited, 3),
    "it is rate-limited for an hour": (refuses(429, "Retry-After: 3600"), llm.ModelRateLimited, 1),
    "it is down": (refuses(503), llm.ModelUnreachable, 3),
    "it hangs up": (lambda connection: None, llm.ModelUnreachable, 3),
    "it stalls": (stalls('{"bullet_order": [', seconds=3), llm.ModelStalled, 3),
    "it says nothing at all": (lambda connection: (connection.sendall(HEAD), time.sleep(3)), llm.ModelStalled, 3),
    "it is cut in mid-sentence": (cut('{"bullet_order": ["w0'), llm.ModelCutOff, 3),
    "it is cut in mid-line": (sends(chunk("{"), b'data: {"choices": [{"delta": {"con'), llm.ModelCutOff, 3),
    "it runs out of tokens": (says('{"bullet_order": []', reason="length"), llm.ModelCutOff, 3),
    "it breaks in the middle": (sends(chunk("{"), b'data: {"error": {"code": 502}}\n\n'), llm.ModelCutOff, 3),
    "it filters what it says": (says("{}", reason="content_filter"), llm.ModelCutOff, 3),
    "it says no JSON": (says("Here you are!"), llm.ModelAnsweredBadly, 2),
    "it says JSON of another form": (says('{"lines": []}'), llm.ModelAnsweredBadly, 2),
    "it says nothing and ends": (sends(end()), llm.ModelAnsweredBadly, 2),
    "it refuses the key": (refuses(401), llm.ModelRefusedKey, 1),
    "its account is empty": (refuses(402), llm.BudgetSpent, 1),
    "it takes in too little": (refuses(400, said="this exceeds the context"), llm.ModelContextTooSmall, 1),
    "it does not know the model": (refuses(404), llm.ModelFailed, 1),
}


@pytest.fixture
def pause(monkeypatch):
    """Waits pass at once, for every clock that counts them."""
    monotonic, skipped = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + skipped[0])

    def skip(seconds):
        skipped[0] += seconds

    return skip


@pytest.fixture
def endpoint(server, monkeypatch):  # noqa: F811
    monkeypatch.setattr(llm, "FIRST_SECONDS", 1.5 * SILENT)
    monkeypatch.setattr(llm, "SILENT_SECONDS", SILENT)
    return llm.Endpoint(
        name="Test", dialect="openai", base_url=f"https://{HOST}:{server.port}/v1", model="m", key="sk-secret"
    )


@pytest.mark.parametrize("offline", [False, True], ids=["continued", "finished without a model"])
@pytest.mark.parametrize(("answer", "error", "calls"), BAD.values(), ids=BAD)
def test_a_run_says_what_went_wrong_keeps_what_is_done_and_goes_on(
    begun, tailor, server, endpoint, pause, answer, error, calls, offline  # noqa: F811
):  # fmt: skip
    server.answer = in_turn(GOOD, answer)
    pipeline.work(begun.pk, provider=endpoint, pause=pause)
    run = TailoringRun.objects.get(pk=begun.pk)
    assert (run.state, run.failed_for) == (State.FAILED, error.code)
    assert len(server.requests) == 1 + calls
    # The sentence says what to do, and nothing of what was sent to whom.
    assert run.message.endswith(".")
    assert any(word in run.message for word in ("Continue", "continue", "without a model"))
    assert not any(secret in run.message for secret in ("sk-secret", HOST, "{"))
    last = TailoringEvent.objects.filter(run=run).order_by("-seq").first()
    assert last is not None
    assert (last.data["state"], last.data["code"], last.data["message"]) == (State.FAILED, error.code, run.message)
    assert [step.state for step in run.steps.all()] == ["done", "failed", "waiting", "waiting", "waiting"]
    assert (run.lease_token, run.lines.count()) == (None, 0)

    provider = ScriptedProvider()
    run = tailorings.go_on(run=run, by=run.created_by, now=timezone.now(), offline=offline)
    assert (run.state, run.failed_for, run.message) == (State.QUEUED, "", "")
    run = tailor(run, None if offline else provider)
    assert run.state == State.REVIEW
    assert [line.text for line in run.lines.filter(part="work")] == [
        line.original for line in run.lines.filter(part="work")
    ]
    # What was done before is not asked again.
    assert run.steps.get(agent="analysis").attempt == 1
    assert "analysis" not in [agent for agent, _ in provider.heard]


def test_what_goes_wrong_once_is_mended_without_anybody_noticing_more_than_a_second_try(
    begun, server, endpoint, pause  # noqa: F811
):  # fmt: skip
    empty = json.dumps({"bullet_order": [], "skill_order": [], "rewrite": []})
    stop = refuses(401)
    server.answer = in_turn(cut('{"re'), GOOD, refuses(429, "Retry-After: 1"), stalls("{"), says(empty), stop)
    pipeline.work(begun.pk, provider=endpoint, pause=pause)
    run = TailoringRun.objects.get(pk=begun.pk)
    assert [step.state for step in run.steps.all()][:3] == ["done", "done", "failed"]
    again = [event.data for event in TailoringEvent.objects.filter(run=run, kind="again").order_by("seq")]
    assert [(one["agent"], one["attempt"]) for one in again] == [
        ("analysis", 2),
        ("optimisation", 2),
        ("optimisation", 3),
    ]


def test_a_run_whose_budget_is_spent_goes_on_when_it_is_raised(begun, tailor, settings, monkeypatch):
    settings.TAILORING_RUN_TOKENS = 300
    # What a call takes at most here it does take: after two there is no room for a third.
    monkeypatch.setattr(llm, "most", lambda *_args, **_kwargs: llm.Usage(100, 50))
    provider = ScriptedProvider()
    run = tailor(begun, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "budget_spent")
    assert run.message.startswith("This run has taken 300 tokens, and 300 are what one may take:")
    assert [agent for agent, _ in provider.heard] == ["analysis", "optimisation"]
    assert not run.lines.exists()
    # Nothing changed, so nothing is asked.
    run = tailor(tailorings.go_on(run=run, by=run.created_by, now=timezone.now()), provider)
    assert (run.failed_for, len(provider.heard)) == ("budget_spent", 2)
    settings.TAILORING_RUN_TOKENS = 60_000
    run = tailor(tailorings.go_on(run=run, by=run.created_by, now=timezone.now()), provider)
    assert run.state == State.REVIEW
    assert [agent for agent, _ in provider.heard][2] == "implementation"


@pytest.mark.parametrize("offline", [False, True], ids=["raised", "without a model"])
def test_a_run_goes_on_after_the_budget_of_the_month(application, recruiter, noon, tailor, offline):
    row = ModelEndpointFactory(name="scripted", enabled=True, month_tokens=30_000)
    begun = tailorings.start(application=application, by=recruiter, now=noon, provider=row.name)
    provider = ScriptedProvider(usage=llm.Usage(15_000, 0))
    run = tailor(begun, provider)
    assert (run.state, run.failed_for, run.message) == (State.FAILED, "budget_spent", llm.BudgetSpent.default_message)
    asked = [agent for agent, _ in provider.heard]
    assert not run.lines.exists()
    if not offline:
        row.month_tokens = 200_000
        row.save()
    run = tailorings.go_on(run=run, by=run.created_by, now=timezone.now(), offline=offline)
    run = tailor(run, None if offline else provider)
    assert run.state == State.REVIEW
    assert (len(provider.heard) > len(asked)) is not offline
