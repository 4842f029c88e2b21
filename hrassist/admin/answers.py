"""A form that a proxy sends to a second host, because the first one died, is carried out once and answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from audit.models import Event
from hrassist import once
from hrassist.lib import origin
from hrassist.models import IdempotencyRecord, User

# An answer to a script is short; what is longer is a page, and is asked for anew.
LONGEST = 10_000


def answer_once(request: HttpRequest, ask: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Ask the view; of what the proxy may send again the answer is kept with the change. Raises StillRunning."""
    key, user = origin.repeated_as(request), request.user
    if not key or not isinstance(user, User):
        return ask()
    return once.answered(
        request, ask, user=user, key=key, body="", keep=lambda answer: _kept(request, answer),
        again=lambda kept: _again(request, kept),
    )  # fmt: skip


def _kept(request: HttpRequest, answer: HttpResponseBase) -> tuple[int, dict[str, Any]] | None:
    if answer.status_code >= 400:
        return None
    said: dict[str, Any] = {"messages": [[one.level, str(one.message)] for one in _told(request)]}
    if isinstance(answer, HttpResponseRedirect):
        said["location"] = answer.url
    elif not _has_changed_something():
        # A preview, or a form with what is wrong in it, is shown by any host.
        return None
    elif _is_for_a_script(answer):
        said["json"] = orjson.loads(cast(HttpResponse, answer).content)
    return answer.status_code, said


def _has_changed_something() -> bool:
    request = origin.of_request()
    return request is not None and Event.objects.filter(pk__in=request.recorded).exists()


def _is_for_a_script(answer: HttpResponseBase) -> bool:
    is_json = answer.headers.get("Content-Type") == "application/json"
    return is_json and isinstance(answer, HttpResponse) and len(answer.content) <= LONGEST


def _told(request: HttpRequest) -> list[Any]:
    """What this request said to its person so far."""
    store: Any = messages.get_messages(request)
    return list(store._queued_messages)


def _again(request: HttpRequest, kept: IdempotencyRecord) -> HttpResponse:
    said = cast("dict[str, Any]", kept.answer)
    for level, text in said["messages"]:
        messages.add_message(request, level, text)
    if "json" in said:
        return HttpResponse(orjson.dumps(said["json"]), status=kept.status or 200, content_type="application/json")
    if "location" in said:
        return HttpResponseRedirect(said["location"])
    messages.info(request, "This was done. The server that did it stopped before it could show the page.")
    return HttpResponseRedirect(urlsplit(request.headers.get("Referer", "")).path or "/")
