"""The states of one's own uploads, live."""

from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from candidates.models import UploadTicket
from candidates.models.upload import STATE_CHANNEL
from hrassist import streaming
from hrassist.lib import sse
from hrassist.lib.rounds import Rounds
from hrassist.streaming import Present

RECENT = timedelta(hours=12)

_channel = sse.Channel(STATE_CHANNEL)


def _state(ticket: UploadTicket) -> dict[str, Any]:
    resume = getattr(ticket, "resume", None) or ticket.duplicate_of
    person = resume.candidate if resume else None
    return {
        "id": str(ticket.pk),
        "filename": ticket.filename,
        "state": ticket.state,
        "reason_code": ticket.rejected_for or None,
        "reason": ticket.rejected_message or None,
        "resume": str(resume.pk) if resume else None,
        "candidate": str(person.pk) if person else None,
        "person": person.full_name if person else None,
    }


_AROUND = ("resume__candidate", "duplicate_of__candidate")


def _recent(user: Any) -> list[dict[str, Any]]:
    # A stream outlives many requests: a connection that has died meanwhile must not end it.
    close_old_connections()
    mine = UploadTicket.objects.filter(created_by=user, created_at__gt=timezone.now() - RECENT)
    return [_state(ticket) for ticket in mine.select_related(*_AROUND)[:200]]


def _one(user: Any, ticket_id: str) -> dict[str, Any] | None:
    close_old_connections()
    ticket = UploadTicket.objects.filter(created_by=user, pk=ticket_id).select_related(*_AROUND).first()
    return _state(ticket) if ticket else None


def _may(user: Any) -> bool:
    return bool(user.has_perm("candidates.view_uploadticket"))


def _may_still(those: Collection[Present]) -> set[Present]:
    return {one for one, user in streaming.still_signed_in(those).items() if _may(user)}


_rounds = Rounds(_may_still)


async def _events(user: Any, present: Present) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    with _rounds.watched(present) as follower:
        # Subscribed before the current state is read: what changes in between is told twice, never lost.
        async with _channel.subscribed() as payloads:
            for current in await sync_to_async(_recent)(user):
                yield sse.event(current, name="upload")
            async for payload in payloads:
                if not follower.may:
                    return
                if payload is None:
                    yield b": still here\n\n"
                    continue
                owner, _, ticket_id = payload.partition(":")
                if owner == str(user.pk) and (changed := await sync_to_async(_one)(user, ticket_id)):
                    yield sse.event(changed, name="upload")


@require_GET
def upload_events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events `upload` of own tickets: first their present states, then each change.

    The data is {id, filename, state, reason_code, reason, resume, candidate, person}; `person` is the candidate's name.
    """
    user = request.user
    if not user.is_authenticated or not _may(user):
        return HttpResponse("Sign in first.\n", status=403, content_type="text/plain")
    return streaming.answer(request, _events(user, Present.of(request)))
