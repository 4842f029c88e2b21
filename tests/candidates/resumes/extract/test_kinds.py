import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.resumes.document import Kind, Unreadable
from candidates.resumes.extract import detect_kind
from tests.hostile.good import docx, odt, pdf, rtf, zipped


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pdf(), Kind.PDF),
        (docx(), Kind.DOCX),
        (odt(), Kind.ODT),
        (rtf(), Kind.RTF),
        (b"\xef\xbb\xbf{\\rtf1 Ada}", Kind.RTF),
        (b"  <!-- saved --><HTML><body>Ada", Kind.HTML),
        (b"BM Consulting, 2019 to 2024", Kind.TXT),
        ("Łódź".encode("utf-16"), Kind.TXT),
        ("“Zoë”".encode("cp1252"), Kind.TXT),
    ],
)
def test_a_file_is_what_its_bytes_say(data, kind):
    assert detect_kind(data) is kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" \n\x00", "empty_file"),
        (b"\x89PNG\r\n\x1a\n", "image_file"),
        (b"\xff\xd8\xff\xe0 JFIF", "image_file"),
        (b"7z\xbc\xaf\x27\x1c", "archive_file"),
        (b"%!PS-Adobe-3.0", "postscript"),
        (b"\n\n%PDF-1.4", "pdf_header"),
        (zipped({"Index/Document.iwa": "x"}), "not_a_document"),
        (bytes(range(256)) * 40, "unknown_type"),
    ],
)
def test_what_is_no_resume_is_refused_by_name(data, code):
    with pytest.raises(Unreadable) as caught:
        detect_kind(data)
    assert caught.value.code == code


@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_kind_or_refused(data):
    try:
        end = detect_kind(data).value
    except Unreadable as error:
        end = error.code
    assert end.isidentifier()
