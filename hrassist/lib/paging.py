"""Pages of a list by keyset: as fast on the last page as on the first, and nothing is missed while rows change."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from hrassist.lib.filtering import moment

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row after (or, backwards, before) which a page begins, in one order."""

    order: str
    backwards: bool
    at: Any
    id: Any

    def encode(self) -> str:
        packed = orjson.dumps([self.order, int(self.backwards), self.at, self.id])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, *, queryset: QuerySet[Any, Any], orders: tuple[str, ...]) -> Cursor:
        """The cursor in the text. Raises ValidationError for anything that `encode` has not made for this list."""
        try:
            order, backwards, at, pk = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if order not in orders:
                raise ValueError(order)
            column = order.removeprefix("-")
            if column.endswith("_at"):
                at = moment(at)
            elif not isinstance(at, int) or abs(at) >= 2**63:
                raise TypeError(column)
            primary_key = queryset.model._meta.pk
            if primary_key is None or not isinstance(pk, str | int) or isinstance(pk, bool):
                raise TypeError(pk)
            return cls(order=order, backwards=bool(backwards), at=at, id=primary_key.to_python(pk))
        except (ValueError, TypeError, binascii.Error, DjangoValidationError):
            raise ValidationError(
                {"cursor": ["This cursor was not made by this list. Follow `next` or start without a cursor."]},
                code="invalid_cursor",
            ) from None


class OpaqueCursorPagination(BasePagination):
    """`next` and `previous` as addresses with an opaque cursor; a total only for `?count=true`.

    The view may name `orders` (first one is the default); each is a column of the rows, `-` for descending, and is made
    unique by the primary key. A list read in the order `updated_at` is safe to follow for changes: a row that changes
    while pages are read moves behind the cursor's position and is met again.
    """

    DEFAULT: ClassVar = 100
    MOST: ClassVar = 500
    PARAMETERS: ClassVar = ("cursor", "limit", "count", "order")

    def __init__(self) -> None:
        self.following: Cursor | None = None
        self.preceding: Cursor | None = None
        self.total: int | None = None
        self.request: Request | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        orders: tuple[str, ...] = getattr(view, "orders", ("-created_at",))
        limit = self._limit(request)
        if self._flag(request, "count"):
            self.total = queryset.count()
        cursor = None
        if text := request.query_params.get("cursor", ""):
            cursor = Cursor.decode(text, queryset=queryset, orders=orders)
        order = cursor.order if cursor else self._order(request, orders)
        backwards = bool(cursor and cursor.backwards)
        column, descending = order.removeprefix("-"), order.startswith("-")
        # Read backwards the list is turned round, and so is what lies beyond the cursor.
        down = descending != backwards
        if cursor:
            queryset = queryset.filter(self._beyond(column, cursor, down=down))
        sign = "-" if down else ""
        rows = list(queryset.order_by(f"{sign}{column}", f"{sign}pk")[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        if backwards:
            rows.reverse()
        if rows:
            if more or backwards:
                self.following = self._cursor(rows[-1], order, column, backwards=False)
            if (cursor and not backwards) or (more and backwards):
                self.preceding = self._cursor(rows[0], order, column, backwards=True)
        return rows

    @staticmethod
    def _beyond(column: str, cursor: Cursor, *, down: bool) -> Q:
        side = "lt" if down else "gt"
        # The first half bounds the index scan; PostgreSQL does not see that in an OR alone.
        return Q(**{f"{column}__{side}e": cursor.at}) & (
            Q(**{f"{column}__{side}": cursor.at}) | Q(**{f"pk__{side}": cursor.id})
        )

    @staticmethod
    def _cursor(row: Any, order: str, column: str, *, backwards: bool) -> Cursor:
        if isinstance(row, dict):
            return Cursor(order=order, backwards=backwards, at=row[column], id=row["id"])
        return Cursor(order=order, backwards=backwards, at=getattr(row, column), id=row.pk)

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", "")
        if not text:
            return self.DEFAULT
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= self.MOST):
            raise ValidationError({"limit": [f"Use a whole number from 1 to {self.MOST}."]})
        return int(text)

    @staticmethod
    def _flag(request: Request, name: str) -> bool:
        text = request.query_params.get(name, "false")
        if text not in {"true", "false"}:
            raise ValidationError({name: ["Use true or false."]})
        return text == "true"

    @staticmethod
    def _order(request: Request, orders: tuple[str, ...]) -> str:
        order = request.query_params.get("order", "")
        if order and order not in orders:
            raise ValidationError({"order": [f"Use one of: {', '.join(orders)}."]})
        if not order and "updated_at" in orders and "updated_after" in request.query_params:
            # Who asks for what changed since a moment follows the changes.
            return "updated_at"
        return order or orders[0]

    def get_paginated_response(self, data: Any) -> Response:
        answer: Row = {"next": self._address(self.following), "previous": self._address(self.preceding)}
        if self.total is not None:
            answer["count"] = self.total
        answer["results"] = data
        return Response(answer)

    def _address(self, cursor: Cursor | None) -> str | None:
        if cursor is None or self.request is None:
            return None
        # The total is told once; following pages need not count again.
        address = remove_query_param(self.request.build_absolute_uri(), "count")
        return replace_query_param(address, "cursor", cursor.encode())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**address, "description": "The following page, or null on the last one."},
                "previous": {**address, "description": "The page before, or null on the first one."},
                "count": {"type": "integer", "description": "All rows of the list; only for `?count=true`."},
                "results": schema,
            },
        }
