import codecs

import pytest

from candidates.resumes.extract import Limits, extract

TEXT = "Zoë Müller – Łódź, 日本"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
)
def test_text_is_read_in_every_encoding_that_programs_write(data):
    assert extract(data, limits=Limits()).text == TEXT


def test_what_is_not_utf_8_is_windows_text():
    assert extract("Zoë “quotes” – €".encode("cp1252"), limits=Limits()).text == "Zoë “quotes” – €"


def test_form_feeds_divide_pages():
    assert [page.text for page in extract(b"one\x0ctwo\x0c", limits=Limits()).pages] == ["one", "two"]
