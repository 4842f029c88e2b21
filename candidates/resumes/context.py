"""What one upload has become so far on its way to a resume."""

from __future__ import annotations

from dataclasses import dataclass, field

from candidates.models import UploadTicket
from candidates.resumes.document import Document, Kind
from candidates.resumes.extract import Limits
from candidates.resumes.reading import ReadResume
from hrassist.lib.errors import DomainError


class Rejected(DomainError):
    """The file is not taken: `code` and `message` are what the person who uploaded it sees."""

    code = "rejected"


@dataclass(frozen=True, slots=True)
class PageImage:
    """A drawn page; `width` and `height` in pixels, `key` once it is stored."""

    data: bytes
    content_type: str
    width: int
    height: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Each step takes one and returns a fuller one; `fence` is what the claim got and the last step must still hold."""

    ticket: UploadTicket
    fence: int
    limits: Limits
    data: bytes = field(default=b"", repr=False)
    sha256: str = ""
    kind: Kind | None = None
    document: Document | None = None
    unreadable_for: str = ""
    scanned_by: str = ""
    reading: ReadResume | None = None
    pages: tuple[PageImage, ...] = ()
    warnings: tuple[str, ...] = ()
    key: str = ""
    version_id: str = ""
    vector: tuple[float, ...] = ()
    model_hash: str = ""
