"""What a tailoring run tells, live, with replay; the same as JSON where a proxy breaks streams."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from hrassist import streaming
from hrassist.lib import sse
from hrassist.lib.feed import Feed, Numbered
from hrassist.models import User
from jobs.models import TailoringEvent, TailoringRun
from jobs.models.tailoring import EVENT_CHANNEL
from jobs.tailoring.events import told

RECHECK_SECONDS = sse.HEARTBEAT_SECONDS
DONE = b"event: done\ndata: {}\n\n"
State = TailoringRun.State
OVER = frozenset((State.REVIEW, State.READY, State.FAILED, State.CANCELLED))


def _read(topic: str, after: int) -> list[Numbered]:
    close_old_connections()
    return [
        Numbered(
            seq=one["seq"],
            wire=sse.event(one, name="tailoring", event_id=str(one["seq"])),
            last=one["kind"] == "state" and one["state"] in OVER,
        )
        for one in told(UUID(topic), after)
    ]


_feed = Feed(EVENT_CHANNEL, sync_to_async(_read))


def _seen(user: Any, run_id: UUID) -> str | None:
    """The state of a run that the user may see."""
    close_old_connections()
    return TailoringRun.objects.visible_to(user).filter(pk=run_id).values_list("state", flat=True).first()


def _may_still(user: User, session: Any, run_id: UUID) -> bool:
    # Permissions are kept on the object that was asked: the one of now knows what was taken away since.
    now = streaming.still_signed_in(user, session)
    return now is not None and _seen(now, run_id) is not None


async def _events(user: User, session: Any, run_id: UUID, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    # Those who came together are not asked about together.
    checked_at = time.monotonic() - secrets.randbelow(1000) / 1000 * RECHECK_SECONDS
    async with _feed.follow(str(run_id), after) as events:
        if after and await _over(run_id, after):
            yield DONE
            return
        async for found in events:
            if time.monotonic() - checked_at >= RECHECK_SECONDS:
                checked_at = time.monotonic()
                if not await sync_to_async(_may_still)(user, session, run_id):
                    return
            if not found:
                yield b": still here\n\n"
                continue
            yield b"".join(one.wire for one in found)
            if found[-1].last and await _over(run_id, found[-1].seq):
                yield DONE
                return


_asked: dict[tuple[UUID, int], asyncio.Task[bool]] = {}


async def _over(run_id: UUID, seq: int) -> bool:
    """`_over_at`, asked once for all who wait for the same answer: a run ends for everybody at the same event."""
    key = (run_id, seq)
    if (task := _asked.get(key)) is None:
        task = _asked[key] = asyncio.ensure_future(sync_to_async(_over_at)(run_id, seq))
        task.add_done_callback(lambda _: _asked.pop(key, None))
    return await asyncio.shield(task)


def _over_at(run_id: UUID, seq: int) -> bool:
    """Whether the run is over and told nothing after this number."""
    close_old_connections()
    more = TailoringEvent.objects.filter(run=OuterRef("pk"), seq__gt=seq)
    return TailoringRun.objects.filter(~Exists(more), pk=run_id, state__in=OVER).exists()


@require_GET
def tailoring_events(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events `tailoring` of one run after `Last-Event-ID` (or `?after=`), then `done`.

    The data is {seq, kind, …}: kind state, step, text, finding or again. With `?poll=1` the events so far as JSON.
    """
    user = request.user
    if not user.is_authenticated:
        return HttpResponse("Sign in first.\n", status=403, content_type="text/plain")
    state = _seen(user, tailoringrun_id)
    if state is None:
        return HttpResponse("There is nothing here that you may see.\n", status=404, content_type="text/plain")
    after = number(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    if request.GET.get("poll"):
        answer = JsonResponse({"state": state, "events": told(tailoringrun_id, after)})
        streaming.shared(request, answer)
        return answer
    return streaming.answer(request, _events(user, request.session, tailoringrun_id, after))


def number(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 10 else 0
