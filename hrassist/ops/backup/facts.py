"""One line of how backups stand, and from when on what is old is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Age of what is newest, by kind: from when on it is a warning, and from when on somebody is called.
LIMITS = {
    "database": (26 * HOUR, 30 * HOUR),
    "files": (8 * DAY, 9 * DAY),
    "drill": (8 * DAY, 14 * DAY),
}


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


def aged(what: str, age: timedelta, limits: tuple[timedelta, timedelta], advice: str = "") -> Fact:
    """How old something is, held to its limits; the advice is for one that is late."""
    warn, page = limits
    level = Level.PAGE if age > page else Level.WARN if age > warn else Level.GOOD
    return Fact(level, f"{what} is {in_words(age)} old.", "" if level == Level.GOOD else advice)


def command(kind: str) -> str:
    """What makes the next one of this kind."""
    return "manage.py drill" if kind == "drill" else f"manage.py backup --kind {kind}; see why its timer did not."


def in_words(age: timedelta) -> str:
    seconds = max(age.total_seconds(), 0)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"
