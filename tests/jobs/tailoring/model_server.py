"""A server in the test's process that speaks OpenAI's protocol over TLS, and misbehaves as it is told."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Answer = Callable[[ssl.SSLSocket], None]


def chunk(text: str = "", **more: Any) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": {"content": text}, "finish_reason": None, **more}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def end(reason: str = "stop", usage: dict[str, Any] | None = None) -> bytes:
    said = chunk("", finish_reason=reason)
    if usage is not None:
        said += b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    return said + b"data: [DONE]\n\n"


def says(text: str, *, reason: str = "stop", usage: dict[str, Any] | None = None, size: int = 7) -> Answer:
    """Streams this text in pieces and ends it for this reason."""

    def answer(connection: ssl.SSLSocket) -> None:
        connection.sendall(HEAD)
        for at in range(0, len(text), size):
            connection.sendall(chunk(text[at : at + size]))
        connection.sendall(end(reason, usage))

    return answer


def cut(text: str) -> Answer:
    """Says this much and hangs up."""
    return lambda connection: connection.sendall(HEAD + chunk(text))


def stalls(text: str, seconds: float = 3) -> Answer:
    """Says this much and then nothing, with the line open."""

    def answer(connection: ssl.SSLSocket) -> None:
        connection.sendall(HEAD + chunk(text))
        time.sleep(seconds)

    return answer


def refuses(status: int, *headers: str, said: str = "{}") -> Answer:
    more = "".join(f"{one}\r\n" for one in headers)
    return lambda connection: connection.sendall(
        f"HTTP/1.1 {status} No\r\n{more}Content-Length: {len(said)}\r\nConnection: close\r\n\r\n{said}".encode()
    )


def in_turn(*answers: Answer) -> Answer:
    """One after another, the last one from then on."""
    left = list(answers)

    def answer(connection: ssl.SSLSocket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return answer
