"""Lists as files: what an app lets leave, column by column, and the long work that writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from audit import actions as audit
from hrassist import long_tasks, task_files
from hrassist.lib import tables
from hrassist.lib.errors import DomainError, NotFound
from hrassist.long_tasks import Progress
from hrassist.models import LongTask, User

KIND = "export"
# Read through a cursor of the server in pieces of this size: a million rows take no more memory than these.
CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `of` reads it from the row, or `find` gives it for a piece of the list by primary key.

    `needs` names the related rows that `of` follows, joined in the same query.
    """

    key: str
    label: str
    of: Callable[[Any], Any] | None = None
    find: Callable[[User, Sequence[Any]], Mapping[Any, Any]] | None = None
    permission: str = ""
    needs: tuple[str, ...] = ()
    chosen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What may leave of a list: `model` is `app.model` in lower case, `action` names it in the audit trail."""

    model: str
    noun: str
    action: str
    columns: tuple[Column, ...]
    permission: str = "candidates.export_candidate"


_exports: dict[str, Export] = {}
_added: dict[str, list[Column]] = {}


def add(export: Export) -> None:
    """Let a list be exported."""
    _exports[export.model] = export


def add_columns(model: str, *columns: Column) -> None:
    """Let an app above add columns to an export of an app below."""
    known = _added.setdefault(model, [])
    known.extend(column for column in columns if column not in known)


def allowed(model: str, user: Any) -> bool:
    """Whether the user may export this list."""
    export = _exports.get(model)
    return export is not None and user.has_perm(export.permission)


def of(model: str) -> Export:
    """The export of this list. Raises NotFound."""
    if model not in _exports:
        raise NotFound
    return _exports[model]


def columns_for(export: Export, user: Any) -> list[Column]:
    """The columns that the user may see."""
    every = (*export.columns, *_added.get(export.model, ()))
    return [one for one in every if not one.permission or user.has_perm(one.permission)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows: a list with its search and filters as its address has them, or only those with these keys."""

    query: str = ""
    ids: tuple[str, ...] = ()

    def rows(self, export: Export, user: User) -> QuerySet[Any]:
        """What the user's own list would show, all pages of it, in its order."""
        request = HttpRequest()
        request.method, request.user = "GET", user
        request.GET = QueryDict("" if self.ids else self.query)
        model_admin = admin.site._registry[cast(type[Model], apps.get_model(export.model))]
        rows: QuerySet[Any] = (
            model_admin.get_queryset(request) if self.ids else model_admin.get_changelist_instance(request).queryset
        )
        if self.ids:
            try:
                rows = rows.filter(pk__in=self.ids)
            except (ValidationError, ValueError) as error:
                raise NotFound from error
        field = getattr(model_admin, "keyset_field", "")
        return rows if rows.query.order_by or not field else rows.order_by(f"-{field}", "-pk")

    def filters(self) -> list[str]:
        """The names of what the list was narrowed by; what was typed may be a name and stays out of the record."""
        return sorted(key for key, value in QueryDict(self.query).items() if value)


def begin(
    *, export: Export, selection: Selection, columns: Sequence[str], kind: str, by: User, now: datetime
) -> LongTask:
    """Start writing the file. Raises PermissionDenied, DomainError without a column."""
    if not by.has_perm(export.permission):
        raise PermissionDenied
    if not _chosen(export, columns, by):
        raise DomainError("Choose at least one column.", code="no_columns")
    return long_tasks.start(
        kind=KIND,
        title=f"Export of {export.noun} ({'Excel' if kind == 'xlsx' else 'CSV'})",
        params={
            "model": export.model, "query": selection.query, "ids": list(selection.ids), "columns": list(columns),
            "format": "xlsx" if kind == "xlsx" else "csv",
        },
        by=by,
        now=now,
    )  # fmt: skip


@long_tasks.work(KIND)
def write(progress: Progress) -> dict[str, Any]:
    """Write what the user sees at this moment, put it on record, and only then offer the file."""
    said, by = progress.params, progress.by
    export = of(said["model"])
    if not by.has_perm(export.permission):
        raise DomainError("You may not export any more.", code="forbidden")
    selection = Selection(query=said["query"], ids=tuple(said["ids"]))
    columns = _chosen(export, said["columns"], by)
    rows = selection.rows(export, by)
    progress.total(rows.count())
    with tempfile.TemporaryDirectory(prefix="hrassist-export-") as folder:
        sheet = tables.sheet(
            Path(folder, f"export.{said['format']}"), [column.label for column in columns], kind=said["format"]
        )
        count = 0
        for cells in _cells(rows, columns, by):
            sheet.add(cells)
            count += 1
            if count % CHUNK == 0:
                progress.at(count)
        path = sheet.close()
        audit.viewed(
            export.action, target=progress.task, by=by, rows=count, filters=selection.filters(),
            selected=len(selection.ids), columns=[column.key for column in columns], format=said["format"],
        )  # fmt: skip
        progress.total(count)
        name = f"{export.noun}-{timezone.localdate():%Y-%m-%d}.{said['format']}"
        progress.store(path, name=name, content_type=tables.CONTENT_TYPES[said["format"]])
    return {"rows": count}


def _chosen(export: Export, keys: Sequence[str], user: User) -> list[Column]:
    return [column for column in columns_for(export, user) if column.key in keys]


def _cells(rows: QuerySet[Any], columns: Sequence[Column], by: User) -> Iterator[list[Any]]:
    needed = sorted({name for column in columns for name in column.needs})
    if needed:
        rows = rows.select_related(*needed)
    flow = rows.iterator(chunk_size=CHUNK)
    while piece := list(islice(flow, CHUNK)):
        keys = [row.pk for row in piece]
        found = {column.key: column.find(by, keys) for column in columns if column.find}
        for row in piece:
            yield [
                column.of(row) if column.of else found[column.key].get(row.pk, "") if column.key in found else ""
                for column in columns
            ]


def field(key: str, label: str, **options: Any) -> Column:
    """A column that is a plain attribute of the row, followed through dots."""
    names = key.split(".")

    def read(row: Any) -> Any:
        for name in names:
            row = getattr(row, name, None)
        return row

    return Column(key=key.replace(".", "_"), label=label, of=read, **options)


def shown(key: str, label: str, **options: Any) -> Column:
    """A column with choices, in the words that people read."""
    return Column(key=key, label=label, of=lambda row: getattr(row, f"get_{key}_display")(), **options)


task_files.guard(KIND, lambda user, task: allowed(task.params["model"], user))
