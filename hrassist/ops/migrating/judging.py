"""Whether all that is promised still holds after the migrations, beside what did not hold before them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import Error as DatabaseError
from django.utils import timezone

from hrassist.lib.errors import DomainError
from hrassist.lib.storage.named import count_lasting
from hrassist.ops import fsck
from hrassist.ops.fsck.broken import Broken

# What a migration may break while every row stays where it is: for others at once, and in the rows by the last of them.
AFTER_EACH = ("I10",)
AFTER_ALL = ("I4", "I11")
# Keys in rows that lead nowhere. Each file is asked for, or all are listed: up to so many it takes about a minute.
FILES = {"I2": 2_000, "I9": 200_000}
# Somebody uploads or is erased between two looks: what is truly broken stays so.
TRIES, PAUSE = 3, 1.0


@dataclass(slots=True)
class Standing:
    """What was broken before the first migration, and which of the questions about files could be asked."""

    broken: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)


def before(*, tell: Callable[[str], None]) -> Standing:
    """Look at what does not hold already: it is told, and laid to no migration's charge."""
    found = Standing()
    # The columns that this code lacks are still to come; an index that is not valid stays until somebody mends it.
    found.broken |= {one.what for one in _asked("I11") if one.repair is not None}
    for name, most in FILES.items():
        try:
            files = count_lasting()
            if files > most:
                tell(
                    f"note: {name} is not asked afterwards: {files:,} files take too long. Run manage.py fsck --quick."
                )
                continue
            broken = {one.what for one in _asked(name)}
        except (DomainError, DatabaseError, OSError) as error:
            tell(f"note: {name} is not asked afterwards: this code cannot ask it before ({type(error).__name__}).")
            continue
        # Its one sentence has numbers in it, which go on changing.
        if name == "I9" and broken:
            tell("note: I9 does not hold already and is not asked afterwards: run manage.py fsck.")
            continue
        found.broken |= broken
        found.files.append(name)
    for what in sorted(found.broken)[:5]:
        tell(f"note: this was so before: {what}")
    return found


def after_each() -> str:
    """What is wrong now, or nothing."""
    return _in_words(one for name in AFTER_EACH for one in _asked(name)[:3])


def after_all(standing: Standing) -> str:
    """What is wrong now and was not before, or nothing."""
    found: list[Broken] = []
    for attempt in range(TRIES):
        time.sleep(PAUSE if attempt else 0)
        found = [
            one for name in (*AFTER_ALL, *standing.files) for one in _asked(name) if one.what not in standing.broken
        ]
        if not found:
            break
    return _in_words(found[:5])


def _asked(name: str) -> list[Broken]:
    return fsck.judge(now=timezone.now(), deep=False, only=[name]).broken[name]


def _in_words(found: Iterable[Broken]) -> str:
    return " ".join(one.what for one in found)
