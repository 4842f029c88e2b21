"""Placing and releasing legal holds: while one stands, nothing of what it covers is removed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit import actions as audit
from candidates.models import LegalHold, holding
from hrassist.lib.errors import Conflict, DomainError, NotFound

if TYPE_CHECKING:
    from hrassist.models import User


class UnderLegalHold(Conflict):
    """Somebody decided that this must be kept until a dispute or an order is over."""

    code = "legal_hold"
    default_message = (
        "A legal hold keeps this person's data. Nothing was removed. Once the hold is released, ask again."
    )


class AlreadyHeld(Conflict):
    code = "already_held"
    default_message = "A legal hold stands on this already."


@transaction.atomic
def place(*, scope: str, target_ref: UUID, reason: str, by: User, now: datetime) -> LegalHold:
    """Hold a person, a job or an application that `by` sees. Raises PermissionDenied, NotFound, AlreadyHeld."""
    if not by.has_perm("candidates.add_legalhold"):
        raise PermissionDenied
    kind = holding.kind(scope)
    thing = kind.visible(by).filter(pk=target_ref).first() if kind else None
    if thing is None:
        raise NotFound
    if not reason.strip():
        raise DomainError(
            "Say what the hold is for: the dispute or the order, with its reference.", code="no_reason",
            fields={"reason": ["Say what the hold is for."]},
        )  # fmt: skip
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(
                scope=scope, target_ref=target_ref, reason=reason.strip()[:300], placed_by=by, placed_at=now
            )
    except IntegrityError as error:
        raise AlreadyHeld from error
    audit.record("legal_hold.placed", target=hold, by=by, subject=_subject(hold), scope=scope, of=str(target_ref))
    return hold


@transaction.atomic
def release(*, hold: LegalHold, by: User, now: datetime) -> LegalHold:
    """Let a hold end: what is past its time goes with the next run of the rules. Raises PermissionDenied, NotFound."""
    if not by.has_perm("candidates.change_legalhold"):
        raise PermissionDenied
    found = LegalHold.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=hold.pk).first()
    if found is None:
        raise NotFound
    if found.released_at is not None:
        raise Conflict("This legal hold was released before.", code="hold_released")
    found.released_at, found.released_by = now, by
    found.save(update_fields=["released_at", "released_by"])
    audit.record(
        "legal_hold.released", target=found, by=by, subject=_subject(found), scope=found.scope, of=str(found.target_ref)
    )
    return found


def _subject(hold: LegalHold) -> UUID | None:
    return hold.target_ref if hold.scope == LegalHold.Scope.CANDIDATE else None
