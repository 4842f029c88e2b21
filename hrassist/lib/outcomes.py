"""How a change of many rows ended: what was done, what needed nothing, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Outcome:
    """`changed` are the keys of rows that are different now; `refused` are keys with a sentence for each."""

    changed: list[Any] = field(default_factory=list)
    unchanged: int = 0
    refused: list[tuple[Any, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Followed:
    """How far work is that was begun and goes on by itself; `counts` by the words they are shown under."""

    open: int
    ended: int
    counts: dict[str, int]
