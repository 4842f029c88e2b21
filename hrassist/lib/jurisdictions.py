"""Which privacy and employment rules apply where, as data: who is told what, when a ranking may begin, what is owed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
EVERYWHERE = ""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Law:
    """One source: what it is called, since when it applies, and where the official text stands."""

    name: str
    since: date
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """One switch: where it applies (country, and city or region within it) and what it makes the product do."""

    code: str
    name: str
    short: str
    laws: tuple[Law, ...]
    countries: frozenset[str]
    cities: frozenset[str]
    regions: frozenset[str]
    languages: tuple[str, ...]
    notices: tuple[str, ...]
    does: tuple[str, ...]
    needs: tuple[str, ...]
    # Business days between being told and being ranked.
    business_days: int = 0
    post_adverse: bool = False
    explanation: bool = False
    review: bool = False
    opt_out: bool = False
    log_months: int = 24
    grievance_days: int = 0
    # Whether people may be asked for sex and race here, in the categories of the United States.
    demographics: bool = False

    def applies_to(self, *, country: str, city: str) -> bool:
        if country.upper() not in self.countries:
            return False
        if not self.cities and not self.regions:
            return True
        name, _, region = (part.strip().casefold() for part in city.partition(","))
        # "Chicago, IL" says the state; without one the larger cities are known.
        return region in self.regions or (name in self.cities and not region) or name in self.regions


@dataclass(frozen=True, slots=True)
class Text:
    """A notice as we wrote it: the beginning of what an installation publishes."""

    title: str
    text: str


@cache
def everything() -> Mapping[str, Jurisdiction]:
    """Every switch there is, by code."""
    read = tomllib.loads((DATA / "jurisdictions.toml").read_text())
    return {code: _one(code, said) for code, said in read.items()}


def of_place(*, country: str, city: str = "") -> list[Jurisdiction]:
    """The switches that a place turns on, in the order of the list."""
    return [one for one in everything().values() if one.applies_to(country=country or "", city=city or "")]


@cache
def written(kind: str, code: str, language: str) -> Text | None:
    """Our own text of a notice: of this jurisdiction in this language, else the general one; None without any."""
    for name in (f"{kind}.{code}.{language}", f"{kind}.{language}", f"{kind}.{code}.en", f"{kind}.en"):
        path = DATA / "notices" / f"{name.replace('..', '.')}.toml"
        if path.exists():
            said = tomllib.loads(path.read_text())
            return Text(title=said["title"], text=said["text"].strip())
    return None


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with its placeholders as values; one without a value says that it is not stated."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1]) or "(not stated yet)"), text)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def after_business_days(begin: datetime, days: int) -> datetime:
    """The moment when this many working days (Monday to Friday) have passed in full since a moment.

    Public holidays are not known here and count as working days: where one falls into the time, wait longer by hand.
    """
    at = begin
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < 5
    return at


def longest_log(codes: Iterable[str]) -> int:
    """The months for which rankings stay on record where these apply."""
    return max((everything()[code].log_months for code in codes), default=24)


def _one(code: str, said: dict[str, Any]) -> Jurisdiction:
    about: dict[str, Any] = {
        **{name: frozenset(said.get(name, ())) for name in ("countries", "cities", "regions")},
        **{name: tuple(said.get(name, ())) for name in ("languages", "notices", "does", "needs")},
    }
    return Jurisdiction(
        code=code,
        laws=tuple(Law(**law) for law in said["laws"]),
        **about,
        **{
            name: said[name]
            for name in (
                "name", "short", "business_days", "post_adverse", "explanation", "review", "opt_out", "log_months",
                "grievance_days", "demographics",
            )
            if name in said
        },
    )  # fmt: skip
