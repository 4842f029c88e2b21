"""From bytes to a `Document`: one reader per format, chosen by what the bytes are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from candidates.resumes.document import Document, Kind, Unreadable
from candidates.resumes.extract.kinds import detect_kind
from candidates.resumes.extract.limits import Limits

__all__ = ["READERS", "Limits", "detect_kind", "extract"]

Reader = Callable[..., Document]

# Named, not imported: a text file must not pay for loading a PDF engine.
READERS: dict[Kind, str] = {
    Kind.PDF: "candidates.resumes.extract.pdf",
    Kind.DOCX: "candidates.resumes.extract.docx",
    Kind.ODT: "candidates.resumes.extract.odt",
    Kind.RTF: "candidates.resumes.extract.rtf",
    Kind.TXT: "candidates.resumes.extract.txt",
    Kind.HTML: "candidates.resumes.extract.html",
}


def extract(data: bytes, *, limits: Limits) -> Document:
    """The visible text of a file, page by page; hidden text is set aside.

    Meant to run inside the cage (candidates.resumes.cage), after candidates.resumes.structure.check.
    Raises Unreadable with a reason code.
    """
    read: Reader = import_module(READERS[detect_kind(data)]).read
    document = read(data, limits=limits)
    if len(document.text) > limits.text_chars:
        raise Unreadable(
            "This file holds {chars:,} characters of text, more than a resume can have.",
            code="too_much_text",
            chars=len(document.text),
        )
    return document
