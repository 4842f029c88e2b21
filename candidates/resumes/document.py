"""The shapes that pass between the stages of reading a resume; plain data, no Django."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from hrassist.lib.errors import DomainError

PAGE_BREAK = "\f"


class Kind(StrEnum):
    """A file format that can be read."""

    PDF = "pdf"
    DOCX = "docx"
    ODT = "odt"
    RTF = "rtf"
    TXT = "txt"
    HTML = "html"


class Unreadable(DomainError):
    """A file that ends here, with a reason code that the person sees and a test can name."""

    code = "unreadable"
    default_message = "This file could not be read."


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `number` from 1, its visible text, and the engine that read it (pdfium, pdf_oxide, tesseract, …)."""

    number: int
    text: str
    engine: str


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text of the file that a reader would not see, and why (white, tiny, off_page, render_mode, zero_width, tag)."""

    page: int
    text: str
    reason: str


@dataclass(frozen=True)
class Document:
    """The visible text of a file, page by page.

    `text` joins the pages with a form feed; every offset elsewhere counts characters of `text`.
    """

    kind: Kind
    pages: tuple[Page, ...]
    hidden: tuple[HiddenText, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        return PAGE_BREAK.join(page.text for page in self.pages)

    @cached_property
    def page_starts(self) -> tuple[int, ...]:
        starts, at = [], 0
        for page in self.pages:
            starts.append(at)
            at += len(page.text) + len(PAGE_BREAK)
        return tuple(starts)

    def page_at(self, offset: int) -> int:
        """The page number, from 1, that holds this offset of `text`."""
        return max(1, bisect_right(self.page_starts, offset))


class Label(StrEnum):
    """What a span of a resume says."""

    NAME = "NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    LINK = "LINK"
    LOCATION = "LOCATION"
    TITLE = "TITLE"
    EMPLOYER = "EMPLOYER"
    EXPERIENCE = "EXPERIENCE"
    SCHOOL = "SCHOOL"
    DEGREE = "DEGREE"
    GRADUATION_YEAR = "GRADUATION_YEAR"
    SKILL = "SKILL"
    LANGUAGE = "LANGUAGE"
    SUMMARY = "SUMMARY"


@dataclass(frozen=True, slots=True)
class Field:
    """One parsed value with its evidence.

    `start`/`end` are offsets of `Document.text` (end exclusive), `page` counts from 1, `confidence` is 0..1, `path` is
    the JSON pointer of the value in the JSON Resume (empty where it has no place there). `concept` is the ESCO or O*NET
    identifier that a skill or title was normalised to.
    """

    label: Label
    value: str
    start: int
    end: int
    page: int
    confidence: float
    path: str = ""
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of the resume: `kind` is experience, education, skills, summary, contact, … or other."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ParsedResume:
    """What the parser found: a JSON Resume (jsonresume.org, schema 1.0.0), evidence for each value, the sections."""

    json_resume: dict[str, Any]
    fields: tuple[Field, ...]
    sections: tuple[Section, ...] = ()
    language: str = ""
    parser_version: str = ""
    warnings: tuple[str, ...] = field(default_factory=tuple)

    def of(self, label: Label) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.label == label)
