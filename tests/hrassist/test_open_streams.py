"""The figure of open streams: the gauge follows the answers of the stream process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hrassist.metrics import streams


async def nothing() -> Any:
    return {"type": "http.disconnect"}


async def ignored(_message: Any) -> None:
    return None


def answering(kind: bytes, *, until: asyncio.Event, begun: asyncio.Event) -> streams.Application:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"Content-Type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        begun.set()
        await until.wait()
        await send({"type": "http.response.body", "body": b""})

    return streams.counted(application)


async def open_during(kind: bytes, *, cancelled: bool = False) -> tuple[float, float, float]:
    until, begun = asyncio.Event(), asyncio.Event()
    before = streams.OPEN._value.get()
    task = asyncio.ensure_future(answering(kind, until=until, begun=begun)({}, nothing, ignored))
    await begun.wait()
    during = streams.OPEN._value.get()
    if cancelled:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        until.set()
        await task
    return before, during, streams.OPEN._value.get()


@pytest.mark.parametrize("cancelled", [False, True], ids=["ended", "left"])
def test_a_stream_counts_from_its_first_byte_until_it_ends_or_is_left(cancelled):
    before, during, after = asyncio.run(open_during(b"text/event-stream; charset=utf-8", cancelled=cancelled))
    assert (during, after) == (before + 1, before)


def test_a_short_answer_of_the_stream_process_is_no_stream():
    before, during, after = asyncio.run(open_during(b"text/plain"))
    assert before == during == after
