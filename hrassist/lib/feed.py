"""Numbered events of many things to many clients: one listener and one reader a process, a bounded queue a client.

A client says the last number it has. It is subscribed first and given what it lacks after that, so that nothing falls
in between; what comes twice has a number that it knows. What was read for one is kept for those who come back while
anybody follows. A client that does not keep up is let go: it comes back and says its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from asgiref.sync import SyncToAsync, ThreadSensitiveContext

from hrassist.lib import sse

QUEUE_SIZE = 500
# What is kept of one topic for those who come back.
KEPT_BYTES = 1_000_000


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
class _Kept:
    """All events between two numbers, the newest megabyte of them."""

    after: int
    events: list[Numbered]
    size: int = 0
    # Somebody asked for what comes after the newest and there was nothing: whatever follows is handed out.
    complete: bool = False

    def __post_init__(self) -> None:
        self.size = sum(len(one.wire) for one in self.events)
        self._shrink()

    @property
    def newest(self) -> int:
        return self.events[-1].seq if self.events else self.after

    def answers(self, after: int) -> bool:
        return self.after <= after < self.newest or (self.complete and after >= self.newest)

    def add(self, fresh: list[Numbered]) -> None:
        """What was read after a number that is within; what is known already changes nothing."""
        known = self.newest
        for one in fresh:
            if one.seq > known:
                self.events.append(one)
                self.size += len(one.wire)
        self._shrink()

    def since(self, after: int) -> list[Numbered]:
        # Who comes back lacks the last few.
        at = len(self.events)
        while at and self.events[at - 1].seq > after:
            at -= 1
        return self.events[at:]

    def _shrink(self) -> None:
        gone = 0
        while self.size > KEPT_BYTES:
            self.size -= len(self.events[gone].wire)
            self.after = self.events[gone].seq
            gone += 1
        del self.events[:gone]


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
    kept: _Kept | None = None
    catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)


class Feed:
    """What is behind a NOTIFY channel whose payload names the topic that has something new."""

    # Where what is new is read, so that it waits behind nobody who connects; None reads where everything else does.
    thread: ThreadSensitiveContext | None = None

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
            yield self._events(topic, known, queue, after)
        finally:
            known.queues.discard(queue)
            if not known.queues and self._topics.get(topic) is known:
                del self._topics[topic]

    async def _events(self, topic: str, known: _Topic, queue: _Queue, after: int) -> AsyncIterator[list[Numbered]]:
        # As often as there is more: one reading is bounded.
        while fresh := await self._lacking(topic, known, after):
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

    async def _lacking(self, topic: str, known: _Topic, after: int) -> list[Numbered]:
        """The next events after a number: those that are kept, or read once for all who wait for the same."""
        if (kept := known.kept) is not None and kept.answers(after):
            return kept.since(after)
        async with known.catching_up:
            if (kept := known.kept) is not None and kept.answers(after):
                return kept.since(after)
            fresh = await self._read(topic, after)
            kept = known.kept
            if not fresh:
                # Who names a number that was never given proves nothing of what there is.
                if kept is not None and after == kept.newest:
                    kept.complete = True
                return []
            if kept is None or after < kept.after <= fresh[-1].seq:
                known.kept = _Kept(after, list(fresh))
                known.kept.add(kept.events if kept else [])
                known.kept.complete = kept is not None and kept.complete and known.kept.newest == kept.newest
            elif kept.after <= after <= kept.newest:
                kept.add(fresh)
            return fresh

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
            # What is told until somebody listens again is heard by nobody: what was kept is complete no more.
            self._topics.clear()

    def _heard(self, topic: str) -> None:
        known = self._topics.get(topic)
        if known is None:
            return
        known.changed = True
        # A burst of notifications is one statement: whoever reads now reads once more after that.
        if known.reader is None or known.reader.done():
            context = contextvars.copy_context()
            if self.thread is not None:
                context.run(SyncToAsync.thread_sensitive_context.set, self.thread)
            known.reader = asyncio.create_task(self._hand_out(topic, known), context=context)

    async def _hand_out(self, topic: str, known: _Topic) -> None:
        while known.changed:
            known.changed = False
            # As often as there is more: one reading is bounded.
            while await self._hand_out_once(topic, known):
                pass

    async def _hand_out_once(self, topic: str, known: _Topic) -> bool:
        after = known.handed
        try:
            fresh = await self._read(topic, after)
        except Exception:
            for queue in known.queues:
                _let_go(queue)
            raise
        # What a client claims to have may lie beyond what is kept: then there is a gap, and nothing is known of it.
        if known.kept is not None and after <= known.kept.newest:
            known.kept.add(fresh)
        elif fresh:
            known.kept = _Kept(after, list(fresh))
        for one in fresh:
            known.handed, known.proven = max(known.handed, one.seq), True
            for queue in list(known.queues):
                try:
                    queue.put_nowait(one)
                except asyncio.QueueFull:
                    known.queues.discard(queue)
                    _let_go(queue)
        return bool(fresh)


def _let_go(queue: _Queue) -> None:
    """End a client's iteration, whatever waits in its queue.

    Where there is no room all of it goes: without the oldest alone, the client would come back with the number of a
    later one, and what is between would be lost.
    """
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
    queue.put_nowait(None)
