"""How the stream process answers: thousands of open streams on a few threads."""

from __future__ import annotations

import itertools
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler

from hrassist.lib.feed import Feed

# Each has a connection to the database: what a thousand open streams take of it together.
THREADS = 8


class StreamHandler(ASGIHandler):
    """Django's ASGI application on the small address list of hrassist/stream_urls.py.

    Django gives each request a thread of its own for as long as it is answered, and with it a connection to the
    database. An answer here lasts for hours, so all of them share a few; and each goes through middleware and view in
    one go, for a change of threads at every step would make a burst of connects take minutes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._threads = itertools.cycle([ThreadSensitiveContext() for _ in range(THREADS)])
        Feed.thread = ThreadSensitiveContext()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is answered here, not {scope['type']}.")
        SyncToAsync.thread_sensitive_context.set(next(self._threads))
        await self.handle(scope, receive, send)

    async def run_get_response(self, request: Any) -> Any:
        response: Any = await sync_to_async(self.get_response)(request)
        response._handler_class = self.__class__
        return response

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = "hrassist.stream_urls"
        return request, error
