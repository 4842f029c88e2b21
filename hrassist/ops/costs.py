"""What a month costs: quantities of a scenario or of this installation, times the prices of config/prices.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from audit.models import Event
from candidates.models import Resume
from jobs.models import ModelCall

OLD = timedelta(days=180)
KNOWN = ("vendor", "elsewhere", "specification", "own", "assumed")
GB = 10**9
MONTHS = (1, 12, 36)
MONTH = timedelta(days=30)
# Which events take a file out of the house; pictures of pages are looked at in its place.
VIEWS = ("resume.viewed", "resume.page_viewed")
DOWNLOADS = ("resume.downloaded",)


class BadPrices(ValueError):
    """config/prices.toml cannot be used."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One month: what came in, what went out, what is kept in all."""

    uploads: int
    stored_gb: Decimal
    viewed_gb: Decimal
    downloaded_gb: Decimal
    database_gb: Decimal
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def egress_gb(self) -> Decimal:
        return self.viewed_gb + self.downloaded_gb

    @property
    def all_gb(self) -> Decimal:
        """Stored files and database together."""
        return self.stored_gb + self.database_gb

    def in_month(self, month: int, *, kept_months: int) -> Usage:
        """The same traffic in a later month: what is stored and known has grown, until it is erased as it grows."""
        times = min(month, kept_months)
        return replace(self, stored_gb=self.stored_gb * times, database_gb=self.database_gb * times)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a bill, in dollars."""

    what: str
    usd: Decimal
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    plan: str
    month: int
    lines: tuple[Line, ...]

    @property
    def usd(self) -> Decimal:
        return sum((line.usd for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Prices:
    """The file, with its rows by kind and name."""

    told: Mapping[str, Any]

    def row(self, kind: str, name: str) -> Mapping[str, Any]:
        for row in self.told[kind]:
            if row["name"] == name:
                return dict(row)
        raise BadPrices(f"There is no {kind} named {name!r}.")

    def plans(self) -> list[str]:
        return [str(plan["name"]) for plan in self.told["plan"]]

    def usd(self, amount: Decimal, currency: str) -> Decimal:
        return amount * _decimal(self.told["rates"][currency])

    def into(self, usd: Decimal, currency: str) -> Decimal:
        return usd / _decimal(self.told["rates"][currency])

    def old(self, *, today: date) -> list[str]:
        """Which prices were read more than 180 days ago."""
        return [f"{row['name']} ({row['dated']})" for row in self._rows() if today - row["dated"] > OLD]

    def assumed(self) -> list[tuple[str, str]]:
        """Which prices were found on no page of this year or are known to have changed, each with what is known."""
        return [(str(row["name"]), str(row.get("note", ""))) for row in self._rows() if row["known"] == "assumed"]

    def _rows(self) -> list[Mapping[str, Any]]:
        rows = [row for kind in ("store", "database", "machine", "model") for row in self.told[kind]]
        rows += [
            {"name": name, **self.told[key]} for key, name in (("rates", "Exchange rates"), ("other", "Domain name"))
        ]
        return rows


def load(path: Path) -> Prices:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        prices = Prices(told)
        for plan in told["plan"]:
            for kind in ("machine", "database", "store"):
                prices.row(kind, plan[kind])
        for kind in ("store", "database", "machine", "model"):
            for row in told[kind]:
                if row.get("known") not in KNOWN:
                    raise BadPrices(f"{row['name']}: `known` says how the price is known, one of {', '.join(KNOWN)}.")
                if not (isinstance(row["dated"], date) and row["source"] and row["currency"] in told["rates"]):
                    raise BadPrices(f"{row['name']} needs a date, a source and a currency of [rates].")
    except (tomllib.TOMLDecodeError, KeyError, OSError) as error:
        raise BadPrices(f"{path.name}: {error}") from error
    return prices


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def worst_month(prices: Prices, *, with_model: bool = False) -> Usage:
    """The specification's worst reasonable month."""
    told = prices.told["worst_month"]
    size = _decimal(told["megabytes"]) / 1000
    return Usage(
        uploads=told["uploads"],
        stored_gb=told["uploads"] * size,
        viewed_gb=told["views"] * size,
        downloaded_gb=told["downloads"] * size,
        database_gb=_decimal(told["database_gb"]),
        tokens_in=told["uploads"] * told["tokens_in"] if with_model else 0,
        tokens_out=told["uploads"] * told["tokens_out"] if with_model else 0,
    )


def last_month(*, now: datetime) -> Usage:
    """What this installation took in, gave out and keeps, over the past 30 days."""
    since = now - MONTH
    files = Resume.objects.order_by().aggregate(bytes=Sum("size"))["bytes"] or 0
    came = Resume.objects.filter(created_at__gt=since).order_by().values_list("size", flat=True)
    count, total = len(came), sum(came)
    each = Decimal(total) / count if count else Decimal(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        database = int(cursor.fetchone()[0])
    seen = Event.objects.filter(action__in=VIEWS, ts__gt=since).count()
    taken = Event.objects.filter(action__in=DOWNLOADS, ts__gt=since).count()
    tokens = ModelCall.objects.filter(at__gt=since).aggregate(
        came=Coalesce(Sum("tokens_in"), 0), went=Coalesce(Sum("tokens_out"), 0)
    )
    return Usage(
        uploads=count,
        stored_gb=Decimal(files) / GB,
        viewed_gb=seen * each / GB,
        downloaded_gb=taken * each / GB,
        database_gb=Decimal(database) / GB,
        tokens_in=tokens["came"],
        tokens_out=tokens["went"],
    )


def bill(prices: Prices, plan: str, usage: Usage, *, month: int = 1, model: str = "none") -> Bill:
    """What the plan costs in a month of this usage."""
    parts = prices.row("plan", plan)
    lines = (
        _machine(prices, prices.row("machine", parts["machine"])),
        _database(prices, prices.row("database", parts["database"]), usage),
        *_store(prices, prices.row("store", parts["store"]), usage),
        *_model(prices, prices.row("model", model), usage),
        Line("Domain name", _decimal(prices.told["other"]["domain"])),
    )
    return Bill(plan=plan, month=month, lines=lines)


def _machine(prices: Prices, row: Mapping[str, Any]) -> Line:
    return Line(row["name"], prices.usd(_decimal(row["monthly"]), row["currency"]), f"{row['cores']} cores")


def _database(prices: Prices, row: Mapping[str, Any], usage: Usage) -> Line:
    amount = _decimal(row.get("monthly", 0)) + _decimal(row.get("hour", 0)) * _decimal(row.get("hours", 0))
    amount += _decimal(row.get("gb", 0)) * usage.database_gb
    return Line(f"Database: {row['name']}", prices.usd(amount, row["currency"]), f"{usage.database_gb:.2f} GB")


def _store(prices: Prices, row: Mapping[str, Any], usage: Usage) -> tuple[Line, Line]:
    stored = max(usage.stored_gb - _decimal(row.get("free_gb", 0)), Decimal(0))
    kept = _decimal(row.get("monthly", 0)) + stored * _decimal(row["gb"])
    free = _decimal(row.get("egress_free_gb", 0)) + _decimal(row.get("egress_free_times_stored", 0)) * usage.stored_gb
    out = max(usage.egress_gb - free, Decimal(0)) * _decimal(row["egress"])
    return (
        Line(f"Files: {row['name']}", prices.usd(kept, row["currency"]), f"{usage.stored_gb:.2f} GB stored"),
        Line(
            "Files that leave",
            prices.usd(out, row["currency"]),
            f"{usage.egress_gb:.2f} GB, {f'{free:.1f} GB' if row['egress'] else 'all of it'} free",
        ),
    )


def _model(prices: Prices, row: Mapping[str, Any], usage: Usage) -> tuple[Line, ...]:
    if row["name"] == "none" or not usage.tokens:
        return ()
    amount = usage.tokens_in * _decimal(row["million_in"]) + usage.tokens_out * _decimal(row["million_out"])
    why = f"{usage.tokens:,} tokens"
    return (Line(f"Language model: {row['name']}", prices.usd(amount / 10**6, row["currency"]), why),)


def over_time(prices: Prices, plan: str, usage: Usage, *, kept_months: int, model: str = "none") -> list[Bill]:
    """Months 1, 12 and 36, with the same traffic each month."""
    return [
        bill(prices, plan, usage.in_month(month, kept_months=kept_months), month=month, model=model) for month in MONTHS
    ]


def warnings(usage: Usage, prices: Prices) -> list[str]:
    """Which of the specification's steps this usage has passed."""
    steps = prices.told["specification"]
    said = []
    if usage.database_gb > Decimal("0.5"):
        said.append(f"The database is over 0.5 GB: {steps['database_step']['part']} or a server of one's own.")
    if usage.stored_gb > 250:
        said.append("Over 250 GB are stored: the store's next step.")
    elif usage.stored_gb > 10:
        said.append("Over 10 GB are stored: stores without a free tier up to 250 GB charge from here on.")
    return said


def specification(prices: Prices) -> list[tuple[str, int, int, int]]:
    """The steps as the specification states them: the part, its rupees, the total, and the rest that it implies."""
    steps = prices.told["specification"]
    return [
        (one["part"], one["rupees"], one["total"], one["total"] - one["rupees"])
        for one in (steps["database_step"], steps["machine_step"])
    ]
