"""DOCX resumes as people make them: headings, a layout table, a text box, a page header."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell

from hrassist.ops.demo.people import WRITTEN

TEXT_BOX = """
<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
     xmlns:v="urn:schemas-microsoft-com:vml">
  <w:pict><v:shape type="#_x0000_t202" style="position:absolute;margin-left:330pt;margin-top:0;width:160pt;height:90pt">
    <v:textbox><w:txbxContent/></v:textbox>
  </v:shape></w:pict>
</w:r>
"""


def write(sheet: dict[str, Any], *, layout: str) -> bytes:
    """The DOCX of a sheet in one of DOCX_LAYOUTS; the same bytes each time."""
    document = docx.Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(10.5)
    _LAYOUTS[layout](document, sheet)
    properties = document.core_properties
    properties.author, properties.title = sheet["name"], f"Resume of {sheet['name']}"
    properties.created = properties.modified = datetime(WRITTEN.year, WRITTEN.month, WRITTEN.day)  # noqa: DTZ001 - the format has no zone
    out = io.BytesIO()
    document.save(out)
    return pack(out.getvalue())


def pack(made: bytes) -> bytes:
    """The same archive with every member dated 1980: its bytes depend on the content alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _headings(document: Document, sheet: dict[str, Any]) -> None:
    """Word's own heading styles and bullet lists, contact under the name."""
    document.add_heading(sheet["name"], level=0)
    document.add_paragraph(sheet["headline"])
    document.add_paragraph(" | ".join(_contacts(sheet)))
    heads = sheet["headings"]
    document.add_heading(heads["summary"], level=1)
    document.add_paragraph(sheet["summary"])
    document.add_heading(heads["experience"], level=1)
    for position in sheet["positions"]:
        line = document.add_paragraph()
        line.add_run(position["title"]).bold = True
        line.add_run(f", {position['employer']}, {position['city']}")
        document.add_paragraph(position["dates"]).runs[0].italic = True
        for achievement in position["achievements"]:
            document.add_paragraph(achievement, style="List Bullet")
    document.add_heading(heads["education"], level=1)
    for study in sheet["studies"]:
        document.add_paragraph(f"{study['degree']}, {study['school']}, {study['years']}")
    _closing(document, sheet)


def _table(document: Document, sheet: dict[str, Any]) -> None:
    """A borderless table lays out the page: dates left, entries right."""
    title = document.add_paragraph()
    title.add_run(sheet["name"]).bold = True
    title.runs[0].font.size = Pt(20)
    document.add_paragraph(sheet["headline"])
    contact = document.add_table(rows=0, cols=2)
    for label, value in (
        ("E-mail", ", ".join(sheet["emails"])),
        ("Phone", sheet["phone"]),
        ("Address", sheet["location"]),
        *(("Profile", link) for link in sheet["links"]),
    ):
        _row(contact.add_row().cells, label, value)
    heads = sheet["headings"]
    document.add_heading(heads["summary"], level=2)
    document.add_paragraph(sheet["summary"])
    document.add_heading(heads["experience"], level=2)
    work = document.add_table(rows=0, cols=2)
    for position in sheet["positions"]:
        left, right = work.add_row().cells
        left.width, right.width = Cm(4), Cm(13)
        left.text = position["dates"]
        right.text = position["title"]
        right.paragraphs[0].runs[0].bold = True
        right.add_paragraph(f"{position['employer']}, {position['city']}")
        for achievement in position["achievements"]:
            right.add_paragraph(achievement, style="List Bullet")
    document.add_heading(heads["education"], level=2)
    schooling = document.add_table(rows=0, cols=2)
    for study in sheet["studies"]:
        cells = schooling.add_row().cells
        _row(cells, study["years"], study["degree"])
        cells[1].add_paragraph(study["school"])
    _closing(document, sheet)


def _text_box(document: Document, sheet: dict[str, Any]) -> None:
    """Contact stands in a floating text box, as many templates of the word processor do it."""
    name = document.add_paragraph()
    name.add_run(sheet["name"].upper()).bold = True
    name.runs[0].font.size = Pt(18)
    box = parse_xml(TEXT_BOX)
    content = next(element for element in box.iter() if str(element.tag).endswith("txbxContent"))
    for line in _contacts(sheet):
        paragraph = document.add_paragraph(line)
        content.append(paragraph._p)
    name._p.append(box)
    document.add_paragraph(sheet["headline"])
    heads = sheet["headings"]
    for kind in ("summary", "skills"):
        _coloured(document, heads[kind], accent=sheet["accent"])
        document.add_paragraph(sheet["summary"] if kind == "summary" else ", ".join(sheet["skills"]))
    _coloured(document, heads["experience"], accent=sheet["accent"])
    for position in sheet["positions"]:
        document.add_paragraph(f"{position['employer']}\t{position['dates']}")
        document.add_paragraph(position["title"]).runs[0].bold = True
        for achievement in position["achievements"]:
            document.add_paragraph(f"• {achievement}")
    _coloured(document, heads["education"], accent=sheet["accent"])
    for study in sheet["studies"]:
        document.add_paragraph(f"{study['school']}\t{study['years']}")
        document.add_paragraph(study["degree"])
    for kind in ("languages", "certificates"):
        if sheet[kind]:
            _coloured(document, heads[kind], accent=sheet["accent"])
            document.add_paragraph(", ".join(sheet[kind]))


def _page_header(document: Document, sheet: dict[str, Any]) -> None:
    """Name and contact stand in the page header, skills in a grid, no style but bold."""
    header = document.sections[0].header
    header.paragraphs[0].text = sheet["name"]
    header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    contact = header.add_paragraph(" • ".join(_contacts(sheet)))
    contact.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(sheet["headline"]).alignment = WD_ALIGN_PARAGRAPH.CENTER
    heads = sheet["headings"]
    _bold(document, heads["summary"])
    document.add_paragraph(sheet["summary"])
    _bold(document, heads["skills"])
    skills = sheet["skills"]
    grid = document.add_table(rows=0, cols=3)
    for at in range(0, len(skills), 3):
        for cell, skill in zip(grid.add_row().cells, skills[at : at + 3], strict=False):
            cell.text = skill
    _bold(document, heads["experience"])
    for position in sheet["positions"]:
        document.add_paragraph(f"{position['title']} at {position['employer']} ({position['dates']})")
        for achievement in position["achievements"]:
            document.add_paragraph(achievement, style="List Bullet")
    _bold(document, heads["education"])
    for study in sheet["studies"]:
        document.add_paragraph(f"{study['degree']} – {study['school']} ({study['years']})")
    for kind in ("languages", "certificates"):
        if sheet[kind]:
            _bold(document, heads[kind])
            document.add_paragraph(", ".join(sheet[kind]))


def _contacts(sheet: dict[str, Any]) -> list[str]:
    return [*sheet["emails"], sheet["phone"], sheet["location"], *sheet["links"]]


def _row(cells: tuple[_Cell, ...], label: str, value: str) -> None:
    cells[0].text, cells[1].text = label, value
    cells[0].width, cells[1].width = Cm(4), Cm(13)


def _bold(document: Document, text: str) -> None:
    document.add_paragraph().add_run(text).bold = True


def _coloured(document: Document, text: str, *, accent: str) -> None:
    run = document.add_paragraph().add_run(text.upper())
    run.bold = True
    run.font.color.rgb = RGBColor.from_string(accent.lstrip("#").upper())


def _closing(document: Document, sheet: dict[str, Any]) -> None:
    for kind in ("skills", "languages", "certificates"):
        if sheet[kind]:
            document.add_heading(sheet["headings"][kind], level=1)
            document.add_paragraph(", ".join(sheet[kind]))


_LAYOUTS: dict[str, Callable[[Document, dict[str, Any]], None]] = {
    "headings": _headings,
    "table": _table,
    "text_box": _text_box,
    "page_header": _page_header,
}
DOCX_LAYOUTS = tuple(_LAYOUTS)
