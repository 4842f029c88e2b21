"""A DOCX that programs read as well as people: one column, real headings and lists, no table and no text box."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from hrassist.lib import docx_look, typesetting

FONT = "Calibri"
QUIET = RGBColor(0x55, 0x55, 0x55)
HAIR = "A6A6A6"
AI_MADE = "AI-made; AI-generated"
TEXT_WIDTH = Mm(170)


def resume_docx(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    document = _document(paper, made_at=made_at)
    docx_look.line_below(document.styles["Heading 1"], colour=HAIR)
    _line(document, paper["name"], size=20, bold=True)
    if paper["headline"]:
        _line(document, paper["headline"], size=12)
    if paper["contact"]:
        _line(document, " | ".join(paper["contact"]), size=10, colour=QUIET)
    for section in paper["sections"]:
        document.add_heading(section["heading"], level=1)
        if section["text"]:
            document.add_paragraph(section["text"])
        for item in section["items"]:
            if section["kind"] == "entries":
                _entry(document, item)
            else:
                document.add_paragraph(item)
    return _saved(document)


def letter_docx(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    document = _document(paper, made_at=made_at)
    _line(document, paper["name"], size=14, bold=True)
    if paper["contact"]:
        _line(document, " | ".join(paper["contact"]), size=10, colour=QUIET)
    document.add_paragraph()
    # Two lines, not one with a tab between: what reads it line by line takes each for itself.
    if paper["to"]:
        _line(document, paper["to"], size=10.5)
    document.add_paragraph(paper["date"]).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_heading(paper["subject"], level=1)
    for text in (paper["greeting"], *paper["paragraphs"], paper["closing"]):
        document.add_paragraph(text)
    document.add_paragraph(paper["name"]).paragraph_format.space_before = Pt(14)
    return _saved(document)


def _document(paper: Mapping[str, Any], *, made_at: datetime) -> Document:
    document = docx.Document()
    core = document.core_properties
    core.title, core.author, core.language = paper["title"], paper["name"], paper["language"]
    core.keywords, core.comments, core.category = AI_MADE, paper["label"][:255], "AI-made"
    core.last_modified_by = "hrassist"
    core.created = core.modified = typesetting.whole_second(made_at).replace(tzinfo=None)
    core.revision = 1
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10.5)
    normal.paragraph_format.space_after = Pt(4)
    bullets = document.styles["List Bullet"]
    bullets.paragraph_format.space_after = Pt(2)
    heading = document.styles["Heading 1"]
    heading.font.name, heading.font.size, heading.font.color.rgb = FONT, Pt(12.5), RGBColor(0, 0, 0)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), Pt(4)
    # The template's headings name a theme font, which goes before the one set here.
    fonts = heading.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    footer = section.footer.paragraphs[0]
    run = footer.add_run(paper["label"])
    run.font.size, run.font.color.rgb = Pt(8), QUIET
    return document


def _entry(document: Document, item: Mapping[str, Any]) -> None:
    head = document.add_paragraph()
    head.paragraph_format.space_before, head.paragraph_format.space_after = Pt(6), Pt(0)
    head.paragraph_format.keep_with_next = True
    head.add_run(item["head"]).bold = True
    if item["when"]:
        when = document.add_paragraph()
        when.paragraph_format.space_after = Pt(2)
        when.paragraph_format.keep_with_next = bool(item["lines"])
        when.add_run(item["when"]).font.color.rgb = QUIET
    for line in item["lines"]:
        document.add_paragraph(line, style="List Bullet")


def _line(
    document: Document, text: str, *, size: float, bold: bool = False, colour: RGBColor | None = None
) -> None:  # fmt: skip
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(size)
    if colour is not None:
        run.font.color.rgb = colour


def _saved(document: Document) -> bytes:
    docx_look.set_by_own_words(document.element.body)
    whole = io.BytesIO()
    document.save(whole)
    return typesetting.without_clock(whole.getvalue())
