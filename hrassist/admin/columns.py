"""Columns that an app above adds to a list of an app below, filled for a whole page at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`find` gives the cells of a page by primary key, in one query; rows carry theirs as the attribute `name`."""

    model: str
    name: str
    permission: str
    find: Callable[[Any, Sequence[Any]], Mapping[Any, SafeString]]


_columns: list[Column] = []


def add(column: Column) -> None:
    """Fill one more column of a list; adding the same one again changes nothing."""
    if column not in _columns:
        _columns.append(column)


def of(model: str) -> list[Column]:
    """The columns that were added to the list of this model (`app.model`, in lower case)."""
    return [column for column in _columns if column.model == model]
