"""What is due when: config/timers.toml, with times as cron writes them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
ONLY = ("", "backups", "bounces")
# The secrets beside those of everybody, as deploy/vm/install keeps them in folders. Who reads the places of
# backups has here what writes to them; where that is a folder of this container, all that runs in it can read it.
SETS: Mapping[str, tuple[str, ...]] = {
    "owner": ("HRASSIST_DB_OWNER_URL",),
    "worker": ("HRASSIST_AUDIT_KEY",),
    "key": (
        "HRASSIST_BACKUP_KEY", "HRASSIST_BACKUP_A_ACCESS_KEY_ID", "HRASSIST_BACKUP_A_SECRET_ACCESS_KEY",
        "HRASSIST_BACKUP_B_ACCESS_KEY_ID", "HRASSIST_BACKUP_B_SECRET_ACCESS_KEY",
    ),
    "backup": (),
}  # fmt: skip
# Longer than the longest time between two of the same.
LOOKED_BACK = timedelta(days=8)
_MINUTE = timedelta(minutes=1)
_NAME = re.compile(r"[a-z][a-z-]*")
_UNITS = {"s": 1, "m": 60, "h": 3600}


class BadTimers(ValueError):
    """The file says something that cannot be run."""


@dataclass(frozen=True, slots=True)
class Clock:
    """At which minutes, in UTC."""

    minutes: frozenset[int]
    hours: frozenset[int]
    weekdays: frozenset[int]

    def has(self, moment: datetime) -> bool:
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.isoweekday() % 7 in self.weekdays
        )  # fmt: skip

    def last(self, *, after: datetime, until: datetime) -> datetime | None:
        """The last minute of this clock that begins after one moment and not after the other."""
        minute = until.replace(second=0, microsecond=0)
        while minute > max(after, until - LOOKED_BACK):
            if self.has(minute):
                return minute
            minute -= _MINUTE
        return None


@dataclass(frozen=True, slots=True)
class Timer:
    """One piece of work: a command of manage.py, and when it is due."""

    name: str
    clock: Clock
    command: tuple[str, ...]
    most_seconds: float
    sets: frozenset[str] = frozenset()
    umask: int = 0o027
    only: str = ""
    # Whether one that was due while nothing ran is made up for.
    missed: bool = True

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What it is given: of the secrets that not everybody has, its own alone."""
        others = {name for kind, names in SETS.items() if kind not in self.sets for name in names}
        return {name: value for name, value in given.items() if name.removesuffix("_FILE") not in others}


def load(path: Path) -> tuple[Timer, ...]:
    """Raises BadTimers, naming what is wrong."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))["timer"]
        found = tuple(_timer(dict(one)) for one in told)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadTimers(f"{path.name}: {error}") from error
    if len({one.name for one in found}) < len(found):
        raise BadTimers(f"{path.name}: two timers have the same name.")
    return found


def _timer(said: dict[str, Any]) -> Timer:
    name, sets, only = str(said.pop("name")), frozenset(said.pop("sets", ())), str(said.pop("only", ""))
    if not _NAME.fullmatch(name):
        raise BadTimers(f"{name!r} is no name: small letters and dashes.")
    if unknown := sets - set(SETS):
        raise BadTimers(f"{name}: there is no set {', '.join(sorted(unknown))}.")
    if only not in ONLY:
        raise BadTimers(f"{name}: only is {only!r}. Use one of: {', '.join(filter(None, ONLY))}.")
    return Timer(
        name, clock(str(said.pop("when"))), tuple(said.pop("command")), seconds(str(said.pop("most"))), sets=sets,
        umask=int(said.pop("umask", "0027"), 8), only=only, **said,
    )  # fmt: skip


def seconds(text: str) -> float:
    """How long "4m" or "6h" is."""
    found = re.fullmatch(r"([1-9]\d*)([smh])", text)
    if found is None:
        raise BadTimers(f"{text!r} is no duration. Write 4m or 6h.")
    return int(found[1]) * _UNITS[found[2]]


def clock(text: str) -> Clock:
    """As much of cron's five fields as timers have: a number, *, */5, and days of the week by name."""
    fields = text.split()
    if len(fields) != 5 or fields[2:4] != ["*", "*"]:
        raise BadTimers(f"{text!r} is no time. Write minute, hour, *, * and day of the week.")
    minute, hour, _day, _month, weekday = fields
    day = str(DAYS.index(weekday)) if weekday in DAYS else weekday
    return Clock(_field(minute, 60), _field(hour, 24), _field(day, 7))


def _field(text: str, end: int) -> frozenset[int]:
    if text == "*":
        return frozenset(range(end))
    if (every := text.removeprefix("*/")) != text and every.isdecimal() and 0 < int(every) < end:
        return frozenset(range(0, end, int(every)))
    if text.isdecimal() and int(text) < end:
        return frozenset({int(text)})
    raise BadTimers(f"{text!r} is no part of a time.")
