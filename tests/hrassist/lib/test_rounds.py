"""Followers of streams are asked about again and again, many at once, and beside what is delivered to them."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from hrassist.lib import rounds
from hrassist.lib.rounds import TOGETHER, Rounds

WITHIN = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(rounds, "RECHECK_SECONDS", 0.05)


async def until(holds):
    async with asyncio.timeout(WITHIN):
        while not holds():
            await asyncio.sleep(0.01)


def recorded():
    """Whose turn it was at each asking, and an asking that lets everybody go on."""
    calls: list[set[object]] = []

    def still(keys):
        assert len(set(keys)) == len(keys)
        calls.append(set(keys))
        return keys

    return calls, still


def test_who_may_no_longer_is_told_so_and_the_others_go_on():
    allowed = {"ada", "grace"}

    async def scenario():
        asks = Rounds(lambda keys: allowed & set(keys))
        with asks.watched("ada") as ada, asks.watched("grace") as grace:
            allowed.discard("ada")
            await until(lambda: not ada.may)
            assert grace.may
            allowed.discard("grace")
            await until(lambda: not grace.may)

    asyncio.run(scenario())


def test_a_crowd_is_asked_about_a_few_at_a_time_and_everybody_again():
    calls, still = recorded()

    async def scenario():
        asks = Rounds(still)
        with ExitStack() as stack:
            for number in range(3 * TOGETHER + 1):
                stack.enter_context(asks.watched(number))
            await until(
                lambda: sum(0 in keys for keys in calls) >= 2 and sum(3 * TOGETHER in keys for keys in calls) >= 2
            )

    asyncio.run(scenario())
    assert max(len(keys) for keys in calls) <= TOGETHER


def test_several_pages_of_one_person_are_asked_about_once():
    calls, still = recorded()

    async def scenario():
        asks = Rounds(still)
        with asks.watched("ada"), asks.watched("ada"), asks.watched("ada"):
            await until(lambda: len(calls) >= 2)

    asyncio.run(scenario())
    assert calls[0] == {"ada"}


def test_who_left_is_not_asked_about_and_nobody_left_ends_the_asking():
    calls, still = recorded()

    async def scenario():
        asks = Rounds(still)
        with asks.watched("grace"):
            with asks.watched("ada"):
                pass
            await until(lambda: len(calls) >= 2)
        await until(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(scenario())
    assert all(keys == {"grace"} for keys in calls)


def test_who_cannot_be_asked_about_is_let_go(caplog):
    def still(keys):
        raise ConnectionError("the database is away")

    async def scenario():
        asks = Rounds(still)
        with asks.watched("ada") as ada:
            await until(lambda: not ada.may)

    asyncio.run(scenario())
    assert "could not be asked about" in caplog.text
