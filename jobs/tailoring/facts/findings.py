"""What the checker found in a line: the level, the rule, the words, and a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`block`: the line may not stand. `ask`: a person decides."""

    BLOCK = "block"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a line states and its evidence does not: the rule, the words, and a sentence for people."""

    level: Level
    rule: str
    value: str
    message: str

    def as_data(self) -> dict[str, str]:
        return {"level": str(self.level), "rule": self.rule, "value": self.value[:120], "message": self.message[:300]}


def block(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.BLOCK, rule, value, f"“{value}” {why}.")


def ask(rule: str, value: str, why: str) -> Finding:
    return Finding(Level.ASK, rule, value, f"“{value}” {why}.")
