"""How much one file may ask of us; plain numbers, so that they cross a process boundary as JSON."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading one file; sizes in bytes, times in seconds, resolutions in dots per inch."""

    max_bytes: int = 10 * MEGABYTE
    # Archives, that is DOCX and ODT
    zip_entries: int = 2_000
    zip_part_bytes: int = 20 * MEGABYTE  # all XML parts that are read, inflated
    zip_total_bytes: int = 50 * MEGABYTE  # everything the directory declares, media included
    zip_ratio: int = 100
    xml_depth: int = 200
    xml_elements: int = 400_000
    # PDF
    pdf_pages: int = 50
    pdf_objects: int = 100_000
    pdf_decoded_bytes: int = 200 * MEGABYTE
    pdf_content_bytes: int = 20 * MEGABYTE  # page content streams, inflated
    pdf_image_pixels: int = 100_000_000
    # Text that leaves
    text_chars: int = 1_000_000
    hidden_chars: int = 20_000
    tiny_points: float = 3.0
    # OCR
    ocr_pages: int = 5
    ocr_dpi: int = 200
    ocr_min_words: int = 20
    # Page images
    render_pages: int = 20
    render_pixels: int = 2_000  # the longer side
    render_dpi: int = 110
    # The cage around all of it. Address space, of which the wheels map over 100 MB that never become resident: at most
    # 600 MB do.
    memory_bytes: int = 700 * MEGABYTE
    cpu_seconds: int = 20
    wall_seconds: float = 20.0
    output_bytes: int = 4 * MEGABYTE
    image_output_bytes: int = 40 * MEGABYTE
