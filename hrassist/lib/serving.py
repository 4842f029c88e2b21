"""Handing bytes of strangers to a browser: to be saved or looked at, never run."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is told of a file; `size` in bytes where it is known, `inline` for what is looked at and not saved."""

    filename: str
    content_type: str
    size: int | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile(FileFacts):
    """Bytes that may be shown to the person who asked; `key` is where the store keeps them."""

    content: IO[bytes]
    key: str = ""


def file_answer(file: OpenFile) -> HttpResponseBase:
    """Stream an open file, or let nginx send the same key from its disk where it stands in front.

    Closes the file in either case.
    """
    response: HttpResponseBase
    if file.key and settings.ACCEL_REDIRECT_PREFIX and settings.STORAGE_BACKEND == "disk":
        file.content.close()
        response = HttpResponse(content_type=file.content_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{quote(file.key)}"
    else:
        response = FileResponse(file.content, content_type=file.content_type)
        response["Content-Length"] = str(file.size)
    return guarded(response, filename=file.filename, inline=file.inline)


def head_answer(facts: FileFacts) -> HttpResponseBase:
    """What a GET would say, without the bytes."""
    response = HttpResponse(content_type=facts.content_type)
    if facts.size is not None:
        response["Content-Length"] = str(facts.size)
    return guarded(response, filename=facts.filename, inline=facts.inline)


def text_answer(text: str, *, filename: str) -> HttpResponseBase:
    """Text that a browser shows as text, whatever it looks like."""
    return guarded(HttpResponse(text, content_type="text/plain; charset=utf-8"), filename=filename, inline=True)


def guarded(response: HttpResponseBase, *, filename: str, inline: bool) -> HttpResponseBase:
    """The response with the headers that every byte of a stranger leaves with."""
    for name, value in HEADERS.items():
        response[name] = value
    response["Content-Disposition"] = content_disposition_header(not inline, filename) or "attachment"
    return response
