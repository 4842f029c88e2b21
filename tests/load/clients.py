"""Who follows a run in the load test: clients that stay, come back, drop, and one that never reads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import time
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Client:
    """One who follows a run, with what came and when."""

    after: int = 0
    drops: bool = False
    seen: list[int] = field(default_factory=list)
    # When an event was written, and how many milliseconds later it was here.
    late: list[tuple[float, float]] = field(default_factory=list)
    connects: int = 0
    refused: list[str] = field(default_factory=list)
    arrived: float = 0.0
    done: bool = False


class Reading(asyncio.Protocol):
    """One connection of a client: every event as it comes, in as few instructions as it takes."""

    def __init__(self, client: Client, request: bytes) -> None:
        self.client, self.request = client, request
        # What came and was not taken apart yet, how much of a chunk is still to come, and the beginning of a line.
        self.raw, self.due, self.rest = b"", -1, b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.status = b""
        self.left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        client = self.client
        *lines, self.rest = (self.rest + self._unchunked(data)).split(b"\n")
        for line in lines:
            if line.startswith(b'data: {"seq"'):
                event = json.loads(line[6:])
                client.seen.append(event["seq"])
                # What was written before is not late, and neither is what a client asks for that was away.
                if "at" in event and event["at"] > client.arrived:
                    client.late.append((event["at"], (now - event["at"]) * 1000))
            elif line.startswith(b"retry:"):
                client.arrived = now
            elif line.startswith(b"event: done"):
                client.done = True
                self.transport.close()

    def _unchunked(self, data: bytes) -> bytes:
        """The body in what came: an answer of more than 64 KB is cut anywhere, in the middle of a word too."""
        raw, body = self.raw + data, []
        if self.due < 0:
            head, sign, raw_body = raw.partition(b"\r\n\r\n")
            if not sign:
                self.raw = raw
                return b""
            self.status, self.due, raw = head[9:12], 0, raw_body
        if self.status != b"200":
            return b""
        while raw:
            if self.due:
                part = raw[: self.due]
                body.append(part)
                self.due -= len(part)
                raw = raw[len(part) :]
                continue
            # Between two chunks: the end of one, the size of the next.
            line, sign, after = raw.removeprefix(b"\r\n").partition(b"\r\n")
            if not sign:
                break
            self.due, raw = int(line, 16), after
            if not self.due:
                break
        self.raw = raw
        return b"".join(body)

    def connection_lost(self, exc: Exception | None) -> None:
        # Who left before an answer came was not refused one.
        if self.status != b"200" and not self.left:
            self.client.refused.append(self.status.decode() or repr(exc))
        if not self.ended.done():
            self.ended.set_result(None)


def request(run: UUID, cookie: str, after: int) -> bytes:
    known = f"Last-Event-ID: {after}\r\n" if after else ""
    return (
        f"GET /streams/tailorings/{run} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Cookie: {cookie}\r\n{known}\r\n"
    ).encode()


async def follow(client: Client, *, run: UUID, cookie: str, port: int, until: float, chance: random.Random) -> None:
    """Stay until the run is over, coming back as a browser does."""
    while not client.done and time.monotonic() < until:
        client.connects += 1
        after = client.seen[-1] if client.seen else client.after
        try:
            _, reading = await asyncio.get_running_loop().create_connection(
                lambda after=after: Reading(client, request(run, cookie, after)), "127.0.0.1", port
            )
        except OSError as error:
            client.refused.append(repr(error))
            await asyncio.sleep(0.5)
            continue
        patience = chance.uniform(2, 8) if client.drops else max(until - time.monotonic(), 0.1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reading.ended), patience)
        if not reading.ended.done():
            reading.left = True
            reading.transport.abort()
            await reading.ended
        if not client.done:
            await asyncio.sleep(chance.uniform(0.1, 0.5))


class NeverReads:
    """A connection whose other end asks and then looks away."""

    def __init__(self, port: int, run: UUID, cookie: str) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(request(run, cookie, 0))
        self.own_port = self.socket.getsockname()[1]
