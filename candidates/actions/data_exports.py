"""Copies of what is held about somebody: asked for, handed over, withdrawn."""

from __future__ import annotations

import hashlib
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit import actions as audit
from candidates.actions.erasures import AlreadyErased
from candidates.actions.files import FileAltered
from candidates.models import Candidate, DataExport
from candidates.models.candidate import standing_for
from candidates.tasks import make_data_export
from hrassist.lib import storage
from hrassist.lib.errors import Gone, NotFound
from hrassist.lib.serving import OpenFile

if TYPE_CHECKING:
    from hrassist.models import User

State = DataExport.State
# A copy up to this size waits in memory until its hash is known, a larger one on disk.
IN_MEMORY = 10 * 1024 * 1024


class CopyExpired(Gone):
    """It was kept for a week and then deleted, or is not made yet."""

    code = "copy_not_there"
    default_message = "This copy is not there: it is still being made, or was deleted after a week. Ask for a new one."


@transaction.atomic
def request(*, candidate: Candidate, by: User | None, channel: str, now: datetime) -> DataExport:
    """Have a copy of everything held about the person made; while one is being made it is the same request.

    `by` is None for the person themselves. Raises NotFound, PermissionDenied, AlreadyErased.
    """
    root = standing_for({candidate.pk}).get(candidate.pk, candidate.pk)
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


def open_copy(*, export: DataExport, by: User | None, now: datetime) -> OpenFile:
    """The bytes of a copy, for the person (`by` is None) or for who hands it over; on record before one leaves.

    Raises NotFound, PermissionDenied, CopyExpired, FileAltered.
    """
    rows = DataExport.objects.all() if by is None else DataExport.objects.visible_to(by)
    row = rows.filter(pk=export.pk).first()
    if row is None:
        raise NotFound
    if by is not None and not by.has_perm("candidates.download_dataexport"):
        raise PermissionDenied
    if row.state not in {State.READY, State.HANDED_OVER} or not row.key or _is_over(row, now=now):
        raise CopyExpired
    audit.viewed("data_export.downloaded", target=row, by=by, subject=row.candidate_id)
    content = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  the answer closes it
    digest = hashlib.sha256()
    for chunk in storage.clean().open(row.key):
        content.write(chunk)
        digest.update(chunk)
    content.seek(0)
    if digest.hexdigest() != row.sha256:
        content.close()
        raise FileAltered
    _hand_over(row, by=by, now=now)
    return OpenFile(
        filename=f"data-{row.requested_at:%Y-%m-%d}.zip", content_type="application/zip", size=row.size,
        content=content, key=row.key,
    )  # fmt: skip


@transaction.atomic
def _hand_over(row: DataExport, *, by: User | None, now: datetime) -> None:
    mine = DataExport.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if mine.state != State.READY:
        return
    mine.move(State.HANDED_OVER, now=now)
    mine.handed_over_by = by
    mine.save(update_fields=["state", "handed_over_at", "handed_over_by"])
    audit.record("data_export.handed_over", target=mine, by=by, subject=mine.candidate_id)


def _is_over(row: DataExport, *, now: datetime) -> bool:
    return row.expires_at is None or row.expires_at <= now
