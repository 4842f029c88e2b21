"""The door to pictures that somebody uploaded: redrawn in the cage, or refused."""

from __future__ import annotations

from candidates.resumes.cage import run_in_cage
from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import Limits
from hrassist.lib.errors import DomainError

MOST_BYTES = 2 * 1024 * 1024
_LIMITS = Limits(max_bytes=MOST_BYTES, cpu_seconds=5, wall_seconds=10.0)


class NotAPicture(DomainError):
    """The file cannot be used as a picture."""

    code = "not_a_picture"


def safe_png(data: bytes) -> bytes:
    """The picture as a small PNG of our own drawing. Raises NotAPicture with what to do."""
    if len(data) > MOST_BYTES:
        raise NotAPicture("This file has more than 2 MB. Save the picture smaller.")
    try:
        outcome = run_in_cage("candidates.resumes.picture:redraw", data, limits=_LIMITS, output_bytes=MOST_BYTES)
    except Unreadable as error:
        raise NotAPicture(f"{error} Use a PNG or JPEG of your logo.".strip()) from error
    return outcome.output
