"""Copies of what is held about somebody: asked for, handed over, withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit import actions as audit
from candidates.actions.erasures import AlreadyErased
from candidates.models import Candidate, DataExport
from candidates.models.candidate import standing_for
from candidates.tasks import make_data_export
from hrassist.lib.errors import NotFound

if TYPE_CHECKING:
    from hrassist.models import User

State = DataExport.State


@transaction.atomic
def request(*, candidate: Candidate, by: User | None, channel: str, now: datetime) -> DataExport:
    """Have a copy of everything held about the person made; while one is being made it is the same request.

    `by` is None for the person themselves. Raises NotFound, PermissionDenied, AlreadyErased.
    """
    root = standing_for({candidate.pk}).get(candidate.pk)
    row = Candidate.objects.select_for_update(of=("self",), no_key=True).filter(pk=root).first()
    if row is None or (by is not None and not Candidate.objects.visible_to(by).filter(pk=row.pk).exists()):
        raise NotFound
    if by is not None and not by.has_perm("candidates.add_dataexport"):
        raise PermissionDenied
    if row.erased_at is not None:
        raise AlreadyErased
    standing = DataExport.objects.filter(candidate=row, state__in=[State.WAITING, State.MAKING]).first()
    if standing is not None:
        return standing
    made = DataExport.objects.create(
        candidate=row, channel=channel, requested_by=by, requested_at=now, due_at=now + DataExport.WITHIN
    )
    audit.record("data_export.requested", target=made, by=by, subject=row, channel=channel)
    make_data_export.defer(data_export_id=str(made.pk))
    return made


@transaction.atomic
def cancel(*, export: DataExport, by: User | None, now: datetime) -> DataExport:
    """Withdraw the request, for example because the person did; a copy that was made is deleted with the next sweep."""
    rows = DataExport.objects.all() if by is None else DataExport.objects.visible_to(by)
    found = rows.select_for_update(of=("self",)).filter(pk=export.pk).first()
    if found is None:
        raise NotFound
    if by is not None and not by.has_perm("candidates.add_dataexport"):
        raise PermissionDenied
    found.move(State.CANCELLED, now=now)
    found.expires_at = now
    found.save(update_fields=["state", "expires_at"])
    audit.record("data_export.cancelled", target=found, by=by, subject=found.candidate_id)
    return found
