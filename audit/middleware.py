"""Ties each request to the audit trail, and keeps what came to nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from audit import actions as audit
from hrassist.lib import origin
from hrassist.lib.dbactor import actor_named


class AuditMiddleware:
    """Names the request's actor to `audit` and to the database's triggers; records 403, 404 and 500 answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with origin.within(origin.RequestOrigin(request)) as here:
            with actor_named(connection, origin.current):
                response = self.get_response(request)
            if not here.kept and response.status_code >= 400:
                keep_refusal(request, status=response.status_code)
            if here.shows_nothing:
                empty(response)
            response["X-Request-ID"] = here.request_id
        return response


def empty(response: HttpResponseBase) -> None:
    """Leave nothing but the head of an answer to HEAD: no access is on record, and not every server drops the body."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
    elif isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""


def keep_refusal(request: HttpRequest, *, status: int) -> None:
    """Record an answer that refuses or fails, on a connection that the request's rollback does not touch.

    A 404 counts where somebody signed in asks for a particular thing: whether it is absent or hidden from them, the
    attempt is the same. Typos of addresses do not; they end at no address or at one without a name.
    """
    match = request.resolver_match
    if status == 403:
        audit.denied("request.denied", reason_code="forbidden", http_status=status)
    elif status == 500:
        audit.failed("request.failed", reason_code="exception", http_status=status)
    elif status == 404 and match and match.url_name and match.kwargs and request.user.is_authenticated:
        asked = {name: str(value)[:60] for name, value in match.kwargs.items()}
        audit.denied("request.not_found", reason_code="absent_or_hidden", http_status=status, asked=asked)
