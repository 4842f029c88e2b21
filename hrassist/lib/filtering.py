"""What a list can be narrowed by: declared once, parsed strictly, told in the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How the text of a query parameter becomes a value, and how the schema describes it."""

    parse: Callable[[str], Any]
    schema: dict[str, Any] = field(default_factory=dict)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError("Use an identifier such as 0198c0de-0000-7000-8000-000000000000.") from None


def moment(text: str) -> datetime:
    try:
        value = parse_datetime(text)
        # In UTC, because the database takes neither every year nor every offset that Python does.
        value = value.astimezone(UTC) if value is not None and value.tzinfo is not None else None
    except (ValueError, OverflowError):
        value = None
    if value is None or not 1900 <= value.year <= 9000:
        raise ValueError("Use a time with its zone, for example 2026-05-01T09:30:00Z.")
    return value


def _text(text: str) -> str:
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError("Use between 1 and 200 printable characters.")
    return text.strip()


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("Use true or false.")
    return text == "true"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63):
        raise ValueError("Use a positive whole number.")
    return int(text)


IDENTIFIER = Kind(_uuid, {"type": "string", "format": "uuid"})
MOMENT = Kind(moment, {"type": "string", "format": "date-time"})
TEXT = Kind(_text, {"type": "string", "minLength": 1, "maxLength": 200})
FLAG = Kind(_flag, {"type": "boolean"})
NUMBER = Kind(_number, {"type": "integer", "minimum": 1, "maximum": 2**63 - 1})


def one_of(values: Sequence[str]) -> Kind:
    """One of the listed words."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"Use one of: {', '.join(values)}.")
        return text

    return Kind(parse, {"type": "string", "enum": list(values)})


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that narrows a list by a lookup, or by `apply` where a lookup does not say it."""

    name: str
    lookup: str
    kind: Kind
    description: str
    apply: Callable[[Rows, Any], Rows] | None = None

    def narrow(self, rows: Rows, text: str) -> Rows:
        try:
            value = self.kind.parse(text)
        except ValueError as error:
            raise ValidationError({self.name: [str(error)]}) from None
        return self.apply(rows, value) if self.apply else rows.filter(**{self.lookup: value})


def times(column: str, *, word: str) -> tuple[Filter, Filter]:
    """`{word}_after` and `{word}_before` over the column: after is exclusive, before is exclusive."""
    return (
        Filter(f"{word}_after", f"{column}__gt", MOMENT, f"Only what was {word} later than this moment."),
        Filter(f"{word}_before", f"{column}__lt", MOMENT, f"Only what was {word} earlier than this moment."),
    )


CREATED = times("created_at", word="created")
UPDATED = times("updated_at", word="updated")


def narrow(rows: Rows, request: Request, filters: Iterable[Filter], *, also: Iterable[str] = ()) -> Rows:
    """The rows that pass every filter named in the address.

    Raises ValidationError for a value that does not fit and for a parameter nobody knows: a misspelt filter that is
    silently ignored would answer with everybody.
    """
    known = {one.name: one for one in filters}
    allowed = {*known, *also}
    for name, values in request.query_params.lists():
        if name not in allowed:
            raise ValidationError({name: [f"This list knows: {', '.join(sorted(allowed))}."]}, code="unknown_parameter")
        if len(values) > 1:
            raise ValidationError({name: ["Give this parameter once."]})
        if name in known:
            rows = known[name].narrow(rows, values[0])
    return rows
