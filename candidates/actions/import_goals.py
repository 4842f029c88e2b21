"""What may become of imported people beside their record: an app above registers it, a pipeline of a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from candidates.models import Candidate

if TYPE_CHECKING:
    from hrassist.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`choices` gives (key, label) that the user may choose, `put` takes one person there (None: is there already).

    `take_back` undoes a `put` and says whether it could: not where somebody worked on it since.
    """

    name: str
    label: str
    help: str
    choices: Callable[[User], Sequence[tuple[str, str]]]
    put: Callable[[Candidate, str, User, datetime, str], UUID | None]
    take_back: Callable[[UUID, User, datetime], bool]


_goals: dict[str, Goal] = {}


def add(goal: Goal) -> None:
    """Offer a goal on the import page."""
    _goals[goal.name] = goal


def offered() -> list[Goal]:
    return list(_goals.values())


def of(name: str) -> Goal | None:
    return _goals.get(name)
