"""A page of any list that is ordered by a time and the primary key, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hrassist.admin.paging import CURSOR_VAR, Cursor


@dataclass(frozen=True, slots=True)
class Page:
    """The rows, and the query strings of what is newer and older; empty where there is nothing."""

    rows: list[Any]
    newer: str
    older: str


def page(request: HttpRequest, rows: QuerySet[Any], *, by: str, size: int = 50) -> Page:
    """The page that the request's cursor names; costs the same wherever it stands."""
    cursor = Cursor.decode(request.GET.get(CURSOR_VAR, ""))
    ordered = rows.order_by(f"-{by}", "-pk")
    if cursor is not None:
        try:
            pk = rows.model._meta.pk.to_python(cursor.pk)
        except (ValueError, TypeError, ValidationError):
            pk = cursor = None
    if cursor is not None:
        side = "gt" if cursor.newer else "lt"
        beyond = Q(**{f"{by}__{side}": cursor.at}) | Q(**{f"pk__{side}": pk})
        ordered = ordered.filter(Q(**{f"{by}__{side}e": cursor.at}) & beyond)
        if cursor.newer:
            ordered = ordered.order_by(by, "pk")
    found = list(ordered[: size + 1])
    more, found = len(found) > size, found[:size]
    going_newer = cursor is not None and cursor.newer
    if going_newer:
        found.reverse()
    newer = bool(found) and (more if going_newer else cursor is not None)
    older = bool(found) and (more or going_newer)
    return Page(
        found,
        _address(request, found[0], by=by, newer=True) if newer else "",
        _address(request, found[-1], by=by, newer=False) if older else "",
    )


def _address(request: HttpRequest, row: Any, *, by: str, newer: bool) -> str:
    query = request.GET.copy()
    query[CURSOR_VAR] = Cursor(at=getattr(row, by), pk=str(row.pk), newer=newer).encode()
    return f"?{query.urlencode()}"
