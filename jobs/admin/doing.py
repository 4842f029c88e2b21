"""Running an action from a page that is no ModelAdmin's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from hrassist.lib.errors import DomainError


def do(
    request: HttpRequest,
    work: Callable[[], Any],
    *,
    done: str,
    back: str,
    onward: Callable[[Any], str] | None = None,
) -> HttpResponseBase:
    """Tell what was done, or why it was refused; `onward` gives the next page from what the action made."""
    try:
        made = work()
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back)
    messages.success(request, done)
    return HttpResponseRedirect(onward(made) if onward else back)


def number(text: str | None, *, otherwise: int) -> int:
    """A whole number from a form field."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise
