from candidates.resumes.document import Document
from candidates.resumes.extract import Limits, extract
from tests.hostile.good import TEXT, odt


def read(data: bytes) -> Document:
    return extract(data, limits=Limits())


def test_paragraphs_lists_and_tables_are_read_in_order():
    body = (
        "<text:h>Ada</text:h><text:list><text:list-item><text:p>Built engines</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Python</text:p></table:table-cell>"
        "<table:table-cell><text:p>SQL</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert read(odt(body)).text == "Ada\n• Built engines\nPython\nSQL"


def test_spaces_tabs_and_spans_keep_words_apart():
    body = "<text:p>Ada<text:s text:c='3'/>Example<text:tab/><text:span>London</text:span>, UK</text:p>"
    assert read(odt(body)).text == "Ada Example London, UK"


def test_hidden_and_white_text_is_set_aside():
    styles = (
        '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="W"><style:text-properties fo:color="#ffffff"/></style:style>'
    )
    shown = "".join(f"<text:p>{line}</text:p>" for line in TEXT.splitlines())
    secret = (
        '<text:p><text:span text:style-name="H">one</text:span><text:span text:style-name="W">two</text:span></text:p>'
    )
    document = read(odt(shown + secret, styles=styles))
    assert document.text == TEXT
    assert [(one.reason, one.text) for one in document.hidden] == [("vanish", "one"), ("white", "two")]


def test_deleted_changes_and_comments_are_not_read():
    body = (
        "<text:tracked-changes><text:p>old</text:p></text:tracked-changes>"
        "<text:p>Ada<office:annotation><text:p>really?</text:p></office:annotation></text:p>"
    )
    assert read(odt(body)).text == "Ada"


def test_a_break_before_a_paragraph_makes_a_page():
    styles = '<style:style style:name="B"><style:paragraph-properties fo:break-before="page"/></style:style>'
    document = read(odt('<text:p>one</text:p><text:p text:style-name="B">two</text:p>', styles=styles))
    assert document.text == "one\ftwo"
