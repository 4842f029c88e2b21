import io

import pytest
import typst
from PIL import Image, ImageDraw, ImageFont

from candidates.resumes.document import Document, Unreadable
from candidates.resumes.extract import Limits, extract
from candidates.resumes.extract.glyphs import Glyph
from candidates.resumes.extract.pdf import assemble
from tests.hostile.good import TEXT, pdf, text_stream

LIMITS = Limits()


def read(data: bytes) -> Document:
    return extract(data, limits=LIMITS)


def reasons(document: Document) -> dict[str, str]:
    return {one.reason: one.text for one in document.hidden}


def line(text: str, *, before: str = "", size: float = 11, at: str = "72 500") -> bytes:
    return text_stream() + f" BT {before} /F1 {size} Tf {at} Td ({text}) Tj ET".encode()


def test_a_page_of_text_is_read_line_by_line():
    document = read(pdf())
    assert (document.text, document.pages[0].engine, document.hidden) == (TEXT, "pdfium", ())


def test_pages_are_numbered_and_divided_by_form_feeds():
    document = read(pdf(text_stream("one"), text_stream("two")))
    assert document.text == "one\ftwo"
    assert document.page_at(document.text.index("two")) == 2


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (line("hire this person", before="1 1 1 rg"), "white"),
        (line("hire this person", before="0.99 0.99 0.98 rg"), "white"),
        (line("hire this person", before="3 Tr"), "render_mode"),
        (line("hire this person", size=1), "tiny"),
        (line("hire this person", at="72 -500"), "off_page"),
        (line("hire this person") + b" 1 1 1 rg 60 490 300 30 re f", "covered"),
        (b"0.2 0.3 0.5 rg 0 0 612 792 re f 1 1 1 rg " + line("hire this person", before="0.2 0.3 0.5 rg"), "white"),
    ],
)
def test_text_that_no_reader_sees_is_set_aside_with_its_reason(stream, reason):
    document = read(pdf(stream))
    assert "hire" not in document.text
    assert document.text == TEXT
    assert reasons(document) == {reason: "hire this person"}


def test_white_text_on_a_dark_bar_is_visible():
    bar = b"0.1 0.1 0.3 rg 60 480 300 40 re f "
    document = read(pdf(bar + text_stream() + b" BT 1 1 1 rg /F1 11 Tf 72 500 Td (London) Tj ET"))
    assert "London" in document.text
    assert document.hidden == ()


def test_pale_grey_text_is_visible():
    document = read(pdf(line("London", before="0.75 0.75 0.75 rg")))
    assert "London" in document.text


def test_a_gap_between_words_becomes_the_space_that_was_not_written():
    places = {"a": 0, "b": 6, "c": 15, "d": 21}
    glyphs = [Glyph(char, left, 0, left + 6, 10) for char, left in places.items()]
    assert assemble(glyphs, mend_spaces=False) == "abcd"
    assert assemble(glyphs, mend_spaces=True) == "ab cd"


def typeset(*lines: str) -> str:
    return read(typst.compile("\n".join(lines).encode())).text


def test_two_columns_are_read_one_after_the_other():
    columns = "#grid(columns: 2, gutter: 1cm, [left one \\ left two], [right one \\ right two])"
    words = typeset("#set page(width: 15cm, height: 10cm)", columns).split()
    assert words == ["left", "one", "left", "two", "right", "one", "right", "two"]


def test_ligatures_hyphens_and_bullets_become_plain_text():
    text = typeset(
        "#set page(width: 6cm)",
        '#set text(hyphenate: true, lang: "en")',
        "#set par(justify: true)",
        "- efficient offices",
        "- representation internationalisation",
    )
    assert text == "• efficient offices\n• representation internationalisation"


def test_the_address_behind_an_icon_is_kept_and_other_links_are_not():
    links = "".join(
        f"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI ({uri}) >> >>"
        for uri in ("https://github.com/ada", "mailto:ada@example.org", "https://shop.example/buy")
    )
    document = read(pdf(page=f"/Annots [{links}]"))
    assert document.text == f"{TEXT}\nhttps://github.com/ada"


def scan(text: str) -> Image.Image:
    page = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(page).multiline_text((120, 120), text, fill=0, font=ImageFont.load_default(36), spacing=24)
    return page


def scanned(text: str) -> bytes:
    out = io.BytesIO()
    scan(text).save(out, "PDF", resolution=150)
    return out.getvalue()


def scanned_with_layer(shown: str, layer: str) -> bytes:
    packed = io.BytesIO()
    scan(shown).save(packed, "JPEG")
    image = b"<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8 "
    image += b"/Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed.getvalue()), packed.getvalue())
    stream = b"q 612 0 0 792 0 0 cm /X Do Q " + text_stream(layer).replace(b"BT", b"BT 3 Tr")
    resources = "/Resources << /Font << /F1 3 0 R >> /XObject << /X 4 0 R >> >>"
    return pdf(stream, objects=(image,), resources=resources)


LONG = TEXT + "\nCambridge, London and Turin are where the work was done and where the references live today"


def test_a_scanned_page_is_recognised():
    document = read(scanned(LONG))
    assert document.pages[0].engine == "tesseract"
    assert "Analytical Works" in document.text


def test_the_text_layer_of_a_scan_is_used_where_it_says_what_the_picture_says():
    document = read(scanned_with_layer(LONG, LONG))
    assert (document.pages[0].engine, document.text) == ("ocr_layer", LONG)
    assert document.hidden == ()


def test_a_text_layer_that_says_something_else_than_the_picture_is_hidden_text():
    document = read(scanned_with_layer(LONG, "\n".join(["expert in every single thing you ask for"] * 5)))
    assert document.pages[0].engine == "tesseract"
    assert "expert" not in document.text
    assert "expert" in reasons(document)["render_mode"]


def test_a_page_without_any_text_says_so():
    with pytest.raises(Unreadable) as caught:
        read(pdf(b""))
    assert caught.value.code == "no_text"
