"""The functions that run inside the cage: bytes in, bytes out."""

from __future__ import annotations

import json
from dataclasses import asdict

from candidates.resumes.document import Document, Kind
from candidates.resumes.extract import extract
from candidates.resumes.extract.limits import Limits
from candidates.resumes.structure import check


def read(data: bytes, *, limits: Limits) -> bytes:
    """Check and read a file; the document as JSON."""
    check(data, limits=limits)
    return encode_document(extract(data, limits=limits))


def render(data: bytes, *, limits: Limits) -> bytes:
    """Check a file and draw its pages: PNG images, each after its length; nothing for formats without pages."""
    if check(data, limits=limits) is not Kind.PDF:
        return b""
    from candidates.resumes.render import render_pages  # noqa: PLC0415

    return b"".join(len(image).to_bytes(4, "big") + image for image in render_pages(data, limits=limits))


def encode_document(document: Document) -> bytes:
    """A document as JSON, for the way out of the cage."""
    return json.dumps(asdict(document)).encode()
