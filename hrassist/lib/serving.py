"""Handing bytes of strangers to a browser: to be saved or looked at, never run."""

from __future__ import annotations

from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Even where a browser is talked into opening it as a page, it is one without scripts, forms, network or origin.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    # One request is one transfer and one event; parts would be many.
    "Accept-Ranges": "none",
}


def file_answer(
    content: IO[bytes], *, filename: str, content_type: str, size: int, key: str = "", inline: bool = False
) -> HttpResponseBase:
    """Stream an open file, or let nginx send the same key from its disk where it stands in front.

    Closes the file in either case.
    """
    response: HttpResponseBase
    if key and settings.ACCEL_REDIRECT_PREFIX and settings.STORAGE_BACKEND == "disk":
        content.close()
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{quote(key)}"
    else:
        response = FileResponse(content, content_type=content_type)
        response["Content-Length"] = str(size)
    return guarded(response, filename=filename, inline=inline)


def head_answer(*, filename: str, content_type: str, size: int | None = None, inline: bool = False) -> HttpResponseBase:
    """What a GET would say, without the bytes."""
    response = HttpResponse(content_type=content_type)
    if size is not None:
        response["Content-Length"] = str(size)
    return guarded(response, filename=filename, inline=inline)


def text_answer(text: str, *, filename: str) -> HttpResponseBase:
    """Text that a browser shows as text, whatever it looks like."""
    return guarded(HttpResponse(text, content_type="text/plain; charset=utf-8"), filename=filename, inline=True)


def guarded(response: HttpResponseBase, *, filename: str, inline: bool) -> HttpResponseBase:
    """The response with the headers that every byte of a stranger leaves with."""
    for name, value in HEADERS.items():
        response[name] = value
    response["Content-Disposition"] = content_disposition_header(not inline, filename) or "attachment"
    return response
