"""One search over everything: apps add providers, the top bar asks them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, JsonResponse

LONGEST_QUERY = 100
SHORTEST_QUERY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of the result list, where it leads, and the two letters or the icon in front of it."""

    title: str
    detail: str = ""
    url: str
    icon: str = ""
    initials: str = ""
    tint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A group of hits; `find` gets the user and the words, and gives only what this user may see."""

    label: str
    permission: str
    find: Callable[[Any, str], list[Hit]]
    order: int = 100


_providers: list[Provider] = []


def add(provider: Provider) -> None:
    """Let the global search ask one more provider; adding the same one again changes nothing."""
    if provider not in _providers:
        _providers.append(provider)
        _providers.sort(key=lambda one: one.order)


def search_view(request: HttpRequest) -> JsonResponse:
    """The groups of hits for `?q=`, as JSON for the search box; groups without a hit are left out."""
    words = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    groups: list[dict[str, Any]] = []
    if len(words) >= SHORTEST_QUERY:
        groups = [
            {"label": provider.label, "hits": [asdict(hit) for hit in hits]}
            for provider in _providers
            if request.user.has_perm(provider.permission) and (hits := provider.find(request.user, words))
        ]
    answer = JsonResponse({"query": words, "groups": groups})
    answer["Cache-Control"] = "private, no-store"
    return answer
