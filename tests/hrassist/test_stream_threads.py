"""However many streams are open, the stream process has a few threads, and with them a few database connections."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from hrassist import stream_handler
from hrassist.stream_handler import THREADS, TURNS, StreamHandler

CLIENTS = 40
SCOPE = {
    "type": "http", "method": "GET", "path": "/streams/anything", "query_string": b"", "headers": [],
    "server": ("localhost", 80), "client": ("127.0.0.1", 1), "scheme": "http", "http_version": "1.1",
}  # fmt: skip


class Recording(StreamHandler):
    """Answers every request with a stream that stays open, and remembers the thread that answered."""

    def __init__(self, until: asyncio.Event) -> None:
        super().__init__()
        self.until = until
        self.threads: list[int] = []

    def get_response(self, request: HttpRequest) -> Any:
        self.threads.append(threading.get_ident())
        return StreamingHttpResponse(self.events(), content_type="text/event-stream")

    async def events(self) -> Any:
        yield b"retry: 2000\n\n"
        await self.until.wait()


async def crowd() -> tuple[set[int], int]:
    until, begun = asyncio.Event(), []

    async def client() -> None:
        said = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if said:
                return said.pop()
            await asyncio.Event().wait()
            return None

        async def send(message: Any) -> None:
            if message.get("body") == b"retry: 2000\n\n":
                begun.append(1)

        await handler(dict(SCOPE), receive, send)

    handler = Recording(until)
    clients = [asyncio.create_task(client()) for _ in range(CLIENTS)]
    async with asyncio.timeout(30):
        while len(begun) < CLIENTS:
            await asyncio.sleep(0.01)
        # All of them are open now.
        until.set()
        await asyncio.gather(*clients)
    return set(handler.threads), len(handler.threads)


def test_open_streams_share_a_few_threads():
    threads, answered = asyncio.run(crowd())
    assert answered == CLIENTS
    assert 1 < len(threads) <= THREADS


def test_however_many_connect_a_few_wait_for_the_threads_and_the_rest_for_whoever_delivers(monkeypatch):
    """What was handed to a thread takes the interpreter when it likes: all of a burst would, before any delivery."""
    handed, most = 0, 0

    def counted(call: Any) -> Any:
        async def hand_over(*arguments: Any) -> Any:
            nonlocal handed, most
            handed += 1
            most = max(most, handed)
            try:
                return await sync_to_async(slowly)(call, *arguments)
            finally:
                handed -= 1

        return hand_over

    def slowly(call: Any, *arguments: Any) -> Any:
        time.sleep(0.01)
        return call(*arguments)

    monkeypatch.setattr(stream_handler, "sync_to_async", counted)
    _, answered = asyncio.run(crowd())
    assert answered == CLIENTS
    assert most == THREADS * TURNS
