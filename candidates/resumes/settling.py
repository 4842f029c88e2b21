"""How an upload ends without becoming a resume."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from audit import actions as audit
from candidates.models import UploadTicket
from hrassist.lib import storage

if TYPE_CHECKING:
    from hrassist.models import User

logger = logging.getLogger(__name__)
State = UploadTicket.State


def reject(ticket: UploadTicket, *, code: str, message: str, now: datetime, by: User | None = None) -> None:
    """Reject a locked, confirmed ticket in the caller's transaction; a worker that holds it can no longer write."""
    ticket.move(State.REJECTED, now=now)
    ticket.rejected_at, ticket.rejected_for, ticket.rejected_message = now, code[:40], message[:300]
    ticket.claimed_until, ticket.parked_at, ticket.parked_for = None, None, ""
    ticket.fence = F("fence") + 1
    ticket.save(
        update_fields=[
            "state", "settled_at", "rejected_at", "rejected_for", "rejected_message", "claimed_until", "parked_at",
            "parked_for", "fence",
        ]
    )  # fmt: skip
    audit.record("upload.rejected", target=ticket, by=by, subject=ticket.candidate_id, reason_code=code[:40])


def expire_abandoned(*, now: datetime) -> int:
    """End tickets that were never confirmed, and delete what may have been uploaded for them; returns how many."""
    ended = 0
    for key, pk in UploadTicket.objects.abandoned(now=now).values_list("key", "pk"):
        with transaction.atomic():
            ticket = UploadTicket.objects.select_for_update(skip_locked=True).filter(pk=pk, state=State.ISSUED).first()
            if ticket is None:
                continue
            ticket.move(State.EXPIRED, now=now)
            ticket.save(update_fields=["state", "settled_at"])
            audit.record("upload.expired", target=ticket, subject=ticket.candidate_id)
        forget(key)
        ended += 1
    return ended


def forget(key: str) -> None:
    """Delete an incoming object that nobody needs; when the store is away, the sweep does it later."""
    try:
        storage.incoming().delete(key)
    except storage.StorageUnavailable:
        logger.warning("The store is away; %s stays until the sweep.", key)
