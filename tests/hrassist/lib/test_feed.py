"""What was read for one client is kept for the others, and nobody lacks an event because of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from hrassist.lib import feed as feeds
from hrassist.lib import sse
from hrassist.lib.feed import Feed, Numbered


class Rows:
    """The events of one topic, and how often they were read; one reading takes at most a hundred."""

    def __init__(self, count: int, *, size: int = 10) -> None:
        self.rows = [Numbered(seq, b"x" * size) for seq in range(1, count + 1)]
        self.readings = 0

    async def read(self, topic: str, after: int) -> list[Numbered]:
        self.readings += 1
        await asyncio.sleep(0)
        return [one for one in self.rows if one.seq > after][:100]

    def tell(self, size: int = 10) -> None:
        self.rows.append(Numbered(len(self.rows) + 1, b"x" * size))


class Notified(sse.Channel):
    """Tells what the test notifies, until the test breaks the connection."""

    def __init__(self) -> None:
        super().__init__("nobody_notifies")
        self.said: asyncio.Queue[str | None] = asyncio.Queue()

    @contextlib.asynccontextmanager
    async def subscribed(self) -> AsyncIterator[AsyncIterator[str | None]]:
        yield self._told()

    async def _told(self) -> AsyncIterator[str | None]:
        while (topic := await self.said.get()) is not None:
            yield topic

    def notify(self) -> None:
        self.said.put_nowait("run")

    def break_off(self) -> None:
        self.said.put_nowait(None)


def feed_of(rows: Rows) -> tuple[Feed, Notified]:
    feed, channel = Feed("nobody_notifies", rows.read), Notified()
    feed._channel = channel
    return feed, channel


async def take(feed: Feed, after: int, until: int) -> list[int]:
    """Follow until this number came."""
    seen: list[int] = []
    async with feed.follow("run", after) as events:
        async for found in events:
            seen += [one.seq for one in found]
            if seen and seen[-1] >= until:
                break
    return seen


def test_a_thousand_who_come_at_once_are_answered_by_two_readings() -> None:
    async def all_of_them() -> tuple[list[list[int]], int]:
        rows = Rows(60)
        feed, _ = feed_of(rows)
        return await asyncio.gather(*(take(feed, 0, 60) for _ in range(1000))), rows.readings

    seen, readings = asyncio.run(all_of_them())
    assert seen == [list(range(1, 61))] * 1000
    assert readings <= 2


def test_who_comes_back_is_given_what_they_lack_without_a_reading() -> None:
    async def back() -> tuple[list[int], int]:
        rows = Rows(60)
        feed, _ = feed_of(rows)
        async with feed.follow("run", 0) as events:
            assert len(await anext(events)) == 60
            before = rows.readings
            return await take(feed, 40, 60), rows.readings - before

    assert asyncio.run(back()) == (list(range(41, 61)), 0)


def test_a_number_that_was_never_given_hides_nothing_from_the_others() -> None:
    async def lied_to() -> list[int]:
        rows = Rows(3)
        feed, channel = feed_of(rows)
        async with feed.follow("run", 9_999) as liar:
            waiting = asyncio.ensure_future(anext(liar))
            await asyncio.sleep(0.01)
            honest = asyncio.ensure_future(take(feed, 0, 5))
            await asyncio.sleep(0.01)
            rows.tell()
            rows.tell()
            channel.notify()
            found = await asyncio.wait_for(honest, 5)
            waiting.cancel()
            return found

    assert asyncio.run(lied_to()) == [1, 2, 3, 4, 5]


def test_what_was_kept_is_forgotten_when_the_listener_is_lost() -> None:
    async def lost() -> tuple[list[int], list[int]]:
        rows = Rows(3)
        feed, channel = feed_of(rows)
        async with feed.follow("run", 0) as events:
            before = [one.seq for one in await anext(events)]
            waiting = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0.01)
            kept = feed._topics["run"].kept
            assert kept is not None
            assert kept.complete
            channel.break_off()
            assert await asyncio.wait_for(waiting, 5) is None
            # Told while nobody listened, and the first client has not gone yet.
            rows.tell()
            return before, await asyncio.wait_for(take(feed, 3, 4), 5)

    assert asyncio.run(lost()) == ([1, 2, 3], [4])


def test_only_the_newest_megabyte_is_kept_and_the_rest_is_read() -> None:
    async def long_ago() -> tuple[list[int], int]:
        rows = Rows(99, size=50_000)
        feed, _ = feed_of(rows)
        async with feed.follow("run", 0) as events:
            await anext(events)
            kept = feed._topics["run"].kept
            assert kept is not None
            assert kept.size <= feeds.KEPT_BYTES
            assert kept.after == 79
            return await take(feed, 10, 99), kept.after

    seen, _ = asyncio.run(long_ago())
    assert seen == list(range(11, 100))


def test_who_does_not_keep_up_is_let_go_and_lacks_nothing_after_coming_back() -> None:
    async def slow() -> tuple[list[int], list[int], list[int]]:
        rows = Rows(1)
        feed, channel = Feed("nobody_notifies", rows.read, queue_size=2), Notified()
        feed._channel = channel

        async def tell() -> None:
            rows.tell()
            channel.notify()
            await asyncio.sleep(0.01)

        async with asyncio.timeout(10):
            quick = asyncio.ensure_future(take(feed, 0, 7))
            async with feed.follow("run", 0) as events:
                before = [one.seq for one in await anext(events)]
                # It has caught up and waits for what comes.
                waiting = asyncio.ensure_future(anext(events))
                await asyncio.sleep(0.01)
                await tell()
                before += [one.seq for one in await waiting]
                # Five more while it reads none: two have room.
                for _ in range(5):
                    await tell()
                before += [one.seq async for found in events for one in found]
            return before, await take(feed, before[-1], 7), await quick

    before, after, quick = asyncio.run(slow())
    assert len(before) < 7
    assert before + after == quick == [1, 2, 3, 4, 5, 6, 7]


class Slow(Notified):
    """Takes a while until it listens, or until it says that it cannot; counts how often it was asked to."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error, self.asked = error, 0

    @contextlib.asynccontextmanager
    async def subscribed(self) -> AsyncIterator[AsyncIterator[str | None]]:
        self.asked += 1
        await asyncio.sleep(0.05)
        if self.error is not None:
            raise self.error
        yield self._told()


def test_a_thousand_who_come_to_a_cold_process_wait_for_one_listener() -> None:
    async def cold() -> tuple[int, list[list[int]]]:
        rows = Rows(3)
        feed, channel = Feed("nobody_notifies", rows.read), Slow()
        feed._channel = channel
        seen = await asyncio.gather(*(take(feed, 0, 3) for _ in range(1000)))
        return channel.asked, seen

    assert asyncio.run(cold()) == (1, [[1, 2, 3]] * 1000)


def test_that_nobody_can_listen_is_told_to_all_who_wait_and_the_next_one_tries_again() -> None:
    async def down() -> tuple[int, set[str], int, list[int]]:
        feed, channel = Feed("nobody_notifies", Rows(3).read), Slow(ConnectionError("no database"))
        feed._channel = channel
        waiting = (take(feed, 0, 3) for _ in range(50))
        async with asyncio.timeout(5):
            said = await asyncio.gather(*waiting, return_exceptions=True)
        asked, channel.error = channel.asked, None
        return asked, {str(one) for one in said}, len(said), await asyncio.wait_for(take(feed, 0, 3), 5)

    assert asyncio.run(down()) == (1, {"no database"}, 50, [1, 2, 3])


def test_a_silent_stream_is_kept_open_by_a_heartbeat_every_fifteen_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sse.HEARTBEAT_SECONDS == 15
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.02)

    async def silent() -> list[list[int]]:
        feed, _ = feed_of(Rows(1))
        async with feed.follow("run", 0) as events, asyncio.timeout(5):
            return [[one.seq for one in await anext(events)] for _ in range(3)]

    assert asyncio.run(silent()) == [[1], [], []]


@pytest.mark.parametrize("seed", range(40))
def test_however_they_come_and_go_each_gets_every_event_once_and_in_order(seed: int) -> None:
    async def life() -> None:
        chance = random.Random(seed)
        rows = Rows(chance.choice([0, 5, 150]), size=chance.choice([10, 30_000]))
        feed, channel = feed_of(rows)

        async def write() -> None:
            for _ in range(120):
                rows.tell(chance.choice([10, 30_000]))
                channel.notify()
                await asyncio.sleep(0)

        async def client() -> list[int]:
            seen: list[int] = []
            last = len(rows.rows) + 120
            while not seen or seen[-1] < last:
                patience = chance.choice([1, 3, 1000])
                async with feed.follow("run", seen[-1] if seen else 0) as events:
                    async for found in events:
                        seen += [one.seq for one in found]
                        patience -= 1
                        if not patience or (seen and seen[-1] >= last):
                            break
                await asyncio.sleep(0)
            return seen

        clients = [asyncio.ensure_future(client()) for _ in range(12)]
        await asyncio.sleep(0)
        await write()
        channel.notify()
        for seen in await asyncio.wait_for(asyncio.gather(*clients), 20):
            assert seen == list(range(1, len(rows.rows) + 1))

    asyncio.run(life())
