"""ODT to text in reading order, with lists, tables and text frames; hidden and white text is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from candidates.resumes.document import Document, HiddenText, Kind, Unreadable
from candidates.resumes.extract.archive import Archive
from candidates.resumes.extract.cleaning import BULLET, cap_hidden
from candidates.resumes.extract.docx import PAGE_BREAK, pages_of, with_links
from candidates.resumes.extract.limits import Limits

_O = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_T = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_S = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_D = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_DROPPED = frozenset(
    [
        *(f"{_T}{tag}" for tag in ("tracked-changes", "sequence-decls", "note-citation", "hidden-text")),
        *(f"{_O}{tag}" for tag in ("annotation", "forms", "binary-data")),
        *(f"{_D}object", f"{_D}object-ole", f"{_T}table-of-content-source"),
    ]
)
_MOST_SPACES = 50


@dataclass(frozen=True, slots=True)
class _Style:
    parent: str = ""
    is_hidden: bool = False
    colour: str = ""
    points: float = 0
    has_background: bool = False
    breaks_page: bool = False


class _Reader:
    def __init__(self, styles: dict[str, _Style], *, tiny_points: float) -> None:
        self.out: list[str] = []
        self.hidden: list[HiddenText] = []
        self.links: list[str] = []
        self._styles, self._tiny_points = styles, tiny_points

    def walk(self, element: Element, look: _Style) -> None:
        tag = element.tag
        if tag in _DROPPED:
            return
        look = self._under(look, element)
        if tag == f"{_T}list-item":
            self.out.append(f"{BULLET} ")
        elif tag == f"{_T}a":
            self.links.append(element.get(f"{_XLINK}href", ""))
        elif tag == f"{_T}s":
            self.out.append(" " * min(_count(element), _MOST_SPACES))
        elif tag == f"{_T}tab":
            self.out.append("\t")
        elif tag in {f"{_T}line-break", f"{_D}text-box"}:
            self.out.append("\n")
        elif tag == f"{_T}soft-page-break" or (tag in {f"{_T}p", f"{_T}h"} and self._breaks_page(element)):
            self.out.append(PAGE_BREAK)
        # Only paragraphs and what stands inside them hold text; white space elsewhere is the file's own.
        is_text = tag.startswith(_T) and tag not in {f"{_T}list", f"{_T}list-item", f"{_T}section"}
        if is_text:
            self._write(element.text, look)
        for child in element:
            self.walk(child, look)
            if is_text:
                self._write(child.tail, look)
        if tag in {f"{_T}p", f"{_T}h"}:
            self.out.append("\n")

    def _breaks_page(self, element: Element) -> bool:
        own = self._styles.get(element.get(f"{_T}style-name", ""))
        return own is not None and own.breaks_page

    def _under(self, look: _Style, element: Element) -> _Style:
        name = element.get(f"{_T}style-name") or element.get(f"{_TABLE}style-name") or element.get(f"{_D}style-name")
        for _ in range(10):
            own = self._styles.get(name or "")
            if own is None:
                break
            look = _Style(
                is_hidden=look.is_hidden or own.is_hidden,
                colour=own.colour or look.colour,
                points=own.points or look.points,
                has_background=look.has_background or own.has_background,
            )
            # A direct style has no more to say about what it sets itself; parents only fill gaps.
            name = own.parent if not own.colour and not own.points else ""
        return look

    def _write(self, text: str | None, look: _Style) -> None:
        if not text:
            return
        text = " ".join(text.split()) if not text.strip() else text.replace("\n", " ")
        text = text or " "
        reason = ""
        if look.is_hidden:
            reason = "vanish"
        elif 0 < look.points < self._tiny_points:
            reason = "tiny"
        elif look.colour.lower() == "#ffffff" and not look.has_background:
            reason = "white"
        if not reason:
            self.out.append(text)
        elif text.strip():
            self.hidden.append(HiddenText(page=1, text=text, reason=reason))


def read(data: bytes, *, limits: Limits) -> Document:
    """The visible text; pages are those of the last program that saved the file."""
    archive = Archive(data, limits=limits)
    if "content.xml" not in archive.parts:
        raise Unreadable("This OpenDocument file has no text body. Please save it again.", code="damaged_file")
    root = archive.xml("content.xml")
    body = root.find(f"{_O}body/{_O}text")
    if body is None:
        raise Unreadable("This OpenDocument file is not a text document.", code="not_a_document")
    styles: dict[str, _Style] = {}
    headers: list[Element] = []
    footers: list[Element] = []
    if "styles.xml" in archive.parts:
        shared = archive.xml("styles.xml")
        styles.update(_styles(shared))
        headers = [one for one in shared.iter(f"{_S}header") if len(one)]
        footers = [one for one in shared.iter(f"{_S}footer") if len(one)]
    styles.update(_styles(root))
    reader = _Reader(styles, tiny_points=limits.tiny_points)
    for part in (*headers, body, *footers):
        for child in part:
            reader.walk(child, _Style())
    pages, hidden = pages_of("".join(reader.out), engine="odt", limits=limits)
    return Document(
        kind=Kind.ODT,
        pages=with_links(pages, reader.links),
        hidden=cap_hidden([*reader.hidden, *hidden], limit=limits.hidden_chars),
    )


def _styles(root: Element) -> dict[str, _Style]:
    found = {}
    for one in root.iter(f"{_S}style"):
        text = one.find(f"{_S}text-properties")
        values = dict(text.attrib) if text is not None else {}
        paragraph = one.find(f"{_S}paragraph-properties")
        backgrounds = (part.get(f"{_FO}background-color", "") for part in one)
        fills = (part.get(f"{_D}fill", "none") for part in one)
        found[one.get(f"{_S}name", "")] = _Style(
            parent=one.get(f"{_S}parent-style-name", ""),
            is_hidden=values.get(f"{_T}display") == "none",
            colour=values.get(f"{_FO}color", ""),
            points=_points(values.get(f"{_FO}font-size", "")),
            breaks_page=paragraph is not None and paragraph.get(f"{_FO}break-before") == "page",
            has_background=any(b.lower() not in {"", "transparent", "#ffffff"} for b in backgrounds)
            or any(fill != "none" for fill in fills),
        )
    return found


def _points(size: str) -> float:
    try:
        return float(size.removesuffix("pt")) if size.endswith("pt") else 0
    except ValueError:
        return 0


def _count(element: Element) -> int:
    value = element.get(f"{_T}c", "1")
    return int(value) if value.isdigit() and len(value) < 4 else 1
