"""How a Word file looks beyond what the library says: the direction of its paragraphs, lines below its headings."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from hrassist.lib.typesetting import has_right_to_left, is_right_to_left


def _names(said: str) -> tuple[str, ...]:
    return tuple(f"w:{name}" for name in said.split())


# The format has an order, and a reader that is strict about it takes the file for damaged.
AFTER_BORDER = _names(
    "shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi"
)
AFTER_BIDI = _names(
    "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection "
    "textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
)
AFTER_RTL = _names("cs em lang eastAsianLayout specVanish oMath rPrChange")
# Letters of Hebrew and Arabic have a weight, a slant and a size of their own.
THEIRS = {"w:b": "w:bCs", "w:i": "w:iCs", "w:sz": "w:szCs"}


def set_by_own_words(body: Any) -> None:
    """Let each paragraph that begins in Hebrew or Arabic run from the right: it does so only where it is said."""
    if not has_right_to_left(_words(body)):
        return
    for paragraph in body.iter(qn("w:p")):
        if is_right_to_left(_words(paragraph)):
            paragraph.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)
    for run in body.iter(qn("w:r")):
        if is_right_to_left(_words(run)):
            _set_run(run.get_or_add_rPr())


def _words(element: Any) -> str:
    # What the library calls the text of an element is put together by searches, run by run.
    return str(element.xpath("string()"))


def _set_run(look: Any) -> None:
    for name, theirs in THEIRS.items():
        own = look.find(qn(name))
        if own is not None and look.find(qn(theirs)) is None:
            same = OxmlElement(theirs)
            same.attrib.update(own.attrib)
            own.addnext(same)
    look.insert_element_before(OxmlElement("w:rtl"), *AFTER_RTL)


def line_below(style: Any, *, colour: str) -> None:
    """A thin line under each paragraph of a style."""
    border, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("space", "2"), ("color", colour)):
        bottom.set(qn(f"w:{name}"), value)
    border.append(bottom)
    style.element.get_or_add_pPr().insert_element_before(border, *AFTER_BORDER, *AFTER_BIDI)
