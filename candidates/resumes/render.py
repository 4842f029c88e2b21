"""Pages as images, so that no reader of ours ever opens the uploaded file itself."""

from __future__ import annotations

import ctypes
import io

import pypdfium2.raw as pdfium
from PIL import Image

from candidates.resumes.document import Unreadable
from candidates.resumes.extract.limits import Limits
from candidates.resumes.extract.pdf import Pdfium


def render_pages(data: bytes, *, limits: Limits) -> list[bytes]:
    """PNG images of the first pages of a PDF; the longer side has at most `render_pixels`."""
    images = []
    with Pdfium(data) as document:
        for index in range(min(pdfium.FPDF_GetPageCount(document), limits.render_pages)):
            page = pdfium.FPDF_LoadPage(document, index)
            if not page:
                raise Unreadable("A page of this PDF is damaged and cannot be shown.", code="pdf_damaged")
            try:
                images.append(_png(page, limits=limits))
            finally:
                pdfium.FPDF_ClosePage(page)
    return images


def _png(page: ctypes.c_void_p, *, limits: Limits) -> bytes:
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    zoom = min(limits.render_dpi / 72, limits.render_pixels / max(width, height, 1.0))
    columns, rows = max(1, int(width * zoom)), max(1, int(height * zoom))
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_BGRx, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, columns, rows, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    image = Image.frombuffer("RGB", (columns, rows), pixels, "raw", "BGRX", stride, 1)
    out = io.BytesIO()
    # Text on paper has few colours: a palette halves the size; paper stays white.
    small = image.quantize(64, method=Image.Quantize.FASTOCTREE)
    small.putpalette([255 if value >= 250 else value for value in small.getpalette() or ()])
    small.save(out, "PNG", compress_level=6)
    return out.getvalue()
