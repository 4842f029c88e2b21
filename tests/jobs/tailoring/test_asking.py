"""One question to a provider: how often it is asked again, how long that waits, and when it is enough."""

from __future__ import annotations

import pytest

from hrassist.lib import llm
from jobs.tailoring import asking
from jobs.tailoring.asking import Asker
from jobs.tailoring.facts import Skeleton
from jobs.tailoring.redact import Redactor

SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}}


class Clock:
    """A clock that goes on by what is waited for."""

    now = 1000.0

    def __call__(self):
        return self.now

    def pause(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    one = Clock()
    monkeypatch.setattr(asking.time, "monotonic", one)
    return one


class Provider:
    """Takes so long for each call and then says or raises what comes next."""

    name, model, leaves = "scripted", "scripted-1", False

    def __init__(self, clock, *says, takes=0.0):
        self.clock, self.says, self.takes = clock, list(says), takes
        self.called_at = []
        self.lefts = []

    def stream(self, messages, *, schema, max_tokens, deadline, waits):
        self.called_at.append(self.clock.now)
        self.lefts.append(deadline.left)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        self.clock.now += min(self.takes, deadline.left)
        if isinstance(said, Exception):
            raise said
        yield llm.Piece(said)
        yield llm.Usage(1, 1)


def asker(clock, provider, *, run_seconds=900.0):
    return Asker(
        provider=provider,
        redactor=Redactor(Skeleton(name="Amara Okafor")),
        deadline=llm.Deadline.in_seconds(run_seconds),
        affords=lambda _: None,
        spends=lambda _: None,
        pause=clock.pause,
    )


def ask(one):
    return one.ask("Answer.", {}, schema=SCHEMA, most_tokens=50, hears=lambda _: None, begins=lambda _: None)


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (llm.ModelUnreachable(), (1, 2)),
        (llm.ModelRateLimited(), (1, 2)),
        (llm.ModelRateLimited(retry_after=7), (7, 7)),
        (llm.ModelRateLimited(retry_after=30), (30, 30)),
    ],
)
def test_it_is_asked_three_times_and_never_before_it_was_told_to(clock, error, least):
    provider = Provider(clock, error)
    with pytest.raises(type(error)):
        ask(asker(clock, provider))
    waits = [later - earlier for earlier, later in zip(provider.called_at, provider.called_at[1:], strict=False)]
    assert len(waits) == 2
    for wait, at_least in zip(waits, least, strict=True):
        assert at_least <= wait <= at_least * (1 + asking.JITTER)


def test_runs_that_were_turned_away_together_do_not_come_back_together(clock):
    waits = set()
    for _ in range(5):
        provider = Provider(clock, llm.ModelRateLimited(retry_after=7), '{"ok": true}')
        assert ask(asker(clock, provider)) == {"ok": True}
        first, second = provider.called_at
        waits.add(round(second - first, 6))
    assert len(waits) == 5


@pytest.mark.parametrize("error", [llm.ModelRateLimited(retry_after=31), llm.ModelRefusedKey(), llm.BudgetSpent()])
def test_what_would_wait_too_long_or_cannot_help_is_not_asked_again(clock, error):
    provider = Provider(clock, error)
    with pytest.raises(type(error)):
        ask(asker(clock, provider))
    assert len(provider.called_at) == 1


def test_all_calls_of_a_step_share_its_time(clock):
    provider = Provider(clock, llm.ModelStalled(), llm.ModelStalled(), '{"ok": true}', takes=100.0)
    whole = asker(clock, provider)
    begun = clock.now
    with pytest.raises(llm.ModelStalled):
        ask(whole.for_step())
    assert clock.now - begun <= asking.STEP_SECONDS
    assert provider.lefts[0] == asking.STEP_SECONDS
    assert provider.lefts[1] == pytest.approx(asking.STEP_SECONDS - 100, abs=2)
    # The next step begins with all of its own.
    provider.takes = 0
    assert ask(whole.for_step()) == {"ok": True}
    assert provider.lefts[-1] == asking.STEP_SECONDS


def test_an_answer_in_the_wrong_form_gives_no_second_step(clock):
    provider = Provider(clock, "no JSON", takes=170.0)
    with pytest.raises(llm.ModelFailed):
        ask(asker(clock, provider).for_step())
    assert provider.lefts == [180, 10]


def test_a_step_ends_with_its_run(clock):
    provider = Provider(clock, '{"ok": true}')
    whole = asker(clock, provider, run_seconds=50.0)
    ask(whole.for_step())
    assert provider.lefts == [50]
    clock.now += 50
    with pytest.raises(llm.ModelStalled, match="It took longer than it may"):
        ask(whole.for_step())
    assert len(provider.called_at) == 1
