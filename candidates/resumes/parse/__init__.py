"""Reads a resume's text into a JSON Resume, with a source span and a confidence for every value."""

from __future__ import annotations

from candidates.resumes.document import Document, Kind, Page, ParsedResume
from candidates.resumes.parse.found import reconcile
from candidates.resumes.parse.jsonresume import VERSION, build
from candidates.resumes.parse.names import read_person
from candidates.resumes.parse.tagger import tag


def parse(document: Document) -> ParsedResume:
    """Everything the text of a document says about its person; offsets count characters of `document.text`."""
    reading, name = read_person(document.text)
    return build(document, reading, reconcile(reading, tag(reading), name))


def document_of(text: str) -> Document:
    """Bare text as a document of one page."""
    return Document(Kind.TXT, (Page(1, text, "text"),))


__all__ = ["VERSION", "document_of", "parse"]
