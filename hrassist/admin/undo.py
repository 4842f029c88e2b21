"""Telling what was done, with the button that takes it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html, format_html_join


def offer(request: HttpRequest, done: str, *, url: str, label: str = "Undo", **said: object) -> None:
    """A message on the next page: what was done, and a form of one button that posts `said` to `url`."""
    hidden = format_html_join("", '<input type="hidden" name="{}" value="{}">', said.items())
    messages.success(
        request,
        format_html(
            '{} <form method="post" action="{}" class="in-line"><input type="hidden" name="csrfmiddlewaretoken" '
            'value="{}">{}<button type="submit" class="button small">{}</button></form>',
            done,
            url,
            get_token(request),
            hidden,
            label,
        ),
    )
