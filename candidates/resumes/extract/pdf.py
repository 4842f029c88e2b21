"""PDF pages to text: pdfium for its order, pdf_oxide where it drops spaces, Tesseract where there is no text."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import pypdfium2.raw as pdfium

from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.cleaning import cap_hidden, clean
from candidates.resumes.extract.glyphs import Glyph, PageGlyphs, read_glyphs
from candidates.resumes.extract.limits import Limits
from candidates.resumes.extract.links import contact_address, is_visible

# Measured on job-site exports: below this share of the other engine's words, pdfium has dropped spaces.
_FUSED_BELOW = 0.93
_SURE_FROM = 0.98
_WORDS = re.compile(r"\S+")


def read(data: bytes, *, limits: Limits) -> Document:
    """Each page by the engine that reads it best; Page.engine says which."""
    pages, hidden, warnings = [], [], []
    with Pdfium(data) as document:
        second = _SecondEngine(data)
        count = pdfium.FPDF_GetPageCount(document)
        if count > limits.pdf_pages:
            raise Unreadable(
                "This PDF has {pages} pages; a resume may have {limit}.",
                code="pdf_too_many_pages",
                pages=count,
                limit=limits.pdf_pages,
            )
        recognised = 0
        for index in range(count):
            page = pdfium.FPDF_LoadPage(document, index)
            if not page:
                warnings.append(f"page {index + 1} is damaged")
                pages.append(Page(number=index + 1, text="", engine="none"))
                continue
            try:
                glyphs = read_glyphs(page, document, limits=limits)
                if _is_scan(glyphs) and recognised < limits.ocr_pages:
                    recognised += 1
                    read_page, its_hidden = _read_scan(page, glyphs, number=index + 1, limits=limits)
                else:
                    read_page, its_hidden = _read_page(glyphs, second, number=index + 1)
            finally:
                pdfium.FPDF_ClosePage(page)
            pages.append(read_page)
            hidden.extend(its_hidden)
    if not any(page.text for page in pages):
        raise Unreadable(
            "No text was found in this PDF, not even by text recognition. Please send a PDF made from a text document.",
            code="no_text",
        )
    return Document(
        kind=Kind.PDF,
        pages=tuple(pages),
        hidden=cap_hidden(hidden, limit=limits.hidden_chars),
        warnings=tuple(warnings),
    )


def _read_page(glyphs: PageGlyphs, second: _SecondEngine, *, number: int) -> tuple[Page, list[HiddenText]]:
    plain, hidden = clean(assemble(glyphs.glyphs, mend_spaces=False), page=number)
    engine, text = "pdfium", plain
    mended = clean(assemble(glyphs.glyphs, mend_spaces=True), page=number)[0]
    words = len(_WORDS.findall(plain))
    # Where the gaps show no more words than pdfium wrote, it has dropped no spaces, and asking again costs time.
    is_doubtful = words < _SURE_FROM * len(_WORDS.findall(mended))
    # pdf_oxide does not tell hidden text apart, so a page that has some is read by pdfium alone.
    other = clean(second.text(number - 1), page=number)[0] if is_doubtful and not glyphs.hidden_letters else ""
    if glyphs.hidden_letters or words < _FUSED_BELOW * len(_WORDS.findall(other)):
        if len(_WORDS.findall(mended)) >= 0.995 * len(_WORDS.findall(other)):
            engine, text = "pdfium_mended", mended
        else:
            engine, text = "pdf_oxide", other
    text = _with_links(text, glyphs)
    return Page(number=number, text=text, engine=engine), [*_hidden_of(glyphs, number), *hidden]


def assemble(glyphs: list[Glyph], *, mend_spaces: bool) -> str:
    """The visible glyphs as text; `mend_spaces` adds the space that a gap shows and pdfium did not write."""
    out: list[str] = []
    last: Glyph | None = None
    for glyph in glyphs:
        if glyph.hidden:
            continue
        if not glyph.is_placed:
            out.append(glyph.char)
            if glyph.char.isspace():
                last = None
            continue
        if mend_spaces and last is not None and _is_gap(last, glyph):
            out.append(" ")
        out.append(glyph.char)
        last = None if glyph.char.isspace() else glyph
    return "".join(out)


def _is_gap(last: Glyph, glyph: Glyph) -> bool:
    size = max(glyph.top - glyph.bottom, 0.1)
    same_line = abs(last.bottom - glyph.bottom) < 0.5 * size
    return same_line and (glyph.left - last.right > 0.13 * size or last.left - glyph.right > 2 * size)


def _hidden_of(glyphs: PageGlyphs, number: int) -> list[HiddenText]:
    found: list[HiddenText] = []
    run, reason = "", ""
    for glyph in glyphs.glyphs:
        if glyph.hidden != reason and (glyph.is_placed or not reason):
            if run.strip():
                found.append(HiddenText(page=number, text=clean(run)[0], reason=reason))
            run, reason = "", glyph.hidden
        if reason:
            run += glyph.char
    if run.strip():
        found.append(HiddenText(page=number, text=clean(run)[0], reason=reason))
    return [one for one in found if not _is_label(one.text, glyphs)]


def _is_label(text: str, glyphs: PageGlyphs) -> bool:
    """Whether this is only what an icon stands for ("phone:", "mailto:…"), which LaTeX notes for screen readers."""
    if len(text) <= 60 and text.startswith(("tel:", "mailto:")):
        return True
    targets = "".join("".join(unquote(target).split()) for target, *_ in glyphs.links)
    words = [word for word in text.split() if any(char.isalnum() for char in word)]
    return all(word.endswith(":") or word in targets for word in words)


def _with_links(text: str, glyphs: PageGlyphs) -> str:
    missing = dict.fromkeys(
        address
        for address in (contact_address(target) for target, *_ in glyphs.links)
        if address and not is_visible(address, text=text)
    )
    return "\n".join([text, *missing]) if text and missing else text


def _is_scan(glyphs: PageGlyphs) -> bool:
    """A page with an image and next to no visible text: a scan, with or without a layer of invisible text."""
    return glyphs.visible_letters < 60 and glyphs.image_share > 0.25


def _read_scan(
    page: ctypes.c_void_p, glyphs: PageGlyphs, *, number: int, limits: Limits
) -> tuple[Page, list[HiddenText]]:
    # Tesseract takes a tenth of a second to load, and most files never need it.
    from candidates.resumes.extract import ocr  # noqa: PLC0415

    seen = clean(ocr.recognise(page, limits=limits), page=number)[0]
    unhidden = [
        Glyph(g.char, g.left, g.bottom, g.right, g.top) for g in glyphs.glyphs if g.hidden in _LAYER or not g.is_placed
    ]
    layer = clean(assemble(unhidden, mend_spaces=False), page=number)[0]
    drawn = clean(assemble(glyphs.glyphs, mend_spaces=False), page=number)[0]
    # The layer a scanner wrote is better text than ours, but only if it says what the picture says.
    if len(layer.split()) >= limits.ocr_min_words and _agreement(layer, seen) > 0.6:
        others = [one for one in _hidden_of(glyphs, number) if one.reason not in _LAYER]
        return Page(number=number, text="\n".join(filter(None, [layer, drawn])), engine="ocr_layer"), others
    if len(drawn.split()) >= limits.ocr_min_words and _agreement(drawn, seen) > 0.6:
        seen = drawn
    return Page(number=number, text=seen or drawn, engine="tesseract"), _hidden_of(glyphs, number)


_LAYER = frozenset({"render_mode", "covered"})


def _agreement(layer: str, seen: str) -> float:
    """Share of the layer's words that are seen on the page."""
    words, there = Counter(layer.lower().split()), Counter(seen.lower().split())
    return (words & there).total() / max(words.total(), 1)


class Pdfium:
    """An open document of pdfium, closed on leaving; a damaged or encrypted file raises Unreadable."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> ctypes.c_void_p:
        pdfium.FPDF_InitLibrary()
        self._document = pdfium.FPDF_LoadMemDocument64(self._data, len(self._data), None)
        if not self._document:
            if pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD:
                raise Unreadable(
                    "This PDF is protected by a password. Please save it without one.", code="pdf_encrypted"
                )
            raise Unreadable("This PDF is damaged or incomplete. Please save it again.", code="pdf_damaged")
        document: ctypes.c_void_p = self._document
        return document

    def __exit__(self, *_: object) -> None:
        if self._document:
            pdfium.FPDF_CloseDocument(self._document)


class _SecondEngine:
    """pdf_oxide, whose failure on a page only means that pdfium's text stands."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _document(self) -> Any:
        # Loaded only for a page that pdfium may have read badly.
        import pdf_oxide  # noqa: PLC0415

        pdf_oxide.disable_logging()
        try:
            return pdf_oxide.PdfDocument.from_bytes(self._data)
        except BaseException as error:  # a panic of Rust is not an Exception
            _let_through(error)
            return None

    def text(self, index: int) -> str:
        if self._document is None:
            return ""
        try:
            return str(self._document.extract_text(index))
        except BaseException as error:  # a panic of Rust is not an Exception
            _let_through(error)
            return ""


def _let_through(error: BaseException) -> None:
    if isinstance(error, MemoryError | KeyboardInterrupt | SystemExit):
        raise error
