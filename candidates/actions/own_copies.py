"""A copy of somebody's data, handed to the person themselves on their own page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate, DataExport
from hrassist.lib import storage
from hrassist.lib.errors import NotFound
from hrassist.lib.serving import FileFacts

State = DataExport.State


def open_for_person(*, candidate: Candidate, export_id: UUID, now: datetime) -> tuple[FileFacts, Iterator[bytes]]:
    """The bytes of the person's own copy, on record before the first of them. Raises NotFound."""
    with transaction.atomic():
        rows = DataExport.objects.select_for_update(of=("self",)).filter(candidate=candidate, pk=export_id)
        row = rows.filter(state__in=[State.READY, State.HANDED_OVER], expires_at__gt=now).exclude(key="").first()
        if row is None:
            raise NotFound("This copy is not there (any more). Ask for a new one.")
        if row.state == State.READY:
            row.state, row.handed_over_at = State.HANDED_OVER, now
            row.save(update_fields=["state", "handed_over_at"])
            audit.record("data_export.handed_over", target=row, subject=candidate)
    audit.viewed("data_export.downloaded", target=row, by=None, subject=candidate)
    facts = FileFacts(filename="your-data.zip", content_type="application/zip", size=row.size)
    return facts, storage.clean().open(row.key)
