"""How all that is backed up stands, by place, as one who looked found it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hrassist.ops.backup.facts import Fact, Level
from hrassist.ops.backup.machine import Archive, Room


@dataclass(slots=True)
class PlaceStatus:
    """What one place holds."""

    label: str
    where: str
    ages: dict[str, float] = field(default_factory=dict)
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    # None where nobody who has the key has looked.
    canary: bool | None = False
    missing: int = 0
    altered: int = 0
    shortest_lock: float | None = None
    free: int | None = None
    wal_age: float | None = None
    wal_holes: int | None = None
    # Why nothing could be read there.
    trouble: str = ""
    facts: list[Fact] = field(default_factory=list)
    # Those of the facts that nobody can find out without the key, or without pgBackRest's.
    of_the_key: list[Fact] = field(default_factory=list)


@dataclass(slots=True)
class Status:
    """All places, and what concerns none of them."""

    at: datetime
    places: list[PlaceStatus] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    archive: Archive = field(default_factory=Archive)
    # None where it is not known.
    room: Room | None = None
    of_the_key: list[Fact] = field(default_factory=list)
    # Whether who looked has the key, and has seen what takes one to see.
    has_key: bool = True

    @property
    def all_facts(self) -> list[Fact]:
        ranked = [*self.facts, *(fact for place in self.places for fact in place.facts)]
        return sorted(ranked, key=lambda one: [Level.PAGE, Level.WARN, Level.GOOD].index(one.level))

    @property
    def worst(self) -> Level:
        return self.all_facts[0].level if self.all_facts else Level.GOOD

    def age(self, kind: str) -> float | None:
        """Of the newest of this kind in any place."""
        found = [one.ages[kind] for one in self.places if kind in one.ages]
        return min(found, default=None)

    def last_drill(self) -> dict[str, Any] | None:
        found = [one.newest["drill"] for one in self.places if "drill" in one.newest]
        return max(found, key=lambda one: str(one["moment"]), default=None)

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "worst": self.worst,
            "places": [
                {
                    "place": one.label, "where": one.where, "age_seconds": one.ages, "canary": one.canary,
                    "missing": one.missing, "altered": one.altered, "shortest_lock_seconds": one.shortest_lock,
                    "free_bytes": one.free, "wal_age_seconds": one.wal_age, "wal_holes": one.wal_holes,
                    "newest": {kind: said["name"] for kind, said in one.newest.items()},
                }
                for one in self.places
            ],
            "last_drill": self.last_drill(),
            "archiver_failing_seconds": self.archive.failing_for, "slot_bytes": self.archive.slots,
            "restore_free_bytes": self.room.free if self.room else None,
            "facts": [{"level": one.level, "what": one.what, "advice": one.advice} for one in self.all_facts],
        }  # fmt: skip
