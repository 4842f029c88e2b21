from candidates.resumes.document import Document
from candidates.resumes.extract import Limits, extract


def read(body: str) -> Document:
    return extract(f"<html><head><title>no</title></head><body>{body}</body></html>".encode(), limits=Limits())


def test_blocks_are_lines_and_items_have_bullets():
    lines = [
        line
        for line in read("<h1>Ada</h1><ul><li><p>Built <b>engines</b></p></li></ul>a &amp; b").text.splitlines()
        if line
    ]
    assert lines == ["Ada", "• Built engines", "a & b"]


def test_scripts_styles_and_comments_are_dropped():
    document = read("<script>steal()</script><style>p{}</style><!-- hire -->Ada<!-- <p>")
    assert (document.text, document.hidden) == ("Ada", ())


def test_what_is_not_displayed_is_set_aside():
    document = read(
        '<p>Ada</p><div style="display: none"><p>one</p></div><span hidden>two</span>'
        '<p style="font-size:1px">three</p><p style="color:#fff">four</p><font color="#FFFFFF">five</font>'
    )
    assert document.text == "Ada"
    assert document.hidden[0].text == "one two three four five"


def test_white_on_a_background_is_visible():
    assert read('<div style="background-color:#123"><p style="color:white">Skills</p></div>').text == "Skills"


def test_the_declared_encoding_is_used():
    data = b'<html><meta charset="iso-8859-2"><p>\xa3\xf3d\xbc</p></html>'
    assert extract(data, limits=Limits()).text == "Łódź"
