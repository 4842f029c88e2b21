import io

import pikepdf
import pytest

from candidates.resumes.document import Kind, Unreadable
from candidates.resumes.extract import Limits
from candidates.resumes.structure import check
from tests.hostile.good import TEXT, docx, odt, pdf, relationships, rtf

LIMITS = Limits()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pdf(), Kind.PDF),
        (docx(), Kind.DOCX),
        (odt(), Kind.ODT),
        (rtf(), Kind.RTF),
        (TEXT.encode(), Kind.TXT),
        (TEXT.encode("utf-16"), Kind.TXT),
        (b"<!DOCTYPE html><p>Ada</p>", Kind.HTML),
    ],
)
def test_an_honest_file_passes_as_what_it_is(data, kind):
    assert check(data, limits=LIMITS) is kind


@pytest.mark.parametrize(
    "catalog",
    [
        "/OpenAction [4 0 R /Fit]",
        "/OpenAction << /S /GoTo /D [4 0 R /XYZ null null 1] >>",
        "/Names << /Dests << /Names [(top) [4 0 R /Fit]] >> >>",
        "/Title (I write /JavaScript and /Launch products)",
    ],
)
def test_a_pdf_that_opens_at_a_page_or_only_mentions_scripts_passes(catalog):
    assert check(pdf(catalog=catalog), limits=LIMITS) is Kind.PDF


def test_a_pdf_with_ordinary_links_passes():
    link = "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://github.com/ada) >> >>"
    assert check(pdf(page=f"/Annots [{link}]"), limits=LIMITS) is Kind.PDF


def test_a_pdf_locked_against_printing_but_open_to_readers_passes():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert check(out.getvalue(), limits=LIMITS) is Kind.PDF


def with_attachment(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.attachments[name] = content
        document.save(out)
    return out.getvalue()


def test_the_xml_that_a_europass_cv_carries_is_no_reason_to_refuse_it():
    xml = b'<?xml version="1.0"?><Candidate xmlns="http://www.europass.eu/1.0"><Name>Ada</Name></Candidate>'
    assert check(with_attachment("attachment.xml", xml), limits=LIMITS) is Kind.PDF


def test_a_program_that_calls_itself_europass_is_refused():
    with pytest.raises(Unreadable) as caught:
        check(with_attachment("europass.xml", b"MZ europass"), limits=LIMITS)
    assert caught.value.code == "pdf_embedded_files"


def test_links_and_the_path_of_the_writers_own_template_pass():
    rels = relationships(
        ("hyperlink", "https://www.linkedin.com/in/ada", "External"),
        ("attachedTemplate", "file:///C:/Users/ada/Templates/Resume.dotx", "External"),
    )
    assert check(docx(extra={"word/_rels/document.xml.rels": rels}), limits=LIMITS) is Kind.DOCX


def test_a_compressed_drawing_is_not_an_archive_within():
    assert check(docx(extra={"word/media/image1.emz": b"\x1f\x8b\x08 drawing"}), limits=LIMITS) is Kind.DOCX


def test_a_file_past_the_limit_names_its_size():
    with pytest.raises(Unreadable, match=r"2\.0 MB; at most 1 MB") as caught:
        check(bytes(2 * 2**20), limits=Limits(max_bytes=2**20))
    assert caught.value.code == "too_large"


def test_every_refusal_says_what_to_do():
    for data in (
        b"MZ\x90\x00\x03\x00\x00\x00\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x89PNG\r\n",
        b"%PDF-1.4 cut",
    ):
        with pytest.raises(Unreadable) as caught:
            check(data, limits=LIMITS)
        assert "lease" in caught.value.message
