"""What any app adds to a person's privacy tab and beside their name: it imports no app, they register here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyCard:
    """One card of the privacy tab: `load` gives the context of its template, which reads it as `card`."""

    name: str
    template: str
    permission: str
    load: Callable[[HttpRequest, Any], dict[str, Any]]
    order: int = 100


@dataclass(frozen=True, slots=True)
class ShownCard:
    template: str
    context: dict[str, Any]


Flags = Callable[[Any, Any], Iterable[dict[str, str]]]

_cards: list[PrivacyCard] = []
_flags: list[Flags] = []


def add_card(*cards: PrivacyCard) -> None:
    """Show cards on everybody's privacy tab; one of the same name takes the place of an earlier one."""
    names = {card.name for card in cards}
    _cards[:] = sorted([*(one for one in _cards if one.name not in names), *cards], key=lambda one: one.order)


def add_flags(*flags: Flags) -> None:
    """Show badges beside the name of a person: `flags` gives {label, colour, icon, url, title} for (user, person)."""
    _flags.extend(one for one in flags if one not in _flags)


def cards(request: HttpRequest, person: Any) -> list[ShownCard]:
    """The cards that this user may read."""
    allowed = [one for one in _cards if request.user.has_perm(one.permission)]
    return [ShownCard(one.template, one.load(request, person)) for one in allowed]


def flags(user: Any, person: Any) -> list[dict[str, str]]:
    return [flag for source in _flags for flag in source(user, person)]
