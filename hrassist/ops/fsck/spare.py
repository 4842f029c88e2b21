"""How a stored file comes back: from the second place by its SHA-256, a picture of a page by drawing it again."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from candidates.models import Resume, ResumePage
from candidates.resumes.cage import read_and_draw_in_cage
from hrassist.lib import storage
from hrassist.lib.errors import DomainError
from hrassist.ops.backup import files, keys, places
from hrassist.ops.fsck.broken import Repair


class NotYet(Exception):
    """It cannot be mended now; the message says why."""


def bringing_back(resume: Resume) -> Repair:
    """The same bytes from the newest copy that has them, under the key of the row."""

    def bring_back() -> str:
        place = files.bring_back(sha256=resume.sha256, key=resume.key)
        return f"resume {resume.pk} came back from place {place}"

    return bring_back


def bringing_back_key(key: str) -> Repair:
    """The bytes that the newest list of a place names for this key."""

    def bring_back() -> str:
        place = files.bring_back_key(key)
        return f"{key} came back from place {place}"

    return bring_back


def sums_of_copies() -> dict[str, str]:
    """By key the SHA-256 that a file had when it was copied; of a place that cannot be read backup_status tells."""
    sums: dict[str, str] = {}
    try:
        ring, found = keys.configured(), places.configured()
    except DomainError:
        return sums
    for place in found:
        with suppress(DomainError):
            listed = files.newest_list(place, ring=ring) or {"files": {}}
            sums = {key: one["sha256"] for key, one in listed["files"].items()} | sums
    return sums


def drawing_page_again(page: ResumePage) -> Repair:
    """A picture holds nothing that its resume does not."""

    def draw() -> str:
        resume = page.resume
        data = b"".join(storage.clean().open(resume.key))
        if hashlib.sha256(data).hexdigest() != resume.sha256:
            raise NotYet(f"resume {resume.pk} itself is altered: it comes first")
        _, pictures = read_and_draw_in_cage(data)
        if page.number > len(pictures):
            raise NotYet(f"resume {resume.pk} has {len(pictures)} pages that can be drawn")
        storage.clean().put(page.key, pictures[page.number - 1], content_type="image/png")
        return f"page {page.number} of resume {resume.pk} was drawn again"

    return draw
