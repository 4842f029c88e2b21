"""Verifying the trail is itself on record, with what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audit.actions.events import failed, record
from audit.sealing import anchors as places
from audit.sealing import checking, keys
from audit.sealing.checking import Report
from audit.sealing.keys import Ring

if TYPE_CHECKING:
    from hrassist.models import User


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and with how many copies it was compared."""

    report: Report
    copies: int

    def as_json(self) -> dict[str, Any]:
        report = self.report
        return {
            "whole": report.is_whole, "seals": report.seals, "rows": report.rows, "pending": report.pending,
            "expired": report.expired, "copies": self.copies, "notices": report.notices,
            "last_seal": report.last.seq if report.last else None,
            "problems": [asdict(one) for one in report.problems],
        }  # fmt: skip


def verify(
    *,
    ring: Ring | None = None,
    since: datetime | None = None,
    anchors: bool = False,
    bucket: bool = False,
    newest: int | None = None,
    most: int = 1,
    told: Callable[[int], None] | None = None,
    by: User | None = None,
) -> Verified:
    """Check seals and rows, and the copies where asked, or the newest of them. Raises NoKey, AnchorUnavailable."""
    report = checking.verify(ring=ring or keys.configured(), since=since, most=most, told=told)
    copies = 0
    for place in places.configured() if anchors or bucket else []:
        if anchors or isinstance(place, places.LockedBucket):
            copies += checking.compare(place, report=report, since=since, newest=newest, most=most)
    about: dict[str, Any] = {
        "seals": report.seals, "rows": report.rows, "copies": copies,
        "last_seal": report.last.seq if report.last else 0,
        "found": [[one.kind, one.seal, one.row] for one in report.problems[:20]],
    }  # fmt: skip
    if report.is_whole:
        record("event.verified", by=by, **about)
    else:
        failed("event.verified", by=by, reason_code=report.problems[0].kind.replace(" ", "_"), **about)
    return Verified(report=report, copies=copies)
