"""After a restore: whoever was erased since the backup is erased again, before anybody can look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from candidates import erasure
from candidates.actions import erasures
from candidates.erasure import ledger
from candidates.models import Candidate, Erasure
from candidates.models.candidate import everybody_of

# No service runs while this does, so nothing has to be waited for; a store that is away is.
MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many entries the ledger has, and whom the restored database knew in spite of them."""

    entries: int
    people: tuple[UUID, ...]


def replay(*, now: datetime, dry_run: bool = False) -> Replayed:
    """Erase everybody whom the ledger names and this database still knows, and end what was half done.

    Raises LedgerBroken, LedgerUnavailable, or whatever keeps a person from being erased: then nothing may be served.
    """
    found = back()
    if dry_run:
        return found
    for pk in found.people:
        row = Candidate.objects.get(pk=pk)
        if row.erased_at is None:
            made = erasures.request(
                candidate=row, by=None, channel=erasures.Channel.RESTORE, reason="", now=now,
                grounds=erasures.Grounds.REPLAY, wait=timedelta(0),
            )  # fmt: skip
            Erasure.objects.filter(pk=made.pk).update(grounds=erasures.Grounds.REPLAY, needs_second=False)
    begun = Q(state=Erasure.State.RUNNING) | Q(grounds=Erasure.Grounds.REPLAY)
    for pk in list(Erasure.objects.open().filter(begun).values_list("pk", flat=True)):
        _to_its_end(pk)
    return found


def back(*, until: datetime | None = None) -> Replayed:
    """Whom the ledger names, or named by a moment, and this database knows all the same.

    Raises LedgerBroken, LedgerUnavailable.
    """
    # The ledger keeps whole seconds.
    least = until.replace(microsecond=0) if until else None
    known = {
        entry["person"]
        for entry in ledger.ledger().entries()
        if least is None or datetime.fromisoformat(entry["at"]) < least
    }
    return Replayed(entries=len(known), people=tuple(_back(known)))


def how_many_back() -> int:
    """How many were brought back by a restore and wait for `replay`; nobody is asked for where this database knows of
    every erasure. Raises LedgerBroken, LedgerUnavailable.
    """
    gone = Candidate.objects.filter(erased_at__isnull=False).values_list("pk", flat=True)
    unknown = {entry["person"] for entry in ledger.ledger().entries()} - {ledger.reference(pk) for pk in gone}
    # The ledger comes first: these are about to go.
    running = Erasure.objects.filter(state=Erasure.State.RUNNING).values_list("candidate_id", flat=True)
    unknown -= {ledger.reference(one) for pk in running for one in everybody_of(pk)}
    return sum(1 for _ in _back(unknown))


def _back(known: set[str]) -> Iterator[UUID]:
    if not known:
        return
    for pk in Candidate.objects.filter(erased_at__isnull=True).order_by("pk").values_list("pk", flat=True).iterator():
        if ledger.reference(pk) in known:
            yield pk


def _to_its_end(pk: UUID) -> None:
    for _ in range(MOST_TRIES):
        Erasure.objects.open().filter(pk=pk).update(run_after=timezone.now(), claimed_until=None)
        try:
            erasure.run(pk)
        except erasure.Later:
            continue
        return
    raise RuntimeError(f"the erasure {pk} does not come to its end")
