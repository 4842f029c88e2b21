"""One line of how backups stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    GOOD = "good"
    WARN = "warn"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: how bad it is, what is so, what to do."""

    level: Level
    what: str
    advice: str = ""


def in_words(age: timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"
