"""Lists that cost the same on the first page and on the thousandth, over ten rows or a million."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import (
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Window,
)
from django.http import HttpRequest

from hrassist.admin import columns

if TYPE_CHECKING:
    PaginatorOf = Paginator
else:
    # Django's class takes no type parameter while it runs.
    PaginatorOf = {Any: Paginator}

CURSOR_VAR, VIEW_VAR = "cursor", "view"
# Parts of a list's address that narrow nothing beyond its search.
NOT_FILTERS = {"q", "o", "p", "e", CURSOR_VAR, VIEW_VAR}
# Counting what a search found asks every row again: it stops sooner.
COUNTED_ROWS, COUNTED_FOUND = 1_000, 200
FOUND_COUNT = "found_count"
# Where the planner expects so many times that, counting even the first of them would cost more than the page.
SURELY_MORE = 2


class EstimatePaginator(PaginatorOf[Any]):
    """Counts up to a number of rows; beyond, and where far more are expected, it says "about" and an estimate.

    With `most` it counts that far and asks the planner nothing, who knows little of what a search finds.
    """

    most: int | None = None
    in_order = True

    @cached_property
    def count(self) -> int:
        return self._counted[0]

    @property
    def is_estimate(self) -> bool:
        return self._counted[1]

    @cached_property
    def _counted(self) -> tuple[int, bool]:
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows), False
        # The keys alone: what a list's cells need beside them is not computed for rows that are only counted.
        plain = rows.select_related(None).values("pk")
        if self.most is not None:
            # In the order of the list, so that the planner goes the way it went for the page and stops as soon; not
            # where keys were fetched, which it would look for along that way.
            plain = plain if self.in_order else plain.order_by()
            counted = plain[: self.most + 1].count()
            return min(counted, self.most), counted > self.most
        plain, most = plain.order_by(), COUNTED_ROWS
        plan = json.loads(plain.explain(format="json"))
        expected = int(plan[0]["Plan"]["Plan Rows"])
        if expected > SURELY_MORE * most:
            return expected, True
        counted = plain[: most + 1].count()
        return (counted, False) if counted <= most else (max(expected, counted), True)


def in_words(count: int, *, is_estimate: bool) -> str:
    """1,234 · 200+ · about 12 k · about 1.2 M."""
    if not is_estimate:
        return f"{count:,}"
    if count <= COUNTED_FOUND:
        return f"{count:,}+"
    if count >= 1_000_000:
        return f"about {count / 1_000_000:.2g} M"
    return f"about {round(count / 1000):,} k"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is ordered by a time and the primary key, newest first."""

    at: datetime
    pk: str
    newer: bool = False

    def encode(self) -> str:
        raw = json.dumps([self.at.isoformat(), self.pk, int(self.newer)], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """The cursor that was encoded as text, or None for anything else."""
        try:
            at, pk, newer = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(at=datetime.fromisoformat(at), pk=str(pk), newer=bool(newer))
        except (ValueError, TypeError, binascii.Error):
            return None


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the address without it."""

    label: str
    value: str
    remove: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search tells the page beside its rows: words to highlight, and notes on how it was read."""

    terms: Sequence[str] = ()
    notes: Sequence[Any] = ()
    by_keys: bool = False
    few: bool = False


def keep_found(
    request: HttpRequest, *, terms: Sequence[str], notes: Sequence[Any], by_keys: bool = False, few: bool = False
) -> None:
    """For the list of this request; a note has `text`, and `instead` for a search that was probably meant."""
    vars(request)["found"] = Found(terms=terms, notes=notes, by_keys=by_keys, few=few)


def found(request: HttpRequest) -> Found:
    """What was kept for the list of this request."""
    kept: Found = getattr(request, "found", Found())
    return kept


class KeysetChangeList(ChangeList):
    """A change list with "newer" and "older" in place of page numbers while it stands in its own order."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(CURSOR_VAR, None)
        found.pop(VIEW_VAR, None)
        return found

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        new_params = dict(new_params or {})
        new_params.setdefault(CURSOR_VAR, None)
        return super().get_query_string(new_params, remove)

    @property
    def keyset_field(self) -> str:
        field: str = getattr(self.model_admin, "keyset_field", "")
        return "" if ORDER_VAR in self.params else field

    def get_results(self, request: HttpRequest) -> None:
        self.newer_link = self.older_link = ""
        self.in_keyset = bool(self.keyset_field)
        ours: Any = self.model_admin
        self.queryset = ours.listed(request, self.queryset)
        self.found = found(request)
        if not self.in_keyset:
            super().get_results(request)
        else:
            self._get_keyset_results(request)
        self._fill_columns(request)
        ours.fill(request, self.result_list, terms=self.found.terms)
        self.count_in_words = in_words(
            self.result_count, is_estimate=bool(getattr(self.paginator, "is_estimate", False))
        )

    def _fill_columns(self, request: HttpRequest) -> None:
        added = columns.of(self.opts.label_lower)
        self.result_list = list(self.result_list)
        keys = [row.pk for row in self.result_list]
        for column in added:
            cells = column.find(request.user, keys) if request.user.has_perm(column.permission) else {}
            for row in self.result_list:
                setattr(row, column.name, cells.get(row.pk))

    def _get_keyset_results(self, request: HttpRequest) -> None:
        field = self.keyset_field
        rows = self.queryset.order_by(f"-{field}", "-pk")
        paginator: Any = self.model_admin.get_paginator(request, rows, self.list_per_page)
        if self.query:
            paginator.most, paginator.in_order = COUNTED_FOUND, not self.found.by_keys
        cursor = Cursor.decode(request.GET.get(CURSOR_VAR, ""))
        if cursor is not None:
            try:
                rows = self._beyond(rows, cursor=cursor, field=field)
            except (ValueError, TypeError):
                cursor = None
        if cursor is not None and cursor.newer:
            rows = rows.order_by(field, "pk")
        if self.query and cursor is None:
            rows = self._with_count(request, rows)
        page: list[Model] = list(rows[: self.list_per_page + 1])
        more = len(page) > self.list_per_page
        if page and hasattr(page[0], FOUND_COUNT):
            counted = getattr(page[0], FOUND_COUNT)
            vars(paginator)["_counted"] = (min(counted, COUNTED_FOUND), counted > COUNTED_FOUND)
        page = page[: self.list_per_page]
        going_newer = cursor is not None and cursor.newer
        if going_newer:
            page.reverse()
        if page:
            if more if going_newer else cursor is not None:
                self.newer_link = self._link(page[0], field=field, newer=True)
            if more or going_newer:
                self.older_link = self._link(page[-1], field=field, newer=False)
        if cursor is None and not more:
            # Everything is on this page: it is counted already.
            vars(paginator)["_counted"] = (len(page), False)
        self.result_count = paginator.count
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = bool(page)
        self.result_list = page
        self.can_show_all = False
        self.multi_page = False
        self.paginator = paginator

    def _with_count(self, request: HttpRequest, found: QuerySet[Any]) -> QuerySet[Any]:
        """What a search found, with how many that are, in one statement and with as little looking as the page itself.

        Beside fetched keys a word may mean many more: the first of the list are found along it, and any are counted.
        Otherwise so many as are counted are found once, and the page is taken from them.
        """
        if self.found.by_keys and not self.found.few:
            some = ArraySubquery(found.order_by().values("pk")[: COUNTED_FOUND + 1])
            counted = Func(some, function="CARDINALITY", output_field=IntegerField())
            beside: QuerySet[Any] = found.annotate(**{FOUND_COUNT: counted})
            return beside
        order = found.query.order_by
        if self.found.few:
            # An order that no index has: else the planner looks for a few keys along the whole list.
            age = ExpressionWrapper(F(self.keyset_field) + timedelta(0), output_field=DateTimeField())
            found = found.order_by(age.desc(), "-pk")
        rows = self.root_queryset.filter(pk__in=found.values("pk")[: COUNTED_FOUND + 1])
        if not rows.query.select_related:
            rows = self.apply_select_related(rows)
        ours: Any = self.model_admin
        listed: QuerySet[Any] = ours.listed(request, rows)
        page: QuerySet[Any] = listed.annotate(**{FOUND_COUNT: Window(Count("pk"))}).order_by(*order)
        return page

    def _beyond(self, rows: QuerySet[Any], *, cursor: Cursor, field: str) -> QuerySet[Any]:
        pk = self.opts.pk.to_python(cursor.pk) if self.opts.pk else cursor.pk
        side = "gt" if cursor.newer else "lt"
        # The first condition alone lets the index start at the right place; the second breaks ties.
        return rows.filter(
            Q(**{f"{field}__{side}e": cursor.at}) & (Q(**{f"{field}__{side}": cursor.at}) | Q(**{f"pk__{side}": pk}))
        )

    def _link(self, row: Model, *, field: str, newer: bool) -> str:
        cursor = Cursor(at=getattr(row, field), pk=str(row.pk), newer=newer)
        return self.get_query_string({CURSOR_VAR: cursor.encode()})

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on; every filter's first choice is the one that removes it."""
        found = []
        for spec in self.filter_specs:
            choices = list(spec.choices(self))
            if choices and not choices[0].get("selected"):
                found += [
                    Chip(label=str(spec.title), value=str(choice["display"]), remove=str(choices[0]["query_string"]))
                    for choice in choices[1:]
                    if choice.get("selected")
                ]
        return found
