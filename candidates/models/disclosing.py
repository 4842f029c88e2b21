"""What a person is given of what is held about them: each app says so for its own rows, or says why not.

A model that can be reached from a candidate and is neither disclosed nor withheld fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import QuerySet

from candidates.models.erasing import Finder, Person

# A column's value as the copy tells it; told of a row.
Teller = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one model as a list in the copy, under a name.

    `columns` are its own columns or paths of related ones, `also` what is worked out of a row. A column that names a
    user is told as a colleague without a name: who works for us has a right to that too.
    """

    name: str
    model: str
    find: Finder
    columns: tuple[str, ...]
    also: Mapping[str, Teller] = field(default_factory=dict)
    about: str = ""
    order: str = "pk"

    def rows(self, person: Person) -> QuerySet[Any]:
        found: QuerySet[Any] = (
            apps.get_model(self.model)._default_manager.filter(self.find(person)).order_by(self.order)
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A model whose rows are not given, and the reason that the copy tells."""

    model: str
    why: str


@dataclass(frozen=True, slots=True)
class File:
    """An original file that belongs into the copy: under which name, and its key in the store."""

    name: str
    key: str


Files = Callable[[Person], Iterable[File]]

_sections: dict[str, Section] = {}
_withheld: dict[str, Withheld] = {}
_files: list[Files] = []


def register(*entries: Section | Withheld) -> None:
    """Tell of a model once; the same name, or model, again replaces it."""
    for one in entries:
        if isinstance(one, Section):
            _sections[one.name] = one
        else:
            _withheld[one.model] = one


def give_files(files: Files) -> None:
    if files not in _files:
        _files.append(files)


def sections() -> tuple[Section, ...]:
    return tuple(_sections.values())


def withheld() -> tuple[Withheld, ...]:
    return tuple(_withheld.values())


def files_of(person: Person) -> list[File]:
    return [one for files in _files for one in files(person) if one.key]


class Colleagues:
    """Users as the copy names them: the same one by the same number, nobody by name."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def named(self, key: Any) -> str | None:
        if key in {None, ""}:
            return None
        return f"colleague {self._numbers.setdefault(str(key), len(self._numbers) + 1)}"


def told(section: Section, row: Any, colleagues: Colleagues) -> dict[str, Any]:
    """One row as the copy tells it."""
    said: dict[str, Any] = {}
    for path in section.columns:
        holder, value = row, None
        *steps, last = path.split("__")
        for step in steps:
            holder = getattr(holder, step) if holder is not None else None
        if holder is not None:
            column: Any = holder._meta.get_field(last)
            value = getattr(holder, column.attname)
            if isinstance(column, models.ForeignKey) and column.related_model._meta.label == "hrassist.User":
                value = colleagues.named(value)
            elif column.choices and value not in {None, ""}:
                value = str(dict(column.flatchoices).get(value, value))
        said[path.replace("__", "_")] = value
    return said | {name: teller(row) for name, teller in section.also.items()}
