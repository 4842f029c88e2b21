"""How many people are being told of changes as they happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from prometheus_client import Gauge

OPEN = Gauge("hrassist_streams_open", "Streams of live states that are open.", multiprocess_mode="livesum")
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


def counted(application: Application) -> Application:
    """ASGI around ASGI: from the first byte of an event stream to its end, however it ends."""

    async def answer(scope: Any, receive: Receive, send: Send) -> None:
        opened = False

        async def watched(message: Message) -> None:
            nonlocal opened
            if message["type"] == "http.response.start" and _is_stream(message):
                OPEN.inc()
                opened = True
            await send(message)

        try:
            await application(scope, receive, watched)
        finally:
            if opened:
                OPEN.dec()

    return answer


def _is_stream(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in message.get("headers", ())
    )
