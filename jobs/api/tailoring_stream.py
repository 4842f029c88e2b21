"""What a tailoring run tells, live, with replay; the same as JSON where a proxy breaks streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
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
from hrassist.lib.rounds import Rounds
from hrassist.streaming import Present
from jobs.models import TailoringEvent, TailoringRun
from jobs.models.tailoring import EVENT_CHANNEL
from jobs.tailoring.events import told

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
    return TailoringRun.objects.visible_to(user).filter(pk=run_id).values_list("state", flat=True).first()


def _may_still(those: Collection[tuple[Present, UUID]]) -> set[tuple[Present, UUID]]:
    # Permissions are kept on the object that was asked: the one of now knows what was taken away since.
    signed_in = streaming.still_signed_in({present for present, _ in those})
    runs = {run_id for _, run_id in those}
    seen = {
        user.pk: set(TailoringRun.objects.visible_to(user).filter(pk__in=runs).values_list("pk", flat=True))
        for user in {user.pk: user for user in signed_in.values()}.values()
    }
    return {(present, run_id) for present, run_id in those if present in signed_in and run_id in seen[present.user]}


_rounds = Rounds(_may_still)


async def _events(present: Present, run_id: UUID, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    with _rounds.watched((present, run_id)) as follower:
        async with _feed.follow(str(run_id), after) as events:
            if after and await _over(run_id, after):
                yield DONE
                return
            async for found in events:
                if not follower.may:
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
    close_old_connections()
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
    return streaming.answer(request, _events(Present.of(request), tailoringrun_id, after))


def number(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 10 else 0
