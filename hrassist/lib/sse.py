"""Server-sent events from PostgreSQL notifications: one listening connection a process, any number of clients.

A process that dies or a client that is too slow loses its connection, never silently an event: the client connects
again and is given the current state first. Wire format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from django.db import connection

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15
QUEUE_SIZE = 1000


def event(data: Any, *, name: str = "message", event_id: str = "") -> bytes:
    """One event on the wire; `data` becomes one line of JSON."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


class Channel:
    """The payloads of one PostgreSQL NOTIFY channel, handed to every subscriber of this process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._queues: set[asyncio.Queue[str | None]] = set()
        self._listener: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def subscribed(self) -> AsyncIterator[AsyncIterator[str | None]]:
        """Within the block nothing is missed; iterate over what it gives for payloads, None at each heartbeat.

        The iteration ends when the connection to the database is lost.
        """
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_SIZE)
        self._queues.add(queue)
        try:
            await self._listen()
            yield self._payloads(queue)
        finally:
            self._queues.discard(queue)

    async def _payloads(self, queue: "asyncio.Queue[str | None]") -> AsyncIterator[str | None]:
        while True:
            try:
                payload = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield None
                continue
            if payload is None:
                return
            yield payload

    def _listen(self) -> "asyncio.Future[None]":
        """Start the listener where none runs; the future is done when LISTEN is in force."""
        if self._listener is None or self._listener.done():
            self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._listener = asyncio.create_task(self._run(self._ready))
        return asyncio.shield(self._ready)

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        try:
            async with await psycopg.AsyncConnection.connect(**parameters, autocommit=True) as listening:
                await listening.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(self.name)))
                ready.set_result(None)
                async for notice in listening.notifies():
                    self._hand_out(notice.payload)
        except psycopg.Error as error:
            logger.warning("Listening on %s ended: %s", self.name, type(error).__name__)
            if not ready.done():
                ready.set_exception(error)
        finally:
            for queue in self._queues:
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(None)

    def _hand_out(self, payload: str) -> None:
        for queue in list(self._queues):
            try:
                queue.put_nowait(payload)
            except asyncio.QueueFull:
                # Too slow to follow: let it reconnect and read the current state.
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
