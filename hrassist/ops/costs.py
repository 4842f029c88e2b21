"""What a month costs: quantities of a scenario or of this installation, times the prices of config/prices.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from audit.models import Event
from candidates.models import Resume
from jobs.models import ModelCall

OLD = timedelta(days=180)
KNOWN = ("vendor", "elsewhere", "specification", "own", "assumed")
GB = 10**9
MONTHS = (1, 12, 36)
LAST_MONTH = MONTHS[-1]
MONTH = timedelta(days=30)
# Which events take a file out of the house; pictures of pages are looked at in its place.
VIEWS = ("resume.viewed", "resume.page_viewed")
DOWNLOADS = ("resume.downloaded",)


class BadPrices(ValueError):
    """config/prices.toml cannot be used."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One month: what came in, what went out, what is kept in all, and by how much that grows each month."""

    uploads: int
    stored_gb: Decimal
    viewed_gb: Decimal
    downloaded_gb: Decimal
    database_gb: Decimal
    came_gb: Decimal = Decimal(0)
    database_growth_gb: Decimal = Decimal(0)
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
        """The same traffic in a later month: what came is added each month, until as much is erased as comes.

        What is kept today is counted as kept: how old it is, and when it goes, is not asked.
        """
        times = min(month, kept_months) - 1
        return replace(
            self,
            stored_gb=self.stored_gb + self.came_gb * times,
            database_gb=self.database_gb + self.database_growth_gb * times,
        )


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
            for store in plan["backups"]:
                prices.row("store", store)
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
        came_gb=told["uploads"] * size,
        database_growth_gb=told["uploads"] * _decimal(told["database_mb_each"]) / 1000,
        tokens_in=told["uploads"] * told["tokens_in"] if with_model else 0,
        tokens_out=told["uploads"] * told["tokens_out"] if with_model else 0,
    )


def last_month(*, now: datetime) -> Usage:
    """What this installation took in, gave out and keeps, over the past 30 days."""
    since = now - MONTH
    kept = Resume.objects.order_by().aggregate(bytes=Sum("size"), files=Count("pk"))
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
        stored_gb=Decimal(kept["bytes"] or 0) / GB,
        viewed_gb=seen * each / GB,
        downloaded_gb=taken * each / GB,
        database_gb=Decimal(database) / GB,
        came_gb=Decimal(total) / GB,
        # As much for each file as the database holds for each of all of them today.
        database_growth_gb=Decimal(database) / GB * count / max(kept["files"], 1),
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
        *_backups(prices, parts, usage),
        *_model(prices, prices.row("model", model), usage),
        Line("Domain name", _decimal(prices.told["other"]["domain"])),
    )
    return Bill(plan=plan, month=month, lines=lines)


def _machine(prices: Prices, row: Mapping[str, Any]) -> Line:
    return Line(row["name"], prices.usd(_decimal(row["monthly"]), row["currency"]), f"{row['cores']} cores")


def _database(prices: Prices, row: Mapping[str, Any], usage: Usage) -> Line:
    hours = compute_hours(row)
    amount = _decimal(row.get("monthly", 0)) + _decimal(row.get("hour", 0)) * hours
    amount += _decimal(row.get("gb", 0)) * usage.database_gb
    why = f"{usage.database_gb:.2f} GB" + (f", {hours:.1f} hours of a unit" if hours else "")
    return Line(f"Database: {row['name']}", prices.usd(amount, row["currency"]), why)


def compute_hours(row: Mapping[str, Any]) -> Decimal:
    """Hours of a whole unit that a database is charged for in a month; none where nobody counts them."""
    return _decimal(row.get("units", 0)) * _decimal(row.get("hours", 0))


def _kept(row: Mapping[str, Any], gb: Decimal) -> Decimal:
    """What a store asks for so much that is kept, in its own currency."""
    return _decimal(row.get("monthly", 0)) + max(gb - _decimal(row.get("free_gb", 0)), Decimal(0)) * _decimal(row["gb"])


def _store(prices: Prices, row: Mapping[str, Any], usage: Usage) -> tuple[Line, Line]:
    kept = _kept(row, usage.stored_gb)
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


def backup_gb(prices: Prices, usage: Usage) -> Decimal:
    """What one place of backups holds: as many nightly dumps as a lock keeps, and each file once."""
    told = prices.told["backup"]
    return usage.database_gb * _decimal(told["dump_share"]) * _decimal(told["dumps"]) + usage.stored_gb


def _backups(prices: Prices, parts: Mapping[str, Any], usage: Usage) -> list[Line]:
    gb = backup_gb(prices, usage)
    # What is free and what a subscription holds is counted once for a vendor.
    already = {parts["store"]: usage.stored_gb}
    lines = []
    for name in parts["backups"]:
        row, before = prices.row("store", name), already.get(name)
        amount = _kept(row, (before or Decimal(0)) + gb) - (_kept(row, before) if before is not None else Decimal(0))
        already[name] = (before or Decimal(0)) + gb
        lines.append(Line(f"Backups: {name}", prices.usd(amount, row["currency"]), f"{gb:.2f} GB"))
    return lines


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


def warnings(usage: Usage, prices: Prices, *, kept_months: int) -> list[str]:
    """Which of the specification's steps this usage has passed, and in which month it passes the others."""
    part = prices.told["specification"]["database_step"]["part"]
    months = [usage.in_month(month, kept_months=kept_months) for month in range(1, LAST_MONTH + 1)]
    steps = (
        (
            [one.database_gb > Decimal("0.5") for one in months],
            f"the database is over 0.5 GB: {part}, or a server of your own.",
        ),
        ([10 < one.stored_gb <= 250 for one in months], "over 10 GB are stored: what was free there costs something."),
        ([one.stored_gb > 250 for one in months], "over 250 GB are stored: the store's next step."),
    )
    return [
        f"{f'From month {passed.index(True) + 1} on' if not passed[0] else 'Now'} {what}"
        for passed, what in steps
        if any(passed)
    ]


def compute_warnings(prices: Prices, plans: Iterable[str]) -> list[str]:
    """Which plans' databases are charged for more hours than the specification's step."""
    most = _decimal(prices.told["specification"]["compute_step"]["hours"])
    rows = [(plan, prices.row("database", prices.row("plan", plan)["database"])) for plan in plans]
    return [
        f"{plan}: {row['name']} counts {hours:.1f} hours of compute a month, over {most}: a fixed server costs less."
        for plan, row in rows
        if (hours := compute_hours(row)) > most
    ]


def specification(prices: Prices) -> list[tuple[str, int, int, int]]:
    """The steps as the specification states them: the part, its rupees, the total, and the rest that it implies."""
    steps = prices.told["specification"]
    return [
        (one["part"], one["rupees"], one["total"], one["total"] - one["rupees"])
        for one in (steps["database_step"], steps["machine_step"])
    ]
