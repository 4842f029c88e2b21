"""What a run tells: as quick as anybody reads, numbered, and never told of without being there."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from hrassist.tasks import forget_tailoring_texts
from jobs.models import TailoringEvent
from jobs.models.tailoring import EVENT_CHANNEL, TailoringStep
from jobs.tailoring import events
from jobs.tailoring.events import Teller
from tests.hiring import TailoringRunFactory


@pytest.fixture
def run(db):
    return TailoringRunFactory(provider="offline")


class Clock:
    """Stands for `time` where pieces of text are collected."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_text_is_told_about_ten_times_a_second_however_quickly_it_comes(run, monkeypatch):
    assert events.BATCH_SECONDS == 0.1
    clock = Clock()
    monkeypatch.setattr(events, "time", clock)
    teller, written = Teller(run.pk), 0
    pieces = [f"{number} " for number in range(500)]
    for piece in pieces:
        written += teller.say("analysis", piece)
        clock.now += 0.01
    teller.flush()
    # Five seconds of a hundred pieces each.
    assert 45 <= written <= 51
    rows = run.events.order_by("seq")
    assert list(rows.values_list("seq", flat=True)) == list(range(1, len(rows) + 1))
    assert len(rows) <= written + 1
    assert "".join(one.data["text"] for one in rows) == "".join(pieces)


@pytest.fixture
def heard():
    """The payloads on the channel so far, heard on a connection of one's own."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters, autocommit=True) as listening:
        listening.execute(f"LISTEN {EVENT_CHANNEL}")
        yield lambda: [one.payload for one in listening.notifies(timeout=0.3)]


@pytest.mark.django_db(transaction=True)
def test_an_event_and_its_notification_are_there_together_or_neither(run, heard):
    with transaction.atomic():
        Teller(run.pk).tell("text", agent="analysis", text="Words of the resume.")
        transaction.set_rollback(True)
    assert (heard(), TailoringEvent.objects.count()) == ([], 0)
    Teller(run.pk).tell("text", agent="analysis", text="Words of the resume.")
    # The run and nothing else: what it says is read by those who may.
    assert (heard(), TailoringEvent.objects.count()) == ([str(run.pk)], 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["tell", "say", "flush"])
def test_an_event_that_nobody_can_be_told_of_is_not_written(run, monkeypatch, way):
    teller = Teller(run.pk)
    monkeypatch.setattr(events, "notify", lambda _run_id: 1 / 0)
    if way == "flush":
        teller._waiting = ["Words."]
    ways = {
        "tell": lambda: teller.tell("step", agent="analysis", state="running"),
        "say": lambda: teller.say("analysis", "Words."),
        "flush": teller.flush,
    }
    with pytest.raises(ZeroDivisionError):
        ways[way]()
    assert not TailoringEvent.objects.exists()


def test_what_a_step_that_is_over_said_is_kept_for_ten_minutes_and_that_of_one_at_work_longer(run, noon):
    states = {"analysis": "done", "optimisation": "failed", "implementation": "running"}
    for position, (agent, state) in enumerate(states.items()):
        TailoringStep.objects.filter(run=run, agent=agent).delete()
        TailoringStep.objects.create(run=run, agent=agent, position=20 + position, state=state)
    teller = Teller(run.pk)
    for agent in states:
        teller.tell("text", agent=agent, text="Words of the resume.")
        teller.tell("step", agent=agent, state="running", attempt=1)

    def left_after(**age):
        run.events.update(at=noon - timedelta(**age))
        forget_tailoring_texts(timestamp=int(noon.timestamp()))
        assert run.events.filter(kind="step").count() == 3
        return set(run.events.filter(kind="text").values_list("data__agent", flat=True))

    assert left_after(minutes=10) == set(states)
    assert left_after(minutes=10, seconds=1) == {"implementation"}
    TailoringStep.objects.filter(run=run, agent="implementation").update(state="failed")
    assert left_after(minutes=10, seconds=1) == set()


def test_texts_are_forgotten_without_being_asked():
    crons = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    assert crons["hrassist.tasks.forget_tailoring_texts"] == "*/5 * * * *"
