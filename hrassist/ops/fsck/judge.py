"""All invariants, asked one after the other; what can mend itself is mended and asked for again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import DomainError
from hrassist.ops.fsck import database, files, people, trail, work
from hrassist.ops.fsck.broken import Asked, Broken, Check
from hrassist.ops.fsck.spare import NotYet

MOST = 1000


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise, by the name that operators know it by."""

    name: str
    promise: str
    check: Check


INVARIANTS = (
    Invariant("I1", "a resume has the bytes that were sent", files.bytes_are_those_that_were_sent),
    Invariant("I2", "no row without its object, none available unchecked", files.no_row_without_its_object),
    Invariant("I3", "no object without its row", files.no_object_without_its_row),
    Invariant("I4", "an upload moves one way and brings one version", work.tickets_move_one_way),
    Invariant("I5", "every access is on record", trail.every_access_is_on_record),
    Invariant("I6", "the seals hold and are not late", trail.seals_hold),
    Invariant("I7", "work is held, ended or says why not", work.work_is_held_or_ended),
    Invariant("I8", "erased people are gone", people.erased_people_are_gone),
    Invariant("I9", "rows and listed objects are as many", files.sums_agree),
    Invariant("I10", "nobody is in the way of others", database.nobody_is_in_the_way),
    Invariant("I11", "the schema serves the code", database.schema_serves_the_code),
    Invariant("I12", "a right that was taken is gone", people.rights_end_when_they_are_taken),
)


@dataclass(slots=True)
class Verdict:
    """What is broken now, by invariant, and what was mended."""

    broken: dict[str, list[Broken]] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    not_mended: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not any(self.broken.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "invariants": {
                one.name: {
                    "promise": one.promise,
                    "broken": [{"what": b.what, "advice": b.advice} for b in self.broken.get(one.name, [])],
                }
                for one in INVARIANTS
                if one.name in self.broken
            },
            "mended": self.mended,
            "not_mended": self.not_mended,
        }


def judge(
    *,
    now: datetime,
    repair: bool = False,
    deep: bool = True,
    only: Collection[str] = (),
    access_logs: Iterable[Iterable[str]] = (),
    as_of: datetime | None = None,
) -> Verdict:
    """Ask every invariant, or only those named; with `repair` mend what can be mended, and ask once more.

    `as_of` says that this is a restored copy of that moment.
    """
    verdict = Verdict()
    asked = Asked(now=now, deep=deep, access_logs=[list(one) for one in access_logs], as_of=as_of)
    for one in INVARIANTS:
        if only and one.name not in only:
            continue
        found = list(islice(one.check(asked), MOST))
        if repair and any(broken.repair for broken in found):
            for broken in found:
                _mend(broken, verdict)
            found = list(islice(one.check(asked), MOST))
        verdict.broken[one.name] = found
    if repair and (verdict.mended or verdict.not_mended):
        with transaction.atomic():
            audit.record("database.repaired", mended=len(verdict.mended), not_mended=len(verdict.not_mended))
    return verdict


def _mend(broken: Broken, verdict: Verdict) -> None:
    if broken.repair is None:
        return
    try:
        # A repair that fails takes nothing else with it.
        with transaction.atomic():
            verdict.mended.append(broken.repair())
    except DomainError as error:
        verdict.not_mended.append(f"{broken.what} {error.message}")
    except (NotYet, DatabaseError, ValueError) as error:
        verdict.not_mended.append(f"{broken.what} Not mended: {error}")
