"""Making the copy: JSON and the original files in one ZIP, in the store until it is handed over or runs out."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from candidates.disclosure.document import document_of
from candidates.models import Candidate, DataExport, disclosing
from candidates.models.candidate import everybody_of
from candidates.models.erasing import Person
from hrassist.lib import failpoint, storage
from hrassist.lib.errors import Unavailable

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/zip"
# A worker that has been making one for so long is dead.
STALLED = timedelta(minutes=10)
READ_ME = """What {company} holds about you, as of {at:%-d %B %Y}.

data.json      every row, in sections; each says what it is. People who work for us are numbered, not named.
originals/     your files, as we received them

What we do not give, and why, stands under "withheld" in data.json.
"""

State = DataExport.State


def make(data_export_id: str | UUID) -> None:
    """Make it if it still is wanted; doing it twice keeps one. Raises StorageUnavailable."""
    row = _begin(data_export_id)
    if row is None:
        return
    person = Person(ids=everybody_of(row.candidate_id), erasure_id=row.pk, now=timezone.now())
    try:
        with tempfile.TemporaryDirectory(prefix="hrassist-copy-") as folder:
            path = Path(folder, "copy.zip")
            write(person, path)
            failpoint.reach("data_export.written")
            with path.open("rb") as file:
                storage.clean().put_file(row.key, file, content_type=CONTENT_TYPE)
                file.seek(0)
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = path.stat().st_size
        failpoint.reach("data_export.stored")
    except Unavailable:
        raise
    except Exception:
        logger.exception("the copy %s could not be made", row.pk)
        _finish(row, to=State.FAILED)
        return
    if not _finish(row, to=State.READY, sha256=sha256, size=size):
        # The person was erased, or the request withdrawn, meanwhile.
        storage.clean().delete(row.key)


def write(person: Person, path: Path) -> None:
    """The ZIP itself. A file that the store has lost is named in the document instead of stopping all of it."""
    document = document_of(person)
    missing: list[str] = []
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for one in disclosing.files_of(person):
            try:
                chunks = storage.clean().open(one.key)
            except storage.ObjectMissing:
                missing.append(one.name)
                continue
            with archive.open(f"originals/{one.name}", "w") as file:
                for chunk in chunks:
                    file.write(chunk)
        document["missing_files"] = missing
        said = json.dumps(document, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        archive.writestr("data.json", said)
        archive.writestr("README.txt", READ_ME.format(company=document["organisation"], at=person.now))


def expire(*, now: datetime) -> int:
    """Delete the files of copies that ran out or were withdrawn; gives how many."""
    done = 0
    over = DataExport.objects.filter(expires_at__lte=now).exclude(key="")
    for row in over.filter(state__in=[State.READY, State.HANDED_OVER, State.CANCELLED])[:500]:
        storage.clean().delete(row.key)
        with transaction.atomic():
            mine = DataExport.objects.select_for_update(of=("self",)).get(pk=row.pk)
            if mine.state != State.CANCELLED:
                mine.move(State.EXPIRED, now=now)
            mine.key = mine.sha256 = ""
            mine.save(update_fields=["state", "key", "sha256"])
            audit.record("data_export.expired", target=mine, subject=mine.candidate_id)
        done += 1
    return done


@transaction.atomic
def _begin(data_export_id: str | UUID) -> DataExport | None:
    row = DataExport.objects.select_for_update(of=("self",)).filter(pk=data_export_id).first()
    now = timezone.now()
    if row is None or not Candidate.objects.filter(pk=row.candidate_id, erased_at__isnull=True).exists():
        return None
    if row.state == State.WAITING:
        row.move(State.MAKING, now=now)
    elif row.state != State.MAKING or (row.started_at is not None and row.started_at > now - STALLED):
        return None
    row.started_at = now
    # Named before it is written, so that whoever erases the person knows of it.
    row.key = row.key or f"clean/{uuid4()}"
    row.save(update_fields=["state", "started_at", "key"])
    return row


@transaction.atomic
def _finish(row: DataExport, *, to: str, sha256: str = "", size: int = 0) -> bool:
    mine = DataExport.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if mine is None or mine.state != State.MAKING or mine.started_at != row.started_at:
        return False
    mine.move(to, now=timezone.now())
    mine.sha256, mine.size = sha256, size
    mine.failed_for = "could_not_be_made" if to == State.FAILED else ""
    mine.save(update_fields=["state", "sha256", "size", "made_at", "expires_at", "failed_for"])
    audit.record(f"data_export.{to}", target=mine, subject=mine.candidate_id, size=size)
    return True
