"""What the side bar offers; apps add their entries, the site shows those a user may open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

COUNT_SECONDS = 30
# What is opened once a month makes room where somebody has many entries.
FOLDED, FITS = "Settings", 14


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry: shown to users with `permission`; `count` gives a number of things that wait, 0 shows nothing."""

    label: str
    url_name: str
    icon: str
    permission: str = ""
    section: str = ""
    order: int = 100
    count: Callable[[Any], int] | None = None
    alarm: bool = False
    # Paths that belong to this entry although they do not start with its own address.
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownItem:
    label: str
    url: str
    icon: str
    count: int
    alarm: bool
    current: bool


@dataclass(frozen=True, slots=True)
class ShownSection:
    label: str
    items: tuple[ShownItem, ...]
    # Folded sections open by a click, or by being on one of their pages.
    folds: bool
    open: bool


_items: list[NavItem] = [NavItem(label="Dashboard", url_name="admin:index", icon="home", order=1)]


def add(*items: NavItem) -> None:
    """Offer entries in the side bar; adding the same one again changes nothing."""
    _items.extend(item for item in items if item not in _items)
    _items.sort(key=lambda item: item.order)


def sections(request: HttpRequest) -> list[ShownSection]:
    """The side bar of this user, with the entry of the current page marked."""
    allowed = [item for item in _items if not item.permission or request.user.has_perm(item.permission)]
    counts = _counts(request.user, allowed)
    current = _current(request.path, allowed)
    names = dict.fromkeys(item.section for item in allowed)
    return [
        ShownSection(
            label=name,
            folds=name == FOLDED and len(allowed) > FITS,
            open=current is not None and current.section == name,
            items=tuple(
                ShownItem(
                    label=item.label,
                    url=reverse(item.url_name),
                    icon=item.icon,
                    count=counts.get(item.label, 0),
                    alarm=item.alarm,
                    current=item is current,
                )
                for item in allowed
                if item.section == name
            ),
        )
        for name in names
    ]


def leads_on(path: str, user: Any) -> bool:
    """Whether this user may open what lies at a path of ours: what a page says may be read, its link may not lead."""
    item = _current(path, _items)
    return item is None or not item.permission or bool(user.has_perm(item.permission))


def _counts(user: Any, items: Iterable[NavItem]) -> dict[str, int]:
    key = f"nav-counts-{user.pk}"
    counts: dict[str, int] | None = cache.get(key)
    if counts is None:
        counts = {item.label: item.count(user) for item in items if item.count is not None}
        cache.set(key, counts, COUNT_SECONDS)
    return counts


def _current(path: str, items: Iterable[NavItem]) -> NavItem | None:
    best: tuple[int, NavItem | None] = (0, None)
    for item in items:
        for start in (reverse(item.url_name), *item.also):
            if (path == start or (start != "/" and path.startswith(start))) and len(start) > best[0]:
                best = (len(start), item)
    return best[1]
