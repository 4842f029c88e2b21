"""What the installation holds about a person and on which grounds, told by each app for its own tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from hrassist.lib import at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A kind of record; `rows` gives those of a candidate that the user may see: all kinds are counted at once."""

    label: str
    permission: str
    rows: Callable[[Any, Any], QuerySet[Any, Any]]
    order: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One reason to keep somebody's data: what it is, since when, and until when where it ends by itself."""

    label: str
    detail: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Where grounds come from; `find` gives those of a candidate that the user may see, in one query."""

    permission: str
    find: Callable[[Any, Any], Iterable[Ground]]


_holdings: list[Holding] = []
_grounds: list[Grounds] = []


def add(*more: Holding | Grounds) -> None:
    """Tell of one more kind of record or ground; adding the same one again changes nothing."""
    for one in more:
        if isinstance(one, Holding) and one not in _holdings:
            _holdings.append(one)
        elif isinstance(one, Grounds) and one not in _grounds:
            _grounds.append(one)
    _holdings.sort(key=lambda one: one.order)


def counts(user: Any, candidate: Any) -> list[tuple[str, int]]:
    """How many records of each kind there are, also where there are none: the list says what could be held."""
    mine = [one for one in _holdings if user.has_perm(one.permission)]
    found = at_once.counts(*(one.rows(user, candidate) for one in mine))
    return [(one.label, count) for one, count in zip(mine, found, strict=True)]


def grounds(user: Any, candidate: Any) -> list[Ground]:
    """The grounds on which the person is kept, the newest first."""
    found = [one for source in _grounds if user.has_perm(source.permission) for one in source.find(user, candidate)]
    return sorted(found, key=lambda one: one.since, reverse=True)
