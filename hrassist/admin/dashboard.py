"""The first page: cards that the apps add, each for the users who may see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the dashboard: `data` fills its template, or gives None to leave the card out."""

    template: str
    data: Callable[[HttpRequest], dict[str, Any] | None]
    permission: str = ""
    wide: bool = False
    order: int = 100


_cards: list[Card] = []


def add(*cards: Card) -> None:
    """Show cards on the dashboard; adding the same one again changes nothing."""
    _cards.extend(card for card in cards if card not in _cards)
    _cards.sort(key=lambda card: card.order)


def shown(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    """The cards of this user, each with its template and data: `main` the wide column, `side` the narrow one."""
    columns: dict[str, list[dict[str, Any]]] = {"main": [], "side": []}
    for card in _cards:
        if card.permission and not request.user.has_perm(card.permission):
            continue
        data = card.data(request)
        if data is not None:
            columns["main" if card.wide else "side"].append({"template": card.template, "data": data})
    return columns
