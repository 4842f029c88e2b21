"""Uploads for tests: readable resumes as bytes, and the three steps that a browser takes with them."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import datetime
from typing import Any

from candidates.actions import uploads
from candidates.models import Candidate, UploadTicket
from candidates.tasks import ingest_upload
from hrassist.lib import storage
from hrassist.lib.storage import SignedUpload
from hrassist.models import User

TEXT = """Jane Doe
Staff Engineer
jane.doe@example.org
+49 30 901820
https://www.linkedin.com/in/jane-doe-example

SUMMARY
Engineer of billing systems with ten years of Python and PostgreSQL.

EXPERIENCE
Acme Corporation, Berlin
Staff Engineer, January 2019 to March 2024
Built the billing service in Python and PostgreSQL for four million customers.

EDUCATION
Technical University of Berlin
Master of Science in Computer Science, 2014

SKILLS
Python, PostgreSQL, Docker, Kubernetes
"""


def resume(name: str = "Jane Doe", email: str = "jane.doe@example.org", *, also: str = "") -> bytes:
    """A plain text resume of this person; `also` is appended, to make other bytes of the same person."""
    return (TEXT.replace("Jane Doe", name).replace("jane.doe@example.org", email) + also).encode()


def md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def issue(
    data: bytes, *, by: User, now: datetime, filename: str = "resume.txt", **more: Any
) -> tuple[UploadTicket, SignedUpload]:
    return uploads.issue(by=by, filename=filename, size=len(data), content_type="", md5=md5_of(data), now=now, **more)


def put(signed: SignedUpload, data: bytes) -> None:
    """What the disk's address does with a PUT of these bytes."""
    store = storage.incoming()
    assert isinstance(store, storage.DiskIncoming)
    store.receive(
        signed.url.rpartition("/")[2],
        length=str(len(data)),
        content_type=signed.headers["Content-Type"],
        md5_b64=signed.headers["Content-MD5"],
        body=io.BytesIO(data),
    )


def confirmed(
    data: bytes,
    *,
    by: User,
    now: datetime,
    filename: str = "resume.txt",
    candidate: Candidate | None = None,
    sha256: str = "",
) -> UploadTicket:
    """A ticket whose file is in the store and confirmed."""
    ticket, signed = issue(data, by=by, now=now, filename=filename, candidate=candidate, sha256=sha256)
    put(signed, data)
    return uploads.confirm(ticket_id=ticket.pk, by=by, now=now)


def ingested(data: bytes, **how: Any) -> UploadTicket:
    """A ticket after the worker had it."""
    ticket = confirmed(data, **how)
    ingest_upload(ticket_id=str(ticket.pk))
    ticket.refresh_from_db()
    return ticket
