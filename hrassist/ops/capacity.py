"""Which machine a load needs, from what a request was measured to cost."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BadCapacity(ValueError):
    """config/capacity.toml cannot be used."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A machine, what the specification promises on it, and what it answers by our figures."""

    name: str
    cores: int
    memory_gb: int
    users: int
    requests: int
    answers: float
    holds_users: int
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a load takes: `tier` is empty where no single machine does, then `machines` of the largest answer it."""

    requests: float
    milliseconds: float
    cores: float
    tier: str
    machines: int
    tiers: tuple[Tier, ...]
    measured: Mapping[str, Any]


def load(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        if sum(told["mix"].values()) != 100:
            raise BadCapacity(f"{path.name}: [mix] must add up to 100.")
        if not all(told["measured"][kind] > 0 for kind in [*told["mix"], "api_list"]):
            raise BadCapacity(f"{path.name}: nothing is measured. Run make bench-capacity OPTIONS=--write.")
        if not told["tier"] or not told["plan"]["think_seconds"] > 0:
            raise BadCapacity(f"{path.name}: there is no tier, or nobody thinks.")
    except (tomllib.TOMLDecodeError, KeyError, OSError) as error:
        raise BadCapacity(f"{path.name}: {error}") from error
    return told


def need(told: Mapping[str, Any], *, users: int = 0, requests: float = 0, api: float = 0) -> Need:
    """For so many people at work at once, or so many pages a second at the peak, and so many requests of programs."""
    measured, plan = told["measured"], told["plan"]
    page = sum(measured[kind] * share / 100 for kind, share in told["mix"].items())
    pages = max(users / plan["think_seconds"] * plan["peak"], requests)
    total = pages + api
    cores = (pages * page + api * measured["api_list"]) / 1000 / plan["busy"]
    each = cores * plan["busy"] * 1000 / total if total else page
    tiers = tuple(_tier(row, plan, milliseconds=each) for row in told["tier"])
    fitting = next((tier for tier in tiers if tier.cores >= cores and tier.memory_mb <= tier.memory_gb * 1024), None)
    machines = 1 if fitting else math.ceil(cores / max(tier.cores for tier in tiers))
    return Need(
        requests=total, milliseconds=each, cores=cores, tier=fitting.name if fitting else "", machines=machines,
        tiers=tiers, measured=measured,
    )  # fmt: skip


def _tier(row: Mapping[str, Any], plan: Mapping[str, Any], *, milliseconds: float) -> Tier:
    answers = row["cores"] * plan["busy"] * 1000 / milliseconds
    memory = plan["system_mb"] + plan["worker_mb"] + row["cores"] * (plan["web_mb"] + plan["postgres_mb"])
    return Tier(
        name=row["name"], cores=row["cores"], memory_gb=row["memory_gb"], users=row["users"], requests=row["requests"],
        answers=answers, holds_users=int(answers * plan["think_seconds"] / plan["peak"]), memory_mb=memory,
    )  # fmt: skip
