"""Which stored objects belong to a row: the apps whose rows name keys say so.

The sweep asks before it deletes, copies of files and fsck go through all that last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q


@dataclass(frozen=True, slots=True)
class NamedFile:
    """An object of the clean store, the row that names it, and its SHA-256 and size where the row knows them."""

    key: str
    row: models.Model
    column: str
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class _Naming:
    model: type[models.Model]
    columns: tuple[str, ...]
    # False for what is kept for days only: a copy in the second place would outlive its use.
    lasting: bool
    sums: bool

    def among(self, keys: list[str]) -> set[str]:
        wanted = Q()
        for column in self.columns:
            wanted |= Q(**{f"{column}__in": keys})
        found: Any = self._rows().filter(wanted).values_list(*self.columns)
        return {key for row in found for key in row if key} & set(keys)

    def all(self) -> Iterator[NamedFile]:
        wanted = (*self.columns, "sha256", "size") if self.sums else self.columns
        for row in self._rows().order_by("pk").only(*wanted).iterator(chunk_size=500):
            for column in self.columns:
                if key := getattr(row, column):
                    sums = (row.sha256, row.size) if self.sums else ("", None)
                    yield NamedFile(key, row, column, *sums)

    def count(self) -> int:
        return sum(self._rows().exclude(**{column: ""}).count() for column in self.columns)

    def _rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.order_by()


_namings: dict[type[models.Model], _Naming] = {}


def keep(model: type[models.Model], *columns: str, lasting: bool = True, sums: bool = False) -> None:
    """Never sweep an object that one of these columns names.

    `lasting` says that copies in the second place hold it too; `sums` that the row has its `sha256` and `size`.
    """
    _namings[model] = _Naming(model, columns, lasting, sums)


def named(keys: list[str], *, lasting: bool = False) -> set[str]:
    """Of these keys, those that a row of any app names; with `lasting` only those that last."""
    return {key for one in _namings.values() if one.lasting or not lasting for key in one.among(keys)}


def lasting() -> Iterator[NamedFile]:
    """Every file that lasts as long as its row."""
    for one in _namings.values():
        if one.lasting:
            yield from one.all()


def count_lasting() -> int:
    """How many objects there must be for all rows."""
    return sum(one.count() for one in _namings.values() if one.lasting)
