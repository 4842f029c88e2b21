"""Asks for one invariant, and says what is broken in words."""

from __future__ import annotations

from django.utils import timezone

from candidates.models import UploadTicket
from hrassist.ops import fsck
from hrassist.ops.fsck import Verdict

State = UploadTicket.State


def asked(name: str, *, repair: bool = False, **more: object) -> Verdict:
    return fsck.judge(now=timezone.now(), repair=repair, only=[name], **more)  # type: ignore[arg-type]


def said(verdict: Verdict) -> str:
    return " ".join(one.what for found in verdict.broken.values() for one in found)


def settled(ticket: UploadTicket, state: str, **columns: object) -> UploadTicket:
    now = timezone.now()
    columns = {"state": state, "confirmed_at": now, "settled_at": now} | columns
    UploadTicket.objects.filter(pk=ticket.pk).update(**columns)
    ticket.refresh_from_db()
    return ticket
