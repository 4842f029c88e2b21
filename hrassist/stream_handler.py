"""How the stream process answers: thousands of open streams on a few threads."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler

from hrassist.lib.feed import Feed
from hrassist.lib.rounds import Rounds

# Each has a connection to the database: what a thousand open streams take of it together.
THREADS = 4
# Connecting on a thread at once: one is answered, and the next is there when it is done.
TURNS = 2
# Where a request keeps its lane.
LANE = "hrassist.lane"


class _Lane:
    """A thread, and the turns to connect on it."""

    def __init__(self) -> None:
        self.thread = ThreadSensitiveContext()
        self.turns = asyncio.Semaphore(TURNS)


class StreamHandler(ASGIHandler):
    """Django's ASGI application on the small address list of hrassist/stream_urls.py.

    Django gives each request a thread of its own for as long as it is answered, and with it a connection to the
    database. An answer here lasts for hours, so all of them share a few; and each goes through middleware and view in
    one go, for a change of threads at every step would make a burst of connects take minutes.

    Who connects waits for a turn, and the loop that delivers gives the turns: those who follow already are given what
    is new before the next one connects, however many wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._lanes = itertools.cycle([_Lane() for _ in range(THREADS)])
        Feed.thread = ThreadSensitiveContext()
        Rounds.thread = ThreadSensitiveContext()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is answered here, not {scope['type']}.")
        scope[LANE] = lane = next(self._lanes)
        SyncToAsync.thread_sensitive_context.set(lane.thread)
        await self.handle(scope, receive, send)

    async def run_get_response(self, request: Any) -> Any:
        async with request.scope[LANE].turns:
            response: Any = await sync_to_async(self.get_response)(request)
        response._handler_class = self.__class__
        return response

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = "hrassist.stream_urls"
        return request, error
