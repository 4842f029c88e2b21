"""What goes along when one record of a person is merged into another: each app says how its rows move.

A mover writes through the ledger, which keeps what it did; taking back needs no further knowledge of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Q, QuerySet

from candidates.models.candidate import Candidate

if TYPE_CHECKING:
    from hrassist.models import User

Entry = dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """The rows a merge moves, changes and adds, in order; `taken` are the choices made for the other record."""

    kept: Candidate
    gone: Candidate
    by: User
    now: datetime
    taken: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)

    def hand_over(self, rows: QuerySet[Any], *, column: str = "candidate") -> None:
        """Let these rows of the record that goes belong to the one that stays."""
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if ids:
            _update(rows.model, ids, now=self.now, **{f"{column}_id": self.kept.pk})
            self.entries.append({"what": rows.model._meta.label_lower, "rows": ids, "column": column})

    def change(self, row: models.Model, **columns: Any) -> None:
        """Set columns (by their names in the table) of one row."""
        before = {name: getattr(row, name) for name in columns}
        _update(type(row), [row.pk], now=self.now, **columns)
        self.entries.append({"what": row._meta.label_lower, "rows": [row.pk], "before": before, "after": dict(columns)})

    def add(self, row: models.Model) -> None:
        """Insert a row that exists only because of the merge."""
        row.save(force_insert=True)
        self.entries.append({"what": row._meta.label_lower, "rows": [row.pk], "added": True})

    def counts(self) -> dict[str, int]:
        """How many rows moved, by model."""
        moved: dict[str, int] = {}
        for entry in self.entries:
            if "column" in entry:
                moved[entry["what"]] = moved.get(entry["what"], 0) + len(entry["rows"])
        return moved

    def written(self) -> list[Entry]:
        """The entries as JSON can hold them."""
        encoder = DjangoJSONEncoder()

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: plain(one) for name, one in value.items()}
            if isinstance(value, list):
                return [plain(one) for one in value]
            return value if value is None or isinstance(value, bool | int | float | str) else encoder.default(value)

        return [{**entry, **{name: plain(value) for name, value in entry.items()}} for entry in self.entries]


def take_back(entries: list[Entry], *, kept: UUID, gone: UUID, now: datetime) -> int:
    """Undo a ledger from its end; the number of rows that could not go back to what they were.

    What was changed since then stays: a column is restored only where it still has the value that the merge gave it,
    and a row goes back only if it still belongs to the record that was kept.
    """
    left = 0
    for entry in reversed(entries):
        model = apps.get_model(entry["what"])
        if entry.get("added"):
            model._default_manager.filter(pk__in=entry["rows"]).delete()
        elif "column" in entry:
            column = f"{entry['column']}_id"
            mine = model._default_manager.filter(pk__in=entry["rows"], **{column: kept})
            ids = list(mine.values_list("pk", flat=True))
            left += sum(not _could(model, [pk], now=now, **{column: gone}) for pk in ids)
        else:
            left += _restore(model, entry, now=now)
    return left


def _restore(model: type[models.Model], entry: Entry, *, now: datetime) -> int:
    row = model._default_manager.filter(pk__in=entry["rows"]).first()
    if row is None:
        return 0

    def value(name: str, stored: Any) -> Any:
        column: Any = model._meta.get_field(name)
        return None if stored is None else column.to_python(stored)

    # The columns of one change are one fact: an end has its time and its author.
    if any(getattr(row, name) != value(name, after) for name, after in entry["after"].items()):
        return 0
    before = {name: value(name, stored) for name, stored in entry["before"].items()}
    return int(not _could(model, [row.pk], now=now, **before))


def _could(model: type[models.Model], ids: Collection[Any], *, now: datetime, **columns: Any) -> bool:
    try:
        with transaction.atomic():
            _update(model, ids, now=now, **columns)
    except IntegrityError:
        return False
    return True


def _update(model: type[models.Model], ids: Collection[Any], *, now: datetime, **columns: Any) -> None:
    if any(one.attname == "updated_at" for one in model._meta.concrete_fields):
        columns["updated_at"] = now
    model._default_manager.filter(pk__in=ids).update(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """How the rows of one model follow a person: `label` is what people call them, one and many.

    `move` writes them to the ledger. `settle` runs after a merge was taken back, where rows must agree again.
    """

    label: tuple[str, str]
    model: str
    move: Callable[[Ledger], None]
    settle: Callable[[UUID, UUID, list[Entry]], None] | None = None
    # Whether it is worth telling people how many there are.
    counted: bool = True

    def count(self, user: User, people: Collection[UUID]) -> dict[UUID, int]:
        """How many of them that the user may see each of these people has."""
        rows: Any = apps.get_model(self.model)._default_manager
        seen = rows.visible_to(user) if hasattr(rows, "visible_to") else rows.all()
        found = seen.filter(candidate__in=people).order_by().values("candidate").annotate(rows=Count("pk"))
        return dict(found.values_list("candidate", "rows"))


_movers: list[Mover] = []


def register(*movers: Mover) -> None:
    """Let rows follow their person; registering the same model again changes nothing."""
    known = {one.model for one in _movers}
    _movers.extend(one for one in movers if one.model not in known)


def registered() -> tuple[Mover, ...]:
    return tuple(_movers)


def follow(model: str, *, once: Mapping[str, Q] | None = None) -> Callable[[Ledger], None]:
    """Move every row, but for those that the kept record has already: `once` maps a column that tells rows of one
    person apart to which rows the rule speaks of. What is there already stays with the record that goes."""

    def move(ledger: Ledger) -> None:
        rows = apps.get_model(model)._default_manager
        mine = rows.filter(candidate=ledger.gone)
        for column, among in (once or {}).items():
            there = rows.filter(among, candidate=ledger.kept).values(column)
            mine = mine.exclude(among, **{f"{column}__in": there})
        ledger.hand_over(mine)

    return move
