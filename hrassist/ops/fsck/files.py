"""Rows and stored files belong together: I1, I2, I3 and I9."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from django.utils.text import capfirst

from candidates.models import Resume, ResumePage, UploadTicket
from candidates.resumes import sweeping
from hrassist.lib import storage
from hrassist.lib.storage import ObjectMissing
from hrassist.lib.storage.named import NamedFile, count_lasting, lasting, named
from hrassist.ops.fsck import spare
from hrassist.ops.fsck.broken import YOUNG, Asked, Broken, Repair, batches

# A listing with this bound holds everything, also what was written a moment ago.
AHEAD = timedelta(days=1)


def bytes_are_those_that_were_sent(asked: Asked) -> Iterator[Broken]:
    """I1: every stored resume has the size and SHA-256 of its row, and of what its sender announced.

    Of other files the row knows no sum: they are held to what they were when they were copied to the second place.
    """
    clean = storage.clean()
    for resume in Resume.objects.select_related("ticket").order_by("pk").iterator(chunk_size=500):
        found = clean.head(resume.key)
        if found is None:
            continue
        if found.size != resume.size:
            yield _altered(resume, f"has {found.size} bytes in the store and {resume.size} in its row")
            continue
        declared = resume.ticket.declared_sha256 if resume.ticket else ""
        if declared and declared != resume.sha256:
            yield Broken(
                f"Resume {resume.pk} has another SHA-256 than its sender announced.",
                "The sender's copy is the true one: ask for it again, and see who wrote the row (audit log).",
            )
        if asked.deep and _sha256(resume.key) != resume.sha256:
            yield _altered(resume, "was altered in the store: its SHA-256 is not that of its row")
    if asked.deep:
        yield from _altered_since_copied()


def _altered_since_copied() -> Iterator[Broken]:
    sums = spare.sums_of_copies()
    for file in lasting():
        wanted = sums.get(file.key)
        if file.sha256 or wanted is None:
            continue
        try:
            found = _sha256(file.key)
        except ObjectMissing:
            # I2 names it.
            continue
        if found != wanted:
            yield Broken(
                f"{_file_of(file)} was altered in the store since it was copied ({file.key}).", ADVICE,
                spare.bringing_back_key(file.key),
            )  # fmt: skip


def _file_of(file: NamedFile) -> str:
    match file.row:
        case ResumePage():
            return f"The picture of page {file.row.number} of resume {file.row.resume_id}"
        case row:
            return f"The {file.column.removesuffix('_key')} of {row._meta.verbose_name} {row.pk}"


def no_row_without_its_object(asked: Asked) -> Iterator[Broken]:
    """I2: every row's object is there, and no resume can be read that was never checked."""
    del asked
    clean = storage.clean()
    for file in lasting():
        if clean.head(file.key) is None:
            yield _missing(file)
    for pk in (
        Resume.objects.filter(state=Resume.State.READY, scanned_by="").order_by("pk").values_list("pk", flat=True)
    ):
        yield Broken(
            f"Resume {pk} is available and no scan of it is on record.", "Take it out of reach and have it read again."
        )


def no_object_without_its_row(asked: Asked) -> Iterator[Broken]:
    """I3: what no row names for a day was left behind; so was what arrived a day ago and nobody confirmed."""
    for key in sweeping.orphans(older_than=asked.now - YOUNG):
        yield Broken(
            f"The stored object {key} belongs to no row.",
            "It is deleted when it is 7 days old: until then a restore to an earlier moment may want it back.",
            _sweeping(key, asked),
        )
    for keys in batches(storage.incoming().list_older_than(asked.now - YOUNG)):
        wanted = set(UploadTicket.objects.filter(key__in=keys, state="confirmed").values_list("key", flat=True))
        for key in (one for one in keys if one not in wanted):
            yield Broken(f"{key} arrived over a day ago and is nobody's.", "", _forgetting(key))


def sums_agree(asked: Asked) -> Iterator[Broken]:
    """I9: as many objects are listed as rows name; a listing that leaves some out would hide what is missing."""
    listed = young = 0
    bound = asked.now + AHEAD
    for keys in batches(storage.clean().list_older_than(bound)):
        listed += len(named(keys, lasting=True))
        young += len(set(keys) - named(keys))
    rows = count_lasting()
    if listed != rows:
        yield Broken(
            f"Rows name {rows} objects and the store lists {listed} of them ({young} belong to no row).",
            "What is missing is named by I2; where it names nothing, the store's listing is wrong: storage_doctor.",
        )


def _missing(file: NamedFile) -> Broken:
    match file.row:
        case Resume():
            what, repair = f"Resume {file.row.pk} has no object {file.key}", spare.bringing_back(file.row)
        case ResumePage():
            what = f"Page {file.row.number} of resume {file.row.resume_id} has no picture"
            repair = spare.drawing_page_again(file.row)
        case row:
            what = f"{capfirst(row._meta.verbose_name)} {row.pk} has no {file.column.removesuffix('_key')} {file.key}"
            repair = spare.bringing_back_key(file.key)
    return Broken(f"{what} in the store.", ADVICE, repair)


def _altered(resume: Resume, how: str) -> Broken:
    return Broken(f"Resume {resume.pk} {how}.", ADVICE, spare.bringing_back(resume))


ADVICE = "Bring it back from the second place: manage.py restore --file SHA256, or fsck --repair."


def _sha256(key: str) -> str:
    digest = hashlib.sha256()
    for chunk in storage.clean().open(key):
        digest.update(chunk)
    return digest.hexdigest()


def _sweeping(key: str, asked: Asked) -> Repair:
    def sweep() -> str:
        if key not in storage.clean().list_older_than(asked.now - sweeping.ORPHANS_KEPT):
            raise spare.NotYet("it is younger than 7 days")
        # Whether a row names it is asked again: it may have come in between.
        if named([key]):
            return f"{key} belongs to a row by now"
        storage.clean().delete(key)
        return f"{key} was deleted"

    return sweep


def _forgetting(key: str) -> Repair:
    def forget() -> str:
        storage.incoming().delete(key)
        return f"{key} was deleted"

    return forget
