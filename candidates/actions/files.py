"""Opening a resume's bytes for somebody: allowed, on record, and unaltered, in this order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast
from uuid import UUID

from audit import actions as audit
from candidates.models import Resume, ResumePage, ResumeText
from hrassist.lib import storage
from hrassist.lib.errors import DomainError, NotFound, Unavailable
from hrassist.lib.serving import FileFacts, OpenFile

if TYPE_CHECKING:
    from hrassist.models import User

# A file up to this size waits in memory until its hash is known, a larger one on disk.
IN_MEMORY = 10 * 1024 * 1024
# What we detected decides the type, never what an uploader said; a web page is handed over as bytes of no type.
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "txt": "text/plain; charset=utf-8",
}
UNTYPED = "application/octet-stream"
MEDIA_TYPES = (*(full.partition(";")[0] for full in CONTENT_TYPES.values()), UNTYPED)


class NotAllowed(DomainError):
    """The person may know of it but not do this with it."""

    code = "forbidden"
    status = 403
    default_message = "Your role does not include this."


class FileAltered(Unavailable):
    """What the store holds is not what was checked; nobody gets it."""

    code = "file_altered"
    status = 502
    default_message = (
        "This file was changed or lost in the store after it was checked, so it is not handed out. The operator finds "
        "it in the audit log; an earlier backup may hold it."
    )


def open_original(*, resume_id: UUID, by: User) -> OpenFile:
    """The original file, as it was when it was scanned.

    Raises NotFound, NotAllowed, AuditUnavailable before a byte is read, then FileAltered or StorageUnavailable.
    """
    resume = _original(resume_id, by)
    audit.viewed("resume.downloaded", target=resume, by=by, subject=resume.candidate_id)
    content, size, sha256 = _fetched(resume, by, key=resume.key)
    if sha256 != resume.sha256:
        content.close()
        raise _altered(resume, by, reason="sha256_differs", key=resume.key)
    return OpenFile(
        filename=_filename(resume), content_type=_content_type(resume), size=size, content=content, key=resume.key
    )


def open_page(*, resume_id: UUID, number: int, by: User) -> OpenFile:
    """The picture of one page. Each is an access of its own: a row says which pages somebody has seen."""
    page = _page(resume_id, number, by)
    audit.viewed("resume.page_viewed", target=page.resume, by=by, subject=page.resume.candidate_id, page=number)
    content, size, _ = _fetched(page.resume, by, key=page.key)
    return OpenFile(
        filename=f"page-{number}.png", content_type="image/png", size=size, inline=True, content=content, key=page.key
    )


def open_text(*, resume_id: UUID, by: User) -> str:
    """The visible text of a resume."""
    found = _text(resume_id, by)
    audit.viewed("resume.text_viewed", target=found.resume, by=by, subject=found.resume.candidate_id)
    return found.text


def describe_original(*, resume_id: UUID, by: User) -> FileFacts:
    """What the person would download; nothing is shown, so nothing is an access. Raises NotFound and NotAllowed."""
    resume = _original(resume_id, by)
    return FileFacts(filename=_filename(resume), content_type=_content_type(resume), size=resume.size)


def describe_page(*, resume_id: UUID, number: int, by: User) -> FileFacts:
    _page(resume_id, number, by)
    return FileFacts(filename=f"page-{number}.png", content_type="image/png", inline=True)


def describe_text(*, resume_id: UUID, by: User) -> FileFacts:
    _text(resume_id, by)
    return FileFacts(filename="resume.txt", content_type="text/plain; charset=utf-8", inline=True)


def _original(resume_id: UUID, by: User) -> Resume:
    return _allowed(resume_id, by, "candidates.download_resume", action="resume.downloaded")


def _page(resume_id: UUID, number: int, by: User) -> ResumePage:
    resume = _allowed(resume_id, by, "candidates.view_resumepage", action="resume.page_viewed")
    page = ResumePage.objects.filter(resume=resume, number=number).first()
    if page is None:
        raise NotFound("This resume has no page {number}.", number=number)
    page.resume = resume
    return page


def _text(resume_id: UUID, by: User) -> ResumeText:
    resume = _allowed(resume_id, by, "candidates.view_resumetext", action="resume.text_viewed")
    found = ResumeText.objects.filter(resume=resume).only("text").first()
    if found is None:
        raise NotFound("No text could be read from this file.")
    found.resume = resume
    return found


def _filename(resume: Resume) -> str:
    # `cv.pdf.exe` that is a PDF is saved as a PDF.
    name = PurePath(resume.filename).name
    return name if name.lower().endswith(f".{resume.kind}") else f"{PurePath(name).stem or 'resume'}.{resume.kind}"


def _content_type(resume: Resume) -> str:
    return CONTENT_TYPES.get(resume.kind, UNTYPED)


def _allowed(resume_id: UUID, by: User, permission: str, *, action: str) -> Resume:
    resume = Resume.objects.visible_to(by).filter(pk=resume_id).first()
    if resume is None:
        audit.denied(action, by=by, reason_code="absent_or_hidden", http_status=404, asked=resume_id)
        raise NotFound("There is no such resume, or you may not see it.")
    if not by.has_perm(permission):
        audit.denied(
            action, target=resume, by=by, subject=resume.candidate_id, reason_code="forbidden", http_status=403
        )
        raise NotAllowed
    return resume


def _fetched(resume: Resume, by: User, *, key: str) -> tuple[IO[bytes], int, str]:
    # Read to the end before the first byte leaves: a hash that is known afterwards protects nobody.
    content = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  the answer closes it
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(resume, by, key=key):
        content.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    content.seek(0)
    return content, size, digest.hexdigest()


def _chunks(resume: Resume, by: User, *, key: str) -> Iterator[bytes]:
    try:
        yield from storage.clean().open(key)
    except storage.ObjectMissing as error:
        raise _altered(resume, by, reason="object_missing", key=key) from error


def _altered(resume: Resume, by: User, *, reason: str, key: str) -> FileAltered:
    audit.failed(
        "resume.altered",
        target=resume,
        by=by,
        subject=resume.candidate_id,
        reason_code=reason,
        http_status=FileAltered.status,
        key=key,
    )
    return FileAltered()
