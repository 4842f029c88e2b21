"""Numbered events of many things to many clients: one listener and one reader a process, a bounded queue a client.

A client says the last number it has. It is subscribed first and given what it lacks after that, so that nothing falls
in between; what comes twice has a number that it knows. A client that does not keep up is let go: it comes back and
says its number.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from hrassist.lib import sse

QUEUE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Numbered:
    """One event: its number within its topic, and its bytes on the wire."""

    seq: int
    wire: bytes
    last: bool = False


# The events of a topic after a number, in order.
Read = Callable[[str, int], Awaitable[list[Numbered]]]
_Queue = asyncio.Queue[Numbered | None]


@dataclass
class _Topic:
    """Who follows one thing, and how far its events have been handed out.

    Until an event was handed out `handed` is only what clients say of themselves: the least of it is believed.
    """

    handed: int
    proven: bool = False
    queues: set[_Queue] = field(default_factory=set)
    changed: bool = False
    reader: asyncio.Task[None] | None = None


class Feed:
    """What is behind a NOTIFY channel whose payload names the topic that has something new."""

    def __init__(self, channel: str, read: Read, *, queue_size: int = QUEUE_SIZE) -> None:
        self._channel = sse.Channel(channel)
        self._read, self._queue_size = read, queue_size
        self._topics: dict[str, _Topic] = {}
        self._listener: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None

    @contextlib.asynccontextmanager
    async def follow(self, topic: str, after: int) -> AsyncIterator[AsyncIterator[list[Numbered]]]:
        """Within the block iterate over the events after this number as they are there, none at each heartbeat.

        The iteration ends when the client was too slow, or when the connection to the database is lost.
        """
        queue: _Queue = asyncio.Queue(self._queue_size)
        # The first who follows begins where they are; whoever comes later is given what they lack by themselves.
        known = self._topics.setdefault(topic, _Topic(handed=after))
        if not known.proven:
            known.handed = min(known.handed, after)
        known.queues.add(queue)
        try:
            await self._listening()
            yield self._events(topic, queue, after)
        finally:
            known.queues.discard(queue)
            if not known.queues and self._topics.get(topic) is known:
                del self._topics[topic]

    async def _events(self, topic: str, queue: _Queue, after: int) -> AsyncIterator[list[Numbered]]:
        # As often as there is more: one reading is bounded.
        while fresh := await self._read(topic, after):
            after = fresh[-1].seq
            yield fresh
        while True:
            try:
                async with asyncio.timeout(sse.HEARTBEAT_SECONDS):
                    found = [await queue.get()]
            except TimeoutError:
                yield []
                continue
            # Who comes late is given all that waits at once: a thousand clients catch up in one round.
            while not queue.empty():
                found.append(queue.get_nowait())
            fresh = [one for one in found if one is not None and one.seq > after]
            if fresh:
                after = fresh[-1].seq
                yield fresh
            if None in found:
                return

    def _listening(self) -> asyncio.Future[None]:
        """Done when the process listens. Everybody who comes before that waits for the same answer."""
        if self._listener is None or self._listener.done() or self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._listener = asyncio.create_task(self._listen(self._ready))
        return asyncio.shield(self._ready)

    async def _listen(self, ready: asyncio.Future[None]) -> None:
        try:
            async with self._channel.subscribed() as payloads:
                ready.set_result(None)
                async for topic in payloads:
                    if topic is not None:
                        self._heard(topic)
        except Exception as error:
            if not ready.done():
                ready.set_exception(error)
                return
            raise
        finally:
            for known in self._topics.values():
                for queue in known.queues:
                    _let_go(queue)

    def _heard(self, topic: str) -> None:
        known = self._topics.get(topic)
        if known is None:
            return
        known.changed = True
        # A burst of notifications is one statement: whoever reads now reads once more after that.
        if known.reader is None or known.reader.done():
            known.reader = asyncio.create_task(self._hand_out(topic, known))

    async def _hand_out(self, topic: str, known: _Topic) -> None:
        while known.changed:
            known.changed = False
            try:
                fresh = await self._read(topic, known.handed)
            except Exception:
                for queue in known.queues:
                    _let_go(queue)
                raise
            for one in fresh:
                known.handed, known.proven = max(known.handed, one.seq), True
                for queue in list(known.queues):
                    try:
                        queue.put_nowait(one)
                    except asyncio.QueueFull:
                        known.queues.discard(queue)
                        _let_go(queue)


def _let_go(queue: _Queue) -> None:
    """End a client's iteration, whatever waits in its queue."""
    with contextlib.suppress(asyncio.QueueEmpty):
        while queue.full():
            queue.get_nowait()
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(None)
