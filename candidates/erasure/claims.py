"""Who works on an erasure right now: a lease in the row, and a fence that a worker left for dead cannot pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from candidates.models import Erasure
from hrassist.lib import failpoint

# Renewed at every step; longer than the longest of them, the deletion of a hundred objects of a slow store.
LEASE = timedelta(minutes=5)

State = Erasure.State


class Superseded(Exception):
    """Another worker took the erasure over, or it was cancelled; what this one still would do must not happen."""


class Later(Exception):
    """Its time has not come, or another worker has it; `seconds` says for how long at most."""

    def __init__(self, seconds: int):
        self.seconds = max(1, seconds)
        super().__init__(f"not for {self.seconds} s")


@dataclass(frozen=True, slots=True)
class Claim:
    erasure_id: UUID
    fence: int


def claim(erasure_id: UUID | str) -> Claim | None:
    """Take the erasure for LEASE; None when there is nothing to do any more. Raises Later.

    One conditional UPDATE on the database's clock decides, so two workers never both get it.
    """
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now())
    agreed = Q(needs_second=False) | Q(confirmed_at__isnull=False)
    mine = Erasure.objects.open().filter(agreed, pk=erasure_id)
    got = mine.filter(free, run_after__lte=Now()).update(
        fence=F("fence") + 1, tries=F("tries") + 1, claimed_until=Now() + LEASE
    )
    if got:
        return Claim(erasure_id=UUID(str(erasure_id)), fence=Erasure.objects.get(pk=erasure_id).fence)
    waits = mine.annotate(until=F("run_after") - Now(), held=F("claimed_until") - Now())
    left = waits.values_list("until", "held").first()
    if left is not None:
        raise Later(int(max((one.total_seconds() for one in left if one is not None), default=0)) + 1)
    return None


def release(held: Claim, *, failed_for: str = "", run_after: object = None) -> None:
    """Give the erasure back, with why it broke off."""
    mine = Erasure.objects.open().filter(pk=held.erasure_id, fence=held.fence)
    mine.update(claimed_until=None, failed_for=failed_for[:60], **({"run_after": run_after} if run_after else {}))


@contextmanager
def step(held: Claim, name: str) -> Iterator[Erasure]:
    """One step in one transaction: the erasure, locked and still ours; keeps that the step is done.

    Raises Superseded before anything is done.
    """
    with transaction.atomic():
        row = locked(held)
        yield row
        row.step = name
        row.save()
        Erasure.objects.filter(pk=row.pk).update(claimed_until=Now() + LEASE)
    failpoint.reach(f"erasure.{name}")


def locked(held: Claim) -> Erasure:
    row = Erasure.objects.select_for_update(of=("self",)).filter(pk=held.erasure_id).first()
    if row is None or row.fence != held.fence or not row.is_open:
        raise Superseded
    return row
