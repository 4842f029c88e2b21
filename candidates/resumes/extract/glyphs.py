"""One PDF page through pdfium, glyph by glyph: the visible text in order, and what a reader would not see."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pypdfium2.raw as pdfium

from candidates.resumes.extract.limits import Limits

_MAX_OBJECTS = 60_000
_MAX_GLYPHS = 200_000
_FORM_DEPTH = 8
_SMALLEST_CONTRAST = 1.17  # WCAG ratio; #eeeeee on white is 1.16
_LETTER_WIDTH = 612
_THIN_LINE = 4.0
_WHITE = (255, 255, 255)


@dataclass(slots=True)
class Glyph:
    """One character; the box is in page units, all zero for the spaces and line ends that pdfium adds."""

    char: str
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0
    hidden: str = ""

    @property
    def is_placed(self) -> bool:
        return self.right > self.left or self.top > self.bottom


@dataclass(slots=True)
class _TextObject:
    colour: tuple[int, int, int, int]
    render_mode: int
    scale: float = 1.0
    box: list[float] = field(default_factory=list)
    letters: int = 0
    reason: str = ""


@dataclass(slots=True)
class PageGlyphs:
    """The glyphs of a page in pdfium's order, its size, and how much of it images cover (0..1)."""

    glyphs: list[Glyph]
    width: float
    height: float
    image_share: float
    links: list[tuple[str, float, float, float, float]]

    @property
    def visible_letters(self) -> int:
        return sum(1 for glyph in self.glyphs if not glyph.hidden and glyph.char.isalnum())

    @property
    def hidden_letters(self) -> int:
        return sum(1 for glyph in self.glyphs if glyph.hidden and glyph.char.isalnum())


def read_glyphs(page: ctypes.c_void_p, document: ctypes.c_void_p, *, limits: Limits) -> PageGlyphs:
    """Every glyph of the page, each marked with the reason why a reader does not see it, or ""."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    objects: dict[int, _TextObject] = {}
    images, has_paint = _collect_objects(page, objects)
    text_page = pdfium.FPDFText_LoadPage(page)
    try:
        glyphs, owners = _collect_glyphs(text_page, objects)
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    left, bottom, right, top = _visible_box(page)
    _judge_objects(page, objects, limits=limits, page_width=right - left, has_paint=has_paint)
    for glyph, owner in zip(glyphs, owners, strict=True):
        if owner and owner.reason:
            glyph.hidden = owner.reason
        elif glyph.is_placed and (
            glyph.right < left - 1 or glyph.left > right + 1 or glyph.top < bottom - 1 or glyph.bottom > top + 1
        ):
            glyph.hidden = "off_page"
    area = max((right - left) * (top - bottom), 1.0)
    covered = sum(
        max(0.0, min(r, right) - max(x, left)) * max(0.0, min(t, top) - max(b, bottom)) for x, b, r, t in images
    )
    return PageGlyphs(glyphs, width, height, min(covered / area, 1.0), _links(page, document))


def _collect_objects(
    page: ctypes.c_void_p, found: dict[int, _TextObject]
) -> tuple[list[tuple[float, float, float, float]], bool]:
    """Fill `found` with the text objects by address, forms included; return the boxes of images, and whether anything
    but text and thin lines is painted."""
    images: list[tuple[float, float, float, float]] = []
    has_paint = pdfium.FPDFPage_GetAnnotCount(page) > 0
    box = [ctypes.c_float() for _ in range(4)]
    red, green, blue, alpha = (ctypes.c_uint(0) for _ in range(4))
    budget = _MAX_OBJECTS
    stack = [(pdfium.FPDFPage_GetObject(page, i), 0) for i in range(min(pdfium.FPDFPage_CountObjects(page), budget))]
    while stack and budget > 0:
        item, depth = stack.pop()
        budget -= 1
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
                alpha.value = 255
            found[_address(item)] = _TextObject(
                colour=(red.value, green.value, blue.value, alpha.value),
                render_mode=pdfium.FPDFTextObj_GetTextRenderMode(item),
            )
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _FORM_DEPTH:
            count = min(pdfium.FPDFFormObj_CountObjects(item), budget)
            stack.extend((pdfium.FPDFFormObj_GetObject(item, i), depth + 1) for i in range(count))
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            has_paint = True
            if pdfium.FPDFPageObj_GetBounds(item, *box):
                images.append((box[0].value, box[1].value, box[2].value, box[3].value))
        elif not has_paint and pdfium.FPDFPageObj_GetBounds(item, *box):
            has_paint = min(box[2].value - box[0].value, box[3].value - box[1].value) > _THIN_LINE
    return images, has_paint


def _collect_glyphs(
    text_page: ctypes.c_void_p, objects: dict[int, _TextObject]
) -> tuple[list[Glyph], list[_TextObject | None]]:
    glyphs: list[Glyph] = []
    owners: list[_TextObject | None] = []
    rect, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    for i in range(min(pdfium.FPDFText_CountChars(text_page), _MAX_GLYPHS)):
        code = pdfium.FPDFText_GetUnicode(text_page, i)
        char = chr(code) if 0 < code < 0x110000 else ""
        # UTF-16 halves come one by one; the pair is put together from both.
        if 0xDC00 <= code < 0xE000 and glyphs and "\ud800" <= glyphs[-1].char < "\udc00":
            glyphs[-1].char = chr(0x10000 + ((ord(glyphs[-1].char) - 0xD800) << 10) + (code - 0xDC00))
            continue
        if pdfium.FPDFText_IsHyphen(text_page, i) == 1:
            # pdfium joins the two lines there; whether the hyphen belongs to the word is for cleaning to say.
            char = "-\n"
        if pdfium.FPDFText_IsGenerated(text_page, i) == 1:
            glyphs.append(Glyph(char))
            owners.append(None)
            continue
        item = pdfium.FPDFText_GetTextObject(text_page, i)
        owner = objects.get(_address(item)) if item else None
        pdfium.FPDFText_GetLooseCharBox(text_page, i, rect)
        glyph = Glyph(char, rect.left, rect.bottom, rect.right, rect.top)
        glyphs.append(glyph)
        owners.append(owner)
        if owner is not None and not char.isspace():
            if not owner.box:
                owner.box = [glyph.left, glyph.bottom, glyph.right, glyph.top]
                pdfium.FPDFText_GetMatrix(text_page, i, matrix)
                owner.scale = pdfium.FPDFText_GetFontSize(text_page, i) * (matrix.c**2 + matrix.d**2) ** 0.5
            box = owner.box
            box[0], box[1] = min(box[0], glyph.left), min(box[1], glyph.bottom)
            box[2], box[3] = max(box[2], glyph.right), max(box[3], glyph.top)
            owner.letters += char.isalnum()
    return glyphs, owners


def _judge_objects(
    page: ctypes.c_void_p, objects: dict[int, _TextObject], *, limits: Limits, page_width: float, has_paint: bool
) -> None:
    # A page drawn on a larger or smaller sheet is scaled by its reader; judge sizes as if it were letter width.
    scale = min(max(_LETTER_WIDTH / max(page_width, 1.0), 0.2), 2.0)
    undecided = []
    for one in objects.values():
        if not one.letters:
            continue
        if one.render_mode in {pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP}:
            one.reason = "render_mode"
        elif one.scale * scale < limits.tiny_points:
            one.reason = "tiny"
        elif one.colour[3] < 13:
            one.reason = "white"
        elif has_paint:
            undecided.append(one)
        # On bare paper the colour alone tells, and nothing needs to be drawn.
        elif one.render_mode == 0 and _contrast(one.colour[:3], _WHITE) < _SMALLEST_CONTRAST:
            one.reason = "white"
    if undecided:
        _judge_colours(page, undecided)


def _judge_colours(page: ctypes.c_void_p, objects: list[_TextObject]) -> None:
    """Mark text whose colour is that of the paper under it, by looking at the page as a reader would."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    zoom = min(1.0, 1_600 / max(width, height, 1.0))
    pixel_width, pixel_height = max(1, int(width * zoom)), max(1, int(height * zoom))
    bitmap = pdfium.FPDFBitmap_CreateEx(pixel_width, pixel_height, pdfium.FPDFBitmap_BGRx, None, 0)
    if not bitmap:
        return
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, pixel_width, pixel_height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, pixel_width, pixel_height, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * pixel_height)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    to_pixel = _pixel_map(page, pixel_width, pixel_height)
    for one in objects:
        x1, y1 = to_pixel(one.box[0], one.box[3])
        x2, y2 = to_pixel(one.box[2], one.box[1])
        left, right = max(0, min(x1, x2)), min(pixel_width, max(x1, x2) + 1)
        upper, lower = max(0, min(y1, y2)), min(pixel_height, max(y1, y2) + 1)
        # A box outside the paper is off the page, which the glyphs themselves tell.
        if left < right and upper < lower:
            rows = [pixels[row * stride + left * 4 : row * stride + right * 4] for row in range(upper, lower)]
            one.reason = _judge_colour(one, rows)


def _judge_colour(one: _TextObject, rows: list[bytes]) -> str:
    is_blank = all(row == rows[0][:4] * (len(row) // 4) for row in rows)
    if is_blank:
        paper = rows[0][:4]
    elif _contrast(one.colour[:3], _rgb(rows[0][:4])) > 2:
        return ""  # the usual case, told by one pixel
    else:
        joined = b"".join(rows)
        seen = Counter(joined[i : i + 4] for i in range(0, len(joined), 4))
        paper = seen.most_common(1)[0][0]
    # Strokes paint outlined text (modes 1, 2, 5, 6) whatever the fill; only what is on the page counts there.
    is_filled = one.render_mode in {pdfium.FPDF_TEXTRENDERMODE_FILL, pdfium.FPDF_TEXTRENDERMODE_FILL_CLIP}
    if is_filled and _contrast(one.colour[:3], _rgb(paper)) < _SMALLEST_CONTRAST:
        return "white"
    return "covered" if is_blank and one.letters > 1 else ""


def _rgb(pixel: bytes) -> tuple[int, int, int]:
    return pixel[2], pixel[1], pixel[0]


@lru_cache(maxsize=4_096)
def _contrast(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, ...]) -> float:
    red, green, blue = (
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _pixel_map(page: ctypes.c_void_p, width: int, height: int) -> Callable[[float, float], tuple[int, int]]:
    """Page units to pixels, asked of pdfium at three points only: some pages have an object a letter."""
    x, y = ctypes.c_int(), ctypes.c_int()

    def device(at_x: float, at_y: float) -> tuple[int, int]:
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, at_x, at_y, x, y)
        return x.value, y.value

    far = 10_000.0  # so that rounding to pixels does not show in the slope
    (x0, y0), (x1, y1), (x2, y2) = device(0, 0), device(far, 0), device(0, far)
    a, b, c, d = (x1 - x0) / far, (y1 - y0) / far, (x2 - x0) / far, (y2 - y0) / far
    return lambda at_x, at_y: (round(x0 + a * at_x + c * at_y), round(y0 + b * at_x + d * at_y))


def _visible_box(page: ctypes.c_void_p) -> tuple[float, float, float, float]:
    rect = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, rect)
    return rect.left, rect.bottom, rect.right, rect.top


def _links(page: ctypes.c_void_p, document: ctypes.c_void_p) -> list[tuple[str, float, float, float, float]]:
    found: list[tuple[str, float, float, float, float]] = []
    position, link, rect = ctypes.c_int(0), pdfium.FPDF_LINK(), pdfium.FS_RECTF()
    while len(found) < 100 and pdfium.FPDFLink_Enumerate(page, position, link):
        action = pdfium.FPDFLink_GetAction(link)
        if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
            continue
        size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
        if not 1 < size < 500 or not pdfium.FPDFLink_GetAnnotRect(link, rect):
            continue
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDFAction_GetURIPath(document, action, buffer, size)
        found.append((buffer.value.decode("utf-8", "replace"), rect.left, rect.bottom, rect.right, rect.top))
    return found


def _address(item: Any) -> int:
    return ctypes.addressof(item.contents) if item else 0
