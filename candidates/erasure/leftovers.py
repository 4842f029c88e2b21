"""What belongs to nobody: files that could not be read, uploads that were refused, work that ended long ago."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from candidates.models import Resume, ResumePage, UploadTicket, erasing
from hrassist.lib import storage
from hrassist.models import LongTask

AT_ONCE = 1000


def unread_files(before: datetime) -> dict[str, int]:
    """Files whose person nobody found out; the object first, so that no key is forgotten before it is gone."""
    rows = Resume.objects.filter(candidate__isnull=True, created_at__lt=before).order_by("created_at")[:AT_ONCE]
    gone = 0
    for resume in rows:
        for key in (resume.key, *ResumePage.objects.filter(resume=resume).values_list("key", flat=True)):
            storage.clean().delete(key)
        Resume.objects.filter(pk=resume.pk, candidate__isnull=True).delete()
        gone += 1
    return {"files of nobody": gone}


def refused_uploads(before: datetime) -> dict[str, int]:
    """The names of files that never became anybody's."""
    states = [UploadTicket.State.REJECTED, UploadTicket.State.EXPIRED]
    old = UploadTicket.objects.filter(state__in=states, settled_at__lt=before, resume__isnull=True)
    return {"refused uploads": old.filter(Q(candidate__isnull=True) | Q(duplicate_of__isnull=True)).delete()[0]}


def ended_work(before: datetime) -> dict[str, int]:
    """What long work said of people when it ended."""
    old = LongTask.objects.filter(ended_at__lt=before).exclude(params={}, result={}, message="")
    return {"ended long work": old.update(params={}, result={}, message="", file_name="")}


def register() -> None:
    for one in (unread_files, refused_uploads, ended_work):
        erasing.leftover(one)
