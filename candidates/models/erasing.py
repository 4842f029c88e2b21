"""What is removed when somebody is erased: each app says so for its own rows, by the lists in their `PersonalData`.

An eraser deletes rows, or empties what `PersonalData.erase` names and leaves the rest: decisions and figures without a
person. A model that can be reached from a candidate and has no eraser fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q, QuerySet


@dataclass(frozen=True, slots=True)
class Person:
    """Who is erased: all records that stand for them, the words that name them, and what says when."""

    ids: tuple[UUID, ...]
    erasure_id: UUID
    now: datetime
    # Names, addresses and numbers as they stand in other people's rows; told to nobody and never stored.
    words: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


Finder = Callable[[Person], Q]


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """How the rows of one model go: `find` says which are the person's.

    With `delete` they go whole, and what hangs on them by cascade. Otherwise their personal columns are emptied, those
    in `instead` with a value of their own, and `why` says what the rest is kept for. `keys` names the columns that hold
    keys of the store; `more_keys` finds keys that lie deeper.
    """

    model: str
    find: Finder
    delete: bool
    why: str = ""
    keys: tuple[str, ...] = ()
    more_keys: Callable[[QuerySet[Any]], Iterable[str]] | None = None
    instead: Mapping[str, Any] = field(default_factory=dict)
    # What people call its rows, one and many; empty for the model's own names.
    called: tuple[str, str] = ("", "")

    def label(self, count: int) -> str:
        """What its rows are called."""
        if self.called[0]:
            return self.called[count != 1]
        meta = apps.get_model(self.model)._meta
        return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)

    def rows(self, person: Person) -> QuerySet[Any]:
        found: QuerySet[Any] = apps.get_model(self.model)._default_manager.filter(self.find(person)).order_by()
        return found

    def stored(self, person: Person) -> set[str]:
        """The keys of the store that these rows name."""
        rows = self.rows(person)
        found = {key for column in self.keys for key in rows.values_list(column, flat=True) if key}
        return found | {key for key in (self.more_keys(rows) if self.more_keys else ()) if key}

    def remove(self, person: Person) -> int:
        """Delete or empty; the number of rows that it found. It bears to be done again."""
        ids = set(self.rows(person).values_list("pk", flat=True))
        rows = apps.get_model(self.model)._default_manager.filter(pk__in=ids)
        if self.delete:
            rows.delete()
        elif self.empty_values():
            rows.update(**self.empty_values())
        return len(ids)

    def left(self, person: Person) -> int:
        """How many rows still hold something of the person."""
        rows = self.rows(person)
        if not self.delete:
            full = Q(pk__in=[])
            for name, value in self.empty_values().items():
                full |= ~Q(**{f"{name}__isnull": True}) if value is None else ~Q(**{name: value})
            rows = rows.filter(full)
        return rows.count()

    def empty_values(self) -> dict[str, Any]:
        model = apps.get_model(self.model)
        named: Any = getattr(model, "PersonalData")  # noqa: B009  a class that every model of ours has
        return {name: self.instead.get(name, _empty(model._meta.get_field(name))) for name in sorted(named.erase)}


def _empty(column: Any) -> Any:
    if column.null:
        return None
    if isinstance(column, models.JSONField | ArrayField):
        return column.get_default() if column.has_default() else {}
    if isinstance(column, models.CharField | models.TextField):
        return ""
    if isinstance(column, SearchVectorField):
        return None
    raise TypeError(f"{column} has no empty value: say one in `instead`, or delete the row.")


def of_person(path: str = "candidate") -> Finder:
    """Rows that lead to the person along this path."""
    return lambda person: Q(**{f"{path}__in": person.ids})


# Something that has to happen before rows go, or beside them: work that is stopped, traces that no key leads to.
Step = Callable[[Person], Mapping[str, int]]

_erasers: dict[str, Eraser] = {}
_stops: list[Step] = []
_traces: list[Step] = []


def register(*erasers: Eraser) -> None:
    """Let rows go with their person, in the order of registration; the same model in a later call replaces it.

    Raises ValueError for a model that is named twice in one call: one of the two would be forgotten.
    """
    named = {one.model: one for one in erasers}
    if len(named) < len(erasers):
        raise ValueError("a model is named twice")
    _erasers.update(named)


def registered() -> tuple[Eraser, ...]:
    return tuple(_erasers.values())


def stop(step: Step) -> None:
    """Run this first: it ends work for the person that is under way. Gives {what: how many}; must bear to run twice."""
    if step not in _stops:
        _stops.append(step)


def trace(step: Step) -> None:
    """Run this while the person's words are still known: it removes what names them in other people's rows."""
    if step not in _traces:
        _traces.append(step)


# What belongs to nobody and is older than this moment; gives {what: how many}.
Leftover = Callable[[datetime], Mapping[str, int]]

_leftovers: list[Leftover] = []


def leftover(remove: Leftover) -> None:
    """Run this nightly: it removes what an app keeps of people who never became anybody's record."""
    if remove not in _leftovers:
        _leftovers.append(remove)


def leftovers() -> tuple[Leftover, ...]:
    return tuple(_leftovers)


def stops() -> tuple[Step, ...]:
    return tuple(_stops)


def traces() -> tuple[Step, ...]:
    return tuple(_traces)


def keys_of(person: Person) -> set[str]:
    """Every key of the store that the person's rows name."""
    found: set[str] = set()
    for one in registered():
        found |= one.stored(person)
    return found


def remove_all(person: Person, *, but: Collection[str] = ()) -> dict[str, int]:
    """Let every eraser do its work, the latest registered first: an app above refers to the rows of those below."""
    counts = {one.model: one.remove(person) for one in reversed(registered()) if one.model not in but}
    return {model: count for model, count in counts.items() if count}


def left_of(person: Person) -> dict[str, int]:
    counts = {one.model: one.left(person) for one in registered()}
    return {model: count for model, count in counts.items() if count}
