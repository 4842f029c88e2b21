"""What any app adds to a person's privacy tab and beside their name: it imports no app, they register here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from hrassist.lib.at_once import Question, Row


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Badges beside the name of a person, of which every page of theirs tells.

    `ask` gives the `values()` that say so for (user, person), as `at_once.rows` answers them: all sources are asked in
    one statement. `tell` makes {label, colour, icon, url, title} from (person, rows).
    """

    permission: str
    ask: Callable[[Any, Any], Question]
    tell: Callable[[Any, list[Row]], Iterable[dict[str, str]]]
    order: int = 100


_cards: list[PrivacyCard] = []
_flags: list[Flags] = []


def add_card(*cards: PrivacyCard) -> None:
    """Show cards on everybody's privacy tab; one of the same name takes the place of an earlier one."""
    names = {card.name for card in cards}
    _cards[:] = sorted([*(one for one in _cards if one.name not in names), *cards], key=lambda one: one.order)


def add_flags(*flags: Flags) -> None:
    """Show badges beside the name of a person; adding the same ones again changes nothing."""
    _flags.extend(one for one in flags if one not in _flags)
    _flags.sort(key=lambda one: one.order)


def cards(request: HttpRequest, person: Any) -> list[ShownCard]:
    """The cards that this user may read."""
    allowed = [one for one in _cards if request.user.has_perm(one.permission)]
    return [ShownCard(one.template, one.load(request, person)) for one in allowed]


def flags(user: Any) -> list[Flags]:
    """Where badges come from that this user may read."""
    return [one for one in _flags if user.has_perm(one.permission)]
