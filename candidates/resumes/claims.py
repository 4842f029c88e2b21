"""Who works on an upload right now: a lease in the row, and a fence that a worker left for dead cannot pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from audit import actions as audit
from candidates.models import UploadTicket

MAX_ATTEMPTS = 5
# Longer than the longest run: two cages of 20 s, a scan of 30 s, and a slow store.
LEASE = timedelta(minutes=4)

State = UploadTicket.State


class Superseded(Exception):
    """Another worker took the upload over, or a person ended it; what this one did must not appear."""


class Held(Exception):
    """Another worker has the upload; `seconds` says for how long at most."""

    def __init__(self, seconds: int):
        self.seconds = seconds
        super().__init__(f"held for {seconds} s")


@dataclass(frozen=True, slots=True)
class Claim:
    ticket: UploadTicket
    fence: int


def claim(ticket_id: UUID | str) -> Claim | None:
    """Take the upload for LEASE; None when there is nothing to do any more. Raises Held.

    One conditional UPDATE on the database's clock decides, so two workers never both get it. An upload that used up its
    attempts is parked here: only a worker that was killed leaves an attempt behind without saying why.
    """
    tickets = UploadTicket.objects.waiting().filter(pk=ticket_id)
    free = tickets.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now()))
    with transaction.atomic():
        got = free.filter(attempts__lt=MAX_ATTEMPTS).update(
            fence=F("fence") + 1, attempts=F("attempts") + 1, claimed_until=Now() + LEASE
        )
        if got:
            ticket = UploadTicket.objects.select_related("candidate", "created_by").get(pk=ticket_id)
            return Claim(ticket=ticket, fence=ticket.fence)
        if spent := free.select_for_update().first():
            _park(spent, reason="worker_died")
            return None
    held = tickets.annotate(left=F("claimed_until") - Now()).values_list("left", flat=True).first()
    if held is not None:
        raise Held(seconds=max(1, int(held.total_seconds()) + 1))
    return None


def release(held: Claim, *, spent: bool, reason: str) -> bool:
    """Give the upload back after a failure; False when that was its last attempt and it is parked now.

    `spent` says that the attempt counts. It does not where a store or a scanner is away: that is not the file's fault.
    """
    with transaction.atomic():
        ticket = UploadTicket.objects.select_for_update().filter(pk=held.ticket.pk).first()
        if ticket is None or ticket.state != State.CONFIRMED or ticket.fence != held.fence:
            return True
        ticket.claimed_until = None
        if not spent:
            ticket.attempts -= 1
        ticket.save(update_fields=["claimed_until", "attempts"])
        if ticket.attempts >= MAX_ATTEMPTS:
            _park(ticket, reason=reason)
            return False
    return True


def locked(held: Claim) -> UploadTicket:
    """The ticket, locked for the current transaction and still ours; raises Superseded."""
    ticket = UploadTicket.objects.select_for_update().filter(pk=held.ticket.pk).first()
    # It goes with the person whom it is for, when they are erased.
    if ticket is None or ticket.state != State.CONFIRMED or ticket.fence != held.fence:
        raise Superseded
    return ticket


def _park(ticket: UploadTicket, *, reason: str) -> None:
    UploadTicket.objects.filter(pk=ticket.pk).update(parked_at=Now(), parked_for=reason[:40], claimed_until=None)
    audit.record(
        "upload.parked",
        target=ticket,
        subject=ticket.candidate_id,
        outcome="error",
        reason_code=reason,
        attempts=ticket.attempts,
    )
