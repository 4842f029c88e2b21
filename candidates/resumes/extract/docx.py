"""DOCX to text in reading order: body, tables, text boxes, headers, footers; what Word hides is set aside."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from xml.etree.ElementTree import Element

from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.archive import Archive
from candidates.resumes.extract.cleaning import BULLET, cap_hidden, clean
from candidates.resumes.extract.docx_styles import Look, Styles, W, with_run, with_shading
from candidates.resumes.extract.limits import Limits
from candidates.resumes.extract.links import contact_address, is_visible

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
_V = "{urn:schemas-microsoft-com:vml}"
# ISO "strict" files use other addresses for the same elements.
_STRICT = {
    "http://purl.oclc.org/ooxml/wordprocessingml/main": W[1:-1],
    "http://purl.oclc.org/ooxml/officeDocument/relationships": _R[1:-1],
    "http://purl.oclc.org/ooxml/drawingml/main": _A[1:-1],
}
_DROPPED = frozenset(
    [
        f"{W}{tag}"
        for tag in [
            "del",
            "moveFrom",
            "delText",
            "instrText",
            "delInstrText",
            "rPr",
            "pPr",
            "sectPr",
            "tblPr",
            "tblGrid",
            "trPr",
            "sdtPr",
        ]
    ]
    + [f"{_MC}Fallback", f"{W}footnoteReference", f"{W}commentReference", f"{W}annotationRef", f"{W}footnoteRef"]
)
_BREAKS = {f"{W}tab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": "\t"}
PAGE_BREAK = "\f"


class _Reader:
    def __init__(self, styles: Styles, targets: dict[str, str], *, tiny_points: float) -> None:
        self.out: list[str] = []
        self.hidden: list[HiddenText] = []
        self.links: list[str] = []
        self._styles, self._targets, self._tiny_points = styles, targets, tiny_points
        # A text box stands beside its paragraph, so its text follows when the paragraph is done.
        self._boxes: list[tuple[Element, Look]] = []
        self._depth = 0

    def block(self, parent: Element, look: Look) -> None:
        """The paragraphs, tables and controls of a body, cell, text box, header or footer."""
        for child in parent:
            if child.tag == f"{W}p":
                self._paragraph(child, look)
            elif child.tag == f"{W}tbl":
                self._table(child, look)
            elif child.tag not in _DROPPED and len(child):
                self.block(child, look)

    def _table(self, table: Element, look: Look) -> None:
        look = with_shading(look, table.find(f"{W}tblPr"))
        named = table.find(f"{W}tblPr/{W}tblStyle")
        if named is not None and named.get(f"{W}val", "") not in {"", "TableGrid", "TableNormal"}:
            # Table styles colour rows by rules that we do not follow; white text there is usually a header row.
            look = replace(look, has_background=True)
        for row in table.iter(f"{W}tr"):
            if row.find(f"{W}trPr/{W}del") is not None:
                continue
            for cell in row:
                if cell.tag in {f"{W}tc", f"{W}sdt"}:
                    self.block(cell, with_shading(look, cell.find(f"{W}tcPr")))

    def _paragraph(self, paragraph: Element, look: Look) -> None:
        properties = paragraph.find(f"{W}pPr")
        look = with_shading(self._styles.with_style(look, properties, tag="pStyle"), properties)
        if properties is not None and self._is_item(properties):
            self.out.append(f"{BULLET} ")
        outer, self._boxes = self._boxes, []
        self._inline(paragraph, look)
        self.out.append("\n")
        boxes, self._boxes = self._boxes, outer
        for box, its_look in boxes:
            self.block(box, its_look)

    def _is_item(self, properties: Element) -> bool:
        named = properties.find(f"{W}pStyle")
        style = named.get(f"{W}val", "") if named is not None else ""
        number = properties.find(f"{W}numPr/{W}numId")
        if number is None:
            return self._styles.is_list(style)
        return number.get(f"{W}val") != "0" and not style.lower().startswith("heading")

    def _inline(self, parent: Element, look: Look) -> None:
        for child in parent:
            tag = child.tag
            if tag == f"{W}r":
                properties = child.find(f"{W}rPr")
                self._inline(child, with_run(self._styles.with_style(look, properties, tag="rStyle"), properties))
            elif tag in {f"{W}t", f"{_A}t"}:
                self._write(child.text or "", look)
            elif tag in _BREAKS:
                self._write(_BREAKS[tag], look)
            elif tag == f"{W}br":
                self._write(PAGE_BREAK if child.get(f"{W}type") == "page" else "\n", look)
            elif tag == f"{W}lastRenderedPageBreak":
                self.out.append(PAGE_BREAK)
            elif tag == f"{W}sym":
                self._write(BULLET, look)
            elif tag == f"{W}txbxContent":
                self._boxes.append((child, look))
            elif tag in {f"{_WPS}wsp", f"{_V}shape", f"{_V}rect", f"{_V}roundrect"}:
                # A shape starts a new look: its own paper, not the paragraph's run format.
                self._inline(child, Look(has_background=look.has_background or _is_filled(child)))
            elif tag == f"{W}hyperlink":
                self.links.append(self._targets.get(child.get(f"{_R}id", ""), ""))
                self._inline(child, look)
            elif tag not in _DROPPED and not _is_placeholder(child):
                self._inline(child, look)

    def _write(self, text: str, look: Look) -> None:
        reason = look.reason(tiny_points=self._tiny_points)
        if not reason:
            self.out.append(text)
        elif text.strip():
            self.hidden.append(HiddenText(page=1, text=text, reason=reason))


def read(data: bytes, *, limits: Limits) -> Document:
    """The visible text; pages are those of the last program that saved the file."""
    archive = Archive(data, limits=limits)
    main = _main_part(archive, limits=limits)
    root = _tree(archive, main)
    body = root.find(f"{W}body")
    if body is None:
        raise Unreadable("This Word file has no text body. Please save it again.", code="damaged_file")
    folder = posixpath.dirname(main)
    styles_part = f"{folder}/styles.xml"
    styles = Styles(_tree(archive, styles_part) if styles_part in archive.parts else None)
    page_look = Look(has_background=root.find(f"{W}background") is not None)
    texts: list[str] = []
    hidden: list[HiddenText] = []
    links: list[str] = []

    def read_part(name: str, element: Element) -> None:
        reader = _Reader(styles, _targets(archive, name), tiny_points=limits.tiny_points)
        reader.block(element, page_look)
        texts.append("".join(reader.out))
        hidden.extend(reader.hidden)
        links.extend(reader.links)

    for name in _parts(archive, folder, "header"):
        read_part(name, _tree(archive, name))
    read_part(main, body)
    for name in (*_parts(archive, folder, "footnotes"), *_parts(archive, folder, "footer")):
        read_part(name, _tree(archive, name))
    pages, more_hidden = pages_of("\n".join(text for text in texts if text.strip()), engine="docx", limits=limits)
    pages = with_links(pages, links)
    return Document(kind=Kind.DOCX, pages=pages, hidden=cap_hidden([*hidden, *more_hidden], limit=limits.hidden_chars))


def pages_of(text: str, *, engine: str, limits: Limits) -> tuple[tuple[Page, ...], list[HiddenText]]:
    """Cleaned pages of a text with form feeds, without empty ones. Raises Unreadable no_text."""
    pages: list[Page] = []
    hidden: list[HiddenText] = []
    for part in text.split(PAGE_BREAK):
        cleaned, its_hidden = clean(part, page=len(pages) + 1)
        hidden.extend(its_hidden)
        if cleaned and len(pages) < limits.pdf_pages:
            pages.append(Page(number=len(pages) + 1, text=cleaned, engine=engine))
        elif cleaned:
            pages[-1] = replace(pages[-1], text=f"{pages[-1].text}\n{cleaned}")
    if not pages:
        raise Unreadable("No text was found in this file.", code="no_text")
    return tuple(pages), hidden


def with_links(pages: tuple[Page, ...], targets: list[str]) -> tuple[Page, ...]:
    """The pages with the person's addresses that only links hold, at the end of the first page."""
    shown = "\n".join(page.text for page in pages)
    missing = dict.fromkeys(one for one in map(contact_address, targets) if one and not is_visible(one, text=shown))
    return (replace(pages[0], text="\n".join([pages[0].text, *missing])), *pages[1:]) if missing else pages


def _main_part(archive: Archive, *, limits: Limits) -> str:
    if "_rels/.rels" in archive.parts:
        for one in archive.xml("_rels/.rels").iter(_RELATIONSHIP):
            target = posixpath.normpath(one.get("Target", "").lstrip("/"))
            if one.get("Type", "").endswith("/officeDocument") and target in archive.parts:
                return target
    if "word/document.xml" in archive.parts:
        return "word/document.xml"
    raise Unreadable("This Word file has no text body. Please save it again.", code="damaged_file")


def _parts(archive: Archive, folder: str, stem: str) -> list[str]:
    return sorted(name for name in archive.names if name.startswith(f"{folder}/{stem}") and name.endswith(".xml"))


def _targets(archive: Archive, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.parts:
        return {}
    return {
        one.get("Id", ""): one.get("Target", "")
        for one in archive.xml(relations).iter(_RELATIONSHIP)
        if one.get("Type", "").endswith("/hyperlink")
    }


def _tree(archive: Archive, name: str) -> Element:
    root = archive.xml(name)
    if root.tag.startswith("{http://purl.oclc.org/"):
        for one in root.iter():
            one.tag = _transitional(one.tag)
            for key in [key for key in one.attrib if key.startswith("{http://purl.oclc.org/")]:
                one.set(_transitional(key), one.attrib.pop(key))
    return root


def _transitional(tag: str) -> str:
    space, _, name = tag[1:].partition("}")
    return f"{{{_STRICT.get(space, space)}}}{name}"


def _is_filled(shape: Element) -> bool:
    if shape.tag.startswith(_V):
        return shape.get("filled") not in {"f", "false"} and shape.get("fillcolor", "white") not in {
            "white",
            "#ffffff",
            "#fff",
        }
    properties = shape.find(f"{_WPS}spPr")
    if properties is not None:
        if properties.find(f"{_A}noFill") is not None:
            return False
        fill = properties.find(f"{_A}solidFill")
        if fill is not None:
            return any(one.get("val", "").lower() not in {"ffffff", "bg1", "window"} for one in fill)
        if properties.find(f"{_A}gradFill") is not None or properties.find(f"{_A}blipFill") is not None:
            return True
    reference = shape.find(f"{_WPS}style/{_A}fillRef")
    return reference is not None and reference.get("idx", "0") != "0"


def _is_placeholder(element: Element) -> bool:
    # "Click here to enter text" of a template, which nobody wrote.
    return element.tag == f"{W}sdt" and element.find(f"{W}sdtPr/{W}showingPlcHdr") is not None
