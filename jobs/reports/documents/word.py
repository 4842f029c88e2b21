"""The same report as DOCX: real headings, tables whose heads repeat, pictures with a text for who cannot see them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from hrassist.lib import docx_look, typesetting

FONT = "Calibri"
GREY = "5B6270"
HAIR = "D5D9E0"
TEXT_MM = 170
# Twentieths of a point, which is what widths of cells are told in.
TWIPS_A_MM = 56.7
PICTURE = Path(__file__).parent / "templates" / "picture.typ"
PICTURE_DPI = 150


def report(paper: Mapping[str, Any], *, made_at: datetime) -> bytes:
    document = _document(paper, made_at=made_at)
    _headed(document, paper["title"], level=1)
    if paper["subtitle"]:
        _styled(document.add_paragraph(), paper["subtitle"], size=12, colour=GREY)
    if paper["facts"]:
        _facts(document, paper["facts"])
    _styled(document.add_paragraph(), paper["made"], size=8.5, colour=GREY)
    for section in paper["sections"]:
        _headed(document, section["heading"], level=2)
        for block in section["blocks"]:
            WRITERS[block["kind"]](document, block)
    return _saved(document)


def _document(paper: Mapping[str, Any], *, made_at: datetime) -> Document:
    document = docx.Document()
    brand = paper["brand"]
    core = document.core_properties
    core.title, core.author, core.language = paper["title"], brand["name"], paper["language"]
    core.subject, core.comments = paper["subtitle"][:255], paper["made"][:255]
    core.last_modified_by = brand["name"]
    core.created = core.modified = typesetting.whole_second(made_at).replace(tzinfo=None)
    core.revision = 1
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(28), Mm(22)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10)
    normal.paragraph_format.space_after = Pt(5)
    document.styles["List Bullet"].paragraph_format.space_after = Pt(2)
    for level, size, before in ((1, 20, 0), (2, 14, 16), (3, 11, 10)):
        style = document.styles[f"Heading {level}"]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(size), True
        style.font.color.rgb = RGBColor.from_string(brand["heading"].removeprefix("#").upper())
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(4)
        # The template's headings name a theme font, which goes before the one set here.
        fonts = style.element.rPr.rFonts
        for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{name}"), None)
    # The template's footer stops twice before, for wider margins.
    document.styles["Footer"].paragraph_format.tab_stops.clear_all()
    _head(section.header.paragraphs[0], brand)
    _foot(section.footer.paragraphs[0], paper["foot"])
    return document


def _head(line: Paragraph, brand: Mapping[str, Any]) -> None:
    if brand["logo"]:
        shape = line.add_run().add_picture(io.BytesIO(bytes(brand["logo"])), height=Mm(min(9, 70 / brand["ratio"])))
        _describe(shape, brand["name"])
    else:
        _styled(line, brand["name"], size=10, colour=brand["heading"].removeprefix("#"), bold=True)
    border = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "4"), ("color", brand["accent"].removeprefix("#"))):
        bottom.set(qn(f"w:{name}"), value)
    border.append(bottom)
    line._p.get_or_add_pPr().append(border)


def _foot(line: Paragraph, foot: str) -> None:
    line.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)
    _styled(line, f"{foot}\tPage ", size=8, colour=GREY)
    _field(line, "PAGE")
    _styled(line, " of ", size=8, colour=GREY)
    _field(line, "NUMPAGES")


def _field(line: Paragraph, code: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = line.add_run("1")
    run.font.size, run.font.color.rgb = Pt(8), RGBColor.from_string(GREY)
    field.append(run._r)
    line._p.append(field)


def _styled(
    line: Paragraph, words: str, *, size: float, colour: str = "", bold: bool = False, italic: bool = False
) -> Paragraph:
    run = line.add_run(words)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour.upper())
    return line


def _headed(document: Document, words: str, *, level: int) -> Paragraph:
    # By the style's id: given its name, the library reads every style anew for each heading.
    line = document.add_paragraph(words)
    line._p.style = f"Heading{level}"
    return line


def _text(document: Document, block: Mapping[str, Any]) -> None:
    document.add_paragraph(block["text"])


def _quiet(document: Document, block: Mapping[str, Any]) -> None:
    _styled(document.add_paragraph(), block["text"], size=9, colour=GREY)


def _heading(document: Document, block: Mapping[str, Any]) -> None:
    line = _headed(document, block["text"], level=3)
    if block["note"]:
        _styled(line, f"  {block['note']}", size=9, colour=GREY).runs[-1].bold = False


def _figures(document: Document, block: Mapping[str, Any]) -> None:
    """Numbers as a table of two rows, so that a reader's program says which number is which."""
    items = block["items"]
    columns = [{"label": label, "width": 1, "align": "left"} for label, _, _ in items]
    values = [value if not note else f"{value}  ({note})" for _, value, note in items]
    _grid(document, columns, [values])


def _facts(document: Document, rows: Sequence[Sequence[str]]) -> None:
    for label, value in rows:
        line = document.add_paragraph()
        line.paragraph_format.tab_stops.add_tab_stop(Mm(40))
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Mm(40), Mm(-40)
        line.paragraph_format.space_after = Pt(1)
        _styled(line, f"{label}\t", size=9.5, colour=GREY)
        _styled(line, value, size=9.5)


def _fact_block(document: Document, block: Mapping[str, Any]) -> None:
    _facts(document, block["rows"])


def _list(document: Document, block: Mapping[str, Any]) -> None:
    for one in block["items"]:
        document.add_paragraph(one)._p.style = "ListBullet"


def _evidence(document: Document, block: Mapping[str, Any]) -> None:
    columns = [
        {"label": label, "width": width, "align": "left"}
        for label, width in (("Asked for", 2.3), ("Found", 2.3), ("In the resume", 4))
    ]
    _grid(document, columns, [[asked, strength, quote or "–"] for asked, strength, quote in block["items"]])


def _table(document: Document, block: Mapping[str, Any]) -> None:
    _grid(document, block["columns"], block["rows"])


def _grid(document: Document, columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[str]]) -> None:
    """A table whose head repeats on each page.

    Written as text and read at once: the library looks every cell up anew, and made element by element five hundred
    rows still take most of a second.
    """
    whole = sum(one["width"] for one in columns)
    widths = [round(TEXT_MM * TWIPS_A_MM * one["width"] / whole) for one in columns]
    line = f'w:val="single" w:sz="4" w:space="0" w:color="{HAIR}"'
    head = [_cell(one, width, head=True) for one, width in zip(columns, widths, strict=True)]
    body = [_cell(one, width, first=at == 0) for at, (one, width) in enumerate(zip(columns, widths, strict=True))]
    table = parse_xml(
        "".join(
            [
                f"<w:tbl {nsdecls('w')}><w:tblPr>",
                f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/>',
                f"<w:tblBorders><w:bottom {line}/><w:insideH {line}/></w:tblBorders>",
                '<w:tblLayout w:type="fixed"/>',
                '<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar>',
                '<w:tblLook w:val="0420" w:firstRow="1" w:noVBand="1"/></w:tblPr><w:tblGrid>',
                *(f'<w:gridCol w:w="{width}"/>' for width in widths),
                "</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>",
                _row(head, [one["label"] for one in columns]),
                *("<w:tr><w:trPr><w:cantSplit/></w:trPr>" + _row(body, row) for row in rows),
                "</w:tbl>",
            ]
        )
    )
    document.element.body.insert_element_before(table, "w:sectPr")
    document.add_paragraph().paragraph_format.space_after = Pt(4)


def _cell(column: Mapping[str, Any], width: int, *, head: bool = False, first: bool = False) -> str:
    """A cell of the column up to its words."""
    side = '<w:jc w:val="right"/>' if column["align"] == "right" else ""
    look = ("<w:b/>" if head or first else "") + (f'<w:color w:val="{GREY}"/>' if head else "")
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="30" w:after="30"/>{side}</w:pPr>'
        f'<w:r><w:rPr>{look}<w:sz w:val="17"/></w:rPr><w:t xml:space="preserve">'
    )


def _row(cells: Sequence[str], said: Sequence[str]) -> str:
    filled = zip(cells, said, strict=True)
    return "".join(f"{cell}{escape(words)}</w:t></w:r></w:p></w:tc>" for cell, words in filled) + "</w:tr>"


def _chart(document: Document, block: Mapping[str, Any]) -> None:
    (picture,) = typesetting.pictures(PICTURE, {"svg": block["svg"]}, dots_per_inch=PICTURE_DPI)
    shape = document.add_picture(io.BytesIO(picture), width=Mm(TEXT_MM))
    _describe(shape, block["alt"])


def _describe(shape: Any, words: str) -> None:
    shape._inline.docPr.set("descr", words)
    for side in ("distT", "distB", "distL", "distR"):
        # Left out they are nothing to Word and three millimetres to LibreOffice, which moves the chart past the margin.
        shape._inline.set(side, "0")


WRITERS = {
    "text": _text, "quiet": _quiet, "heading": _heading, "figures": _figures, "facts": _fact_block, "list": _list,
    "evidence": _evidence, "table": _table, "chart": _chart,
}  # fmt: skip


def _saved(document: Document) -> bytes:
    docx_look.set_by_own_words(document.element.body)
    whole = io.BytesIO()
    document.save(whole)
    return typesetting.without_clock(whole.getvalue())
