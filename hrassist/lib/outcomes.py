"""How a change of many rows ended: what was done, what needed nothing, and what was refused and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# Kept of long work: so many rows by their key, and so many reasons in words.
ROWS_KEPT, REASONS_KEPT = 100, 20
OTHER_REASONS = "Another reason."


@dataclass(slots=True)
class Outcome:
    """`changed` are the keys of rows that are different now; `refused` are keys with a sentence for each."""

    changed: list[Any] = field(default_factory=list)
    unchanged: int = 0
    refused: list[tuple[Any, str]] = field(default_factory=list)


@dataclass(slots=True)
class Refusals:
    """Of many rows of one model, what was not done: how many for each reason, and the first of them by key."""

    model: str
    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, str]] = field(default_factory=list)

    def add(self, key: Any, why: str) -> None:
        self.add_unnamed(1, why)
        if len(self.rows) < ROWS_KEPT:
            self.rows.append((str(key), why))

    def add_unnamed(self, count: int, why: str) -> None:
        """Rows of which no more is known than that they were not done."""
        if count:
            self.count += count
            known = why in self.reasons or len(self.reasons) < REASONS_KEPT
            self.reasons[why if known else OTHER_REASONS] += count

    def as_result(self) -> dict[str, Any]:
        """As the result of long work keeps it, and its page shows it."""
        return {
            "refused": self.count,
            "refused_of": self.model,
            "refused_for": self.reasons.most_common(),
            "refused_keys": self.rows,
        }


@dataclass(frozen=True, slots=True)
class Followed:
    """How far work is that was begun and goes on by itself; `counts` by the words they are shown under."""

    open: int
    ended: int
    counts: dict[str, int]
