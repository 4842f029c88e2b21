"""The states of one's own uploads, live."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from candidates.models import UploadTicket
from candidates.models.upload import STATE_CHANNEL
from hrassist.lib import sse
from hrassist.models import User

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


def _still_signed_in(user: Any, session: Any) -> bool:
    close_old_connections()
    # A stream lives for hours: signing out, or being switched off, must end it.
    present = User.objects.filter(pk=user.pk).first()
    return present is not None and present.may_sign_in(now=timezone.now()) and session.exists(session.session_key)


async def _events(user: Any, session: Any) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    # Subscribed before the current state is read: what changes in between is told twice, never lost.
    async with _channel.subscribed() as payloads:
        for current in await sync_to_async(_recent)(user):
            yield sse.event(current, name="upload")
        async for payload in payloads:
            if payload is None:
                if not await sync_to_async(_still_signed_in)(user, session):
                    return
                yield b": still here\n\n"
                continue
            owner, _, ticket_id = payload.partition(":")
            if owner == str(user.pk) and (changed := await sync_to_async(_one)(user, ticket_id)):
                yield sse.event(changed, name="upload")


@require_GET
async def upload_events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events `upload` of own tickets: first their present states, then each change.

    The data is {id, filename, state, reason_code, reason, resume, candidate, person}; `person` is the candidate's name.
    """
    user = await request.auser()
    if not user.is_authenticated or not await sync_to_async(user.has_perm)("candidates.view_uploadticket"):
        return HttpResponse("Sign in first.\n", status=403, content_type="text/plain")
    answer = StreamingHttpResponse(_events(user, request.session), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    origin = request.headers.get("Origin", "")
    # Without a proxy in front the stream process has a port of its own: the same host may read it.
    if origin and urlsplit(origin).hostname == urlsplit(f"//{request.get_host()}").hostname:
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Allow-Credentials"] = "true"
        answer["Vary"] = "Origin"
    return answer
