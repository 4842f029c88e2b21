"""Rows for any state of the models: what a table must have, and what it may have, by the type of each column."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.apps.registry import Apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models, transaction
from django.db.utils import IntegrityError
from pgvector.django import HalfVectorField, VectorField
from psycopg.errors import UniqueViolation

OURS = ("audit", "candidates", "hrassist", "jobs")

Row = models.Model
_numbers = itertools.count(1)
_MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_LATER = _MOMENT + timedelta(days=3000)
# A row of this owner, although the column may be empty.
_OWNED = object()
# The first row that this owner's table ever had: the columns of a pair stand in an order.
_FIRST = object()


def _two_letters(number: int) -> str:
    return chr(97 + number // 26 % 26) + chr(97 + number % 26)


# What the database asks of a row beyond the types of its columns. The rest of a bare row is what it must have …
BARE: dict[str, dict[str, Any]] = {
    "candidates.notduplicate": {"first": _FIRST},
    "candidates.candidatelink": {"url": "https://people.example/in/ada"},
    "candidates.notice": {"language": _two_letters},
    "candidates.resume": {"candidate": _OWNED},
    "candidates.retentionrule": {"months": 6, "country": _two_letters},
    "jobs.absence": {"ends_at": _LATER},
    "jobs.demographicanswer": {"application": _OWNED, "answered_at": _LATER, "sex": "female"},
    "jobs.interview": {"ends_at": _LATER},
    "jobs.matchevidence": {"quote": "built it"},
    "jobs.offer": {"salary": 50_000},
    "jobs.reportschedule": {"job": _OWNED, "day": 1},
    "jobs.trackinglink": {"job": _OWNED},
}
# … and of a full one every column is filled but these.
FULL: dict[str, dict[str, Any]] = {
    "candidates.candidate": {"erased_at": None},
    "candidates.erasure": {"state": "done", "cancelled_at": None},
    "candidates.notduplicate": {"first": _FIRST},
    "candidates.poolmembership": {"removed_for": ""},
    "candidates.resumeparse": {
        "json_resume": {
            "basics": {"label": "Engineer"},
            "skills": [{"name": "Python"}],
            "work": [{"position": "Engineer"}],
        },
    },
    # A rule with a key is one that the installation brings.
    "candidates.retentionrule": {"months": 12, "key": "", "country": _two_letters},
    "hrassist.branding": {"id": 1, "heading_colour": "#102030", "accent_colour": "#405060"},
    "jobs.absence": {"ends_at": _LATER},
    "jobs.demographicanswer": {"answered_at": _LATER},
    "jobs.interview": {"ends_at": _LATER},
    "jobs.matchevidence": {"strength": "strong"},
    "jobs.offer": {"salary": 60_000},
    "jobs.reportdocument": {"state": "ready"},
    "jobs.reportschedule": {"kind": "job", "drive": None, "day": 5},
    "jobs.resumetemplate": {"is_default": False},
    "jobs.scorecardrating": {"rating": 3},
    "jobs.trackinglink": {"drive": None},
}
# Tables of one row, or of one for each name that the code knows.
ALONE = {"candidates.duplicatesearch", "hrassist.branding", "hrassist.checkoutcome"}


def tables(apps: Apps) -> dict[str, type[Row]]:
    """The tables of our apps at this state, those that join two among them."""
    every = (one for one in apps.get_models(include_auto_created=True) if one._meta.app_label in OURS)
    return {one._meta.db_table: one for one in every if one._meta.managed and not one._meta.proxy}


def fill(apps: Apps, wanted: Collection[str]) -> None:
    """Give each of these tables a row with what it must have, and one with every column filled."""
    there = tables(apps)
    for model in (there[name] for name in sorted(wanted)):
        if model._meta.label_lower in ALONE:
            model._base_manager.all().delete()
            _make(model, full=True)
            continue
        for full in (False, True):
            _make(model, full=full)


def _make(model: type[Row], *, full: bool, fresh: bool = False) -> Row:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            row = model(**_values(model, full=full, fresh=fresh))
            row.save(force_insert=True)
            # What the database checks at the end of a transaction is said of this row, not of the next.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return row
    except IntegrityError as error:
        # Where the same owners may have one row only, this one gets owners of its own.
        if fresh or not isinstance(error.__cause__, UniqueViolation):
            raise AssertionError(f"{model._meta.label}, {'full' if full else 'bare'}: {error}") from error
    return _make(model, full=full, fresh=True)


def _values(model: type[Row], *, full: bool, fresh: bool) -> dict[str, Any]:
    number = next(_numbers)
    said = (FULL if full else BARE).get(model._meta.label_lower, {})
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        asked = said.get(field.name, _OWNED if full or not _is_optional(field) else None)
        if isinstance(field, models.ForeignKey) and asked is not None:
            values[field.name] = _owner(field, model, first=asked is _FIRST, fresh=fresh or field.unique)
        elif field.name in said:
            values[field.name] = asked(number) if callable(asked) else asked
        elif asked is _OWNED and not _numbers_itself(field):
            values[field.name] = _value(field, number, full=full)
    return values


def _numbers_itself(field: Any) -> bool:
    return isinstance(field, models.GeneratedField) or (
        field.primary_key and (isinstance(field, models.AutoField) or field.has_default())
    )


def _is_optional(field: Any) -> bool:
    is_left_empty = field.blank and field.empty_strings_allowed
    has_default = field.has_default() or field.db_default is not models.NOT_PROVIDED
    return bool(field.null or is_left_empty or has_default)


def _owner(field: Any, model: type[Row], *, first: bool, fresh: bool) -> Row | None:
    target = field.related_model
    there = target._base_manager.order_by("pk")
    if target is model:
        return None if field.unique else there.first()
    found = there.first() if first else None if fresh else there.last()
    return found or _make(target, full=False, fresh=fresh and target._meta.app_label in OURS)


def _value(field: Any, number: int, *, full: bool) -> Any:
    if field.choices:
        return list(field.flatchoices)[-1 if full else 0][0]
    if isinstance(field, ArrayField):
        return [_value(field.base_field, number, full=full)]
    for kinds, value in _BY_TYPE:
        if isinstance(field, kinds):
            return value(field, number)
    raise AssertionError(f"There is no value for {field!r} ({type(field).__name__}).")


_BY_TYPE: tuple[tuple[Any, Callable[[Any, int], Any]], ...] = (
    (models.UUIDField, lambda _f, _n: uuid4()),
    (models.BooleanField, lambda f, _n: not f.default if f.has_default() else True),
    (models.DecimalField, lambda _f, n: Decimal(n % 9)),
    (models.FloatField, lambda _f, n: n / 7),
    (models.IntegerField, lambda _f, n: n % 30_000),
    (models.DateTimeField, lambda _f, n: _MOMENT + timedelta(hours=n)),
    (models.DateField, lambda _f, n: date(2026, 3, 2) + timedelta(days=n % 300)),
    (models.TimeField, lambda _f, _n: time(9, 30)),
    (models.DurationField, lambda _f, n: timedelta(minutes=n)),
    (models.GenericIPAddressField, lambda _f, _n: "192.0.2.7"),
    (models.JSONField, lambda _f, n: {"number": n}),
    (models.BinaryField, lambda _f, n: b"%d" % n),
    (SearchVectorField, lambda _f, n: f"word{n}"),
    ((VectorField, HalfVectorField), lambda f, n: [0.1 + n / 1000] * f.dimensions),
    ((models.CharField, models.TextField), lambda f, n: f"text {n}"[-(f.max_length or 20) :].strip()),
)  # fmt: skip
