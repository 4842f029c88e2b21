"""Pages of one candidate, job or application: each noun has one head, and any app adds tabs and pages below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse


class Elsewhere(Exception):
    """What was asked for stands under another address now; the site leads there and says why."""

    def __init__(self, url: str, message: str) -> None:
        self.url, self.message = url, message
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """How a thing is found and headed: `load` gives it or raises Http404, `head` is the context of its page.html."""

    name: str
    load: Callable[[HttpRequest, Any], Model]
    head: Callable[[HttpRequest, Any, str], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab of a noun: `url_name` is reversed with the primary key, `query` is put behind the address.

    `count` costs a query on every page of the noun: only where the number makes somebody click.
    """

    noun: str
    name: str
    label: str
    url_name: str
    query: str = ""
    permission: str = ""
    order: int = 100
    count: Callable[[Any, Any], int] | None = None


@dataclass(frozen=True, slots=True)
class ShownTab:
    label: str
    url: str
    current: bool
    count: int


_nouns: dict[str, Noun] = {}
_tabs: list[Tab] = []


def add_noun(noun: Noun) -> None:
    """Let pages of other apps stand under the head of this noun."""
    _nouns[noun.name] = noun


def add_tab(*tabs: Tab) -> None:
    """Offer tabs on the pages of a noun; adding the same one again changes nothing."""
    _tabs.extend(tab for tab in tabs if tab not in _tabs)
    _tabs.sort(key=lambda tab: tab.order)


def tabs(request: HttpRequest, noun: str, thing: Model, *, current: str) -> list[ShownTab]:
    """The tabs of this thing that the user may open."""
    return [
        ShownTab(
            label=tab.label,
            url=reverse(tab.url_name, args=[thing.pk]) + tab.query,
            current=tab.name == current,
            count=tab.count(request.user, thing) if tab.count else 0,
        )
        for tab in _tabs
        if tab.noun == noun and (not tab.permission or request.user.has_perm(tab.permission))
    ]


def load(request: HttpRequest, noun: str, key: Any) -> Any:
    """The thing with this key, if the user may see it; raises Http404, or Elsewhere for one that was merged."""
    return _nouns[noun].load(request, key)


def render(
    request: HttpRequest,
    noun: str,
    thing: Model,
    *,
    tab: str,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A page under the head of the noun; the template extends the noun's page.html."""
    everything = {**admin.site.each_context(request), **_nouns[noun].head(request, thing, tab), **context}
    return TemplateResponse(request, template, everything, status=status)
