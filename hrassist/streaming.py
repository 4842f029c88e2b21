"""What every live stream shares: where pages find it, its headers, and whether who follows it still may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse

from hrassist.identity.sessions import SessionStore
from hrassist.models import User
from hrassist.sign_in import SessionBackend


def address(path: str) -> str:
    """Where a page's script listens: a path, a port of this host before it (`:8001/…`), or nothing to listen to."""
    if not settings.DEVELOPMENT:
        return path
    return f":{settings.STREAM_PORT}{path}" if settings.STREAM_PORT else ""


@dataclass(frozen=True, slots=True)
class Present:
    """Whose stream it is: the account and the session it was opened with."""

    user: int
    session: str

    @classmethod
    def of(cls, request: HttpRequest) -> Present:
        return cls(request.user.pk or 0, request.session.session_key or "")


def still_signed_in(those: Collection[Present]) -> dict[Present, User]:
    """Those whose account and session hold, with the rights they have now: signing out ends a stream."""
    close_old_connections()
    users = SessionBackend().get_users({one.user for one in those})
    sessions = SessionStore.alive({one.session for one in those})
    return {one: users[one.user] for one in those if one.user in users and one.session in sessions}


def answer(request: HttpRequest, events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Events as an answer that no proxy keeps back."""
    found = StreamingHttpResponse(events, content_type="text/event-stream")
    found["X-Accel-Buffering"] = "no"
    shared(request, found)
    return found


def shared(request: HttpRequest, response: Any) -> None:
    """Headers of every answer of the stream process: not stored, and readable by a page of the same host."""
    response["Cache-Control"] = "no-store"
    origin = request.headers.get("Origin", "")
    # Without a proxy in front the stream process has a port of its own: the same host may read it.
    if origin and urlsplit(origin).hostname == urlsplit(f"//{request.get_host()}").hostname:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
