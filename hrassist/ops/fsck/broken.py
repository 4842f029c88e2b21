"""What a check finds, and how one walks many rows in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

BATCH = 500
# An upload takes minutes; what is a day old and belongs to nobody was left behind.
YOUNG = timedelta(hours=24)

# Mends one thing and says what it did; it raises where it cannot.
Repair = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that is not as it was promised: what, what to do, and how it mends itself if it can."""

    what: str
    advice: str = ""
    repair: Repair | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is told: the moment, whether every byte is read, and the web servers' logs if there are any.

    `as_of` is the moment of a restored copy that nobody serves: what happened since is no fault of it.
    """

    now: datetime
    deep: bool = True
    access_logs: Sequence[Sequence[str]] = ()
    as_of: datetime | None = None


Check = Callable[[Asked], Iterator[Broken]]


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch
