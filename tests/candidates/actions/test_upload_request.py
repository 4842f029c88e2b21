"""What may be declared, and what a file name is turned into."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.actions.upload_request import BadUpload, Declared, clean_filename
from tests.uploading import md5_of

MD5 = md5_of(b"x")


def declare(
    filename: str = "cv.pdf", content_type: str = "", size: int = 10, md5: str = MD5, sha256: str = ""
) -> Declared:
    return Declared.cleaned(filename=filename, size=size, content_type=content_type, md5=md5, sha256=sha256)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("résumé.pdf", "résumé.pdf"),
        ("C:\\Users\\jane\\cv.pdf", "cv.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("evil\u202efdp.exe.pdf", "evilfdp.exe.pdf"),
        ("zero\u200bwidth.pdf", "zerowidth.pdf"),
        ("two\r\nlines.pdf", "twolines.pdf"),
        ("  many   blanks .pdf", "many blanks .pdf"),
        ("\u0065\u0301.pdf", "é.pdf"),
        ("․․／x.pdf", "․․／x.pdf"),
        ("", "resume"),
        ("///", "resume"),
        ("x" * 300 + ".docx", "x" * 145 + ".docx"),
    ],
)
def test_a_file_name_is_made_safe_to_show(given_name: str, shown: str) -> None:
    assert clean_filename(given_name) == shown


@given(st.text())
def test_no_file_name_keeps_a_path_a_control_or_an_invisible_character(name: str) -> None:
    shown = clean_filename(name)
    assert 0 < len(shown) <= 150
    assert not {"/", "\\"} & set(shown)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert clean_filename(shown) == shown


@pytest.mark.parametrize(
    ("filename", "declared", "signed"),
    [
        ("cv.pdf", "application/pdf", "application/pdf"),
        ("cv.PDF", "", "application/pdf"),
        ("cv.odt", "application/octet-stream", "application/vnd.oasis.opendocument.text"),
        ("cv.txt", "text/plain; charset=utf-8", "text/plain"),
        ("cv.htm", "text/html", "text/html"),
        ("cv.rtf", "text/rtf", "application/rtf"),
    ],
)
def test_each_format_is_signed_under_its_one_type(filename: str, declared: str, signed: str) -> None:
    assert declare(filename, declared).content_type == signed


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"filename": "cv.doc"}, "filename", "Save it as DOCX or PDF"),
        ({"filename": "cv.exe"}, "filename", "accepted as PDF"),
        ({"filename": "cv"}, "filename", "accepted as PDF"),
        ({"content_type": "image/png"}, "content_type", "the type is image/png"),
        ({"size": 0}, "size", "empty"),
        ({"size": -1}, "size", "empty"),
        ({"size": 10 * 2**20 + 1}, "size", "larger than 10 MB"),
        ({"md5": "nonsense"}, "md5", "Base64"),
        ({"md5": "d41d8cd98f00b204e9800998ecf8427e"}, "md5", "Base64"),
        ({"sha256": "abc"}, "sha256", "64 hexadecimal digits"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(changed: dict[str, object], field: str, says: str) -> None:
    with pytest.raises(BadUpload) as refusal:
        declare(**changed)  # type: ignore[arg-type]
    assert list(refusal.value.fields) == [field]
    assert says in refusal.value.message


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(BadUpload) as refusal:
        declare(filename="cv.exe", size=0, md5="")
    assert set(refusal.value.fields) == {"filename", "size", "md5"}
