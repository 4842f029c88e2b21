"""The functions that run inside the cage: bytes in, bytes out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

from candidates.resumes.document import Document, Kind, Unreadable
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

    return encode_images(render_pages(data, limits=limits))


def read_and_draw(data: bytes, *, limits: Limits) -> bytes:
    """Check a file once, read it and draw its pages: the length of the document's JSON, the JSON, then the images."""
    kind = check(data, limits=limits)
    document = extract(data, limits=limits)
    images = b""
    if kind is Kind.PDF:
        from candidates.resumes.render import render_pages  # noqa: PLC0415

        try:
            images = encode_images(render_pages(data, limits=limits))
        except Unreadable as error:
            document = replace(document, warnings=(*document.warnings, f"pages not drawn: {error.code}"))
    encoded = encode_document(document)
    return len(encoded).to_bytes(4, "big") + encoded + images


def encode_images(images: Iterable[bytes]) -> bytes:
    """Images one after the other, each after its length, for the way out of the cage."""
    return b"".join(len(image).to_bytes(4, "big") + image for image in images)


def encode_document(document: Document) -> bytes:
    """A document as JSON, for the way out of the cage."""
    return json.dumps(asdict(document)).encode()


def fill(data: bytes, *, limits: Limits) -> bytes:
    """Check a Word file and fill its placeholders: the length of a question in JSON, the question, then the file.

    The answer has the same form: what was used and said in JSON, then the finished file.
    """
    end = 4 + int.from_bytes(data[:4], "big")
    asked, content = json.loads(data[4:end]), data[end:]
    if check(content, limits=limits) is not Kind.DOCX:
        raise Unreadable("This is no Word file. Save it as DOCX.", code="no_docx")
    from hrassist.lib import docx_form  # noqa: PLC0415  only this needs lxml

    try:
        filled = docx_form.fill(
            content, shape=asked["shape"], values=asked["values"], properties=asked["properties"].encode()
        )
    except docx_form.FormWrong as error:
        raise Unreadable(str(error), code="form_wrong") from error
    said = json.dumps(
        {"used": filled.used, "own_lines": filled.own_lines, "body_lines": filled.body_lines}
    ).encode()  # fmt: skip
    return len(said).to_bytes(4, "big") + said + filled.content
