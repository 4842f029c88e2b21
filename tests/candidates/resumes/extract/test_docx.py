import io

import docx as python_docx

from candidates.resumes.document import Document
from candidates.resumes.extract import Limits, extract
from tests.hostile.good import TEXT, docx, paragraphs, relationships, word_part


def read(data: bytes) -> Document:
    return extract(data, limits=Limits())


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def body(*runs: str) -> bytes:
    return docx(body=paragraphs(TEXT) + "".join(f"<w:p>{one}</w:p>" for one in runs))


def test_a_file_of_word_is_read_in_order_with_bullets_tables_and_header():
    document = python_docx.Document()
    document.sections[0].header.paragraphs[0].text = "Ada Example"
    document.add_heading("Experience", 1)
    document.add_paragraph("Built engines", style="List Bullet")
    cells = document.add_table(rows=1, cols=2).rows[0].cells
    cells[0].text, cells[1].text = "Python", "SQL"
    out = io.BytesIO()
    document.save(out)
    words = [line for line in read(out.getvalue()).text.splitlines() if line]
    assert words == ["Ada Example", "Experience", "• Built engines", "Python", "SQL"]


def test_a_text_box_is_read_once_after_its_paragraph():
    box = "<w:txbxContent><w:p><w:r><w:t>Side bar</w:t></w:r></w:p></w:txbxContent>"
    shape = (
        f"<w:r><mc:AlternateContent><mc:Choice><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    document = read(docx(body=f"<w:p>{run('Before')}{shape}{run(' after')}</w:p>"))
    assert document.text == "Before after\nSide bar"


def test_deleted_changes_are_gone_and_inserted_ones_stay():
    deleted = "<w:del><w:r><w:delText>old employer</w:delText></w:r></w:del>"
    inserted = f"<w:ins>{run('new employer')}</w:ins>"
    text = read(body(deleted + inserted)).text
    assert text == f"{TEXT}\nnew employer"


def test_runs_that_word_hides_are_set_aside_with_their_reason():
    document = read(
        body(run("first", "<w:vanish/>"), run("second", '<w:color w:val="FFFFFF"/>'), run("third", '<w:sz w:val="2"/>'))
    )
    assert document.text == TEXT
    assert [(one.reason, one.text) for one in document.hidden] == [
        ("vanish", "first"),
        ("white", "second"),
        ("tiny", "third"),
    ]


def test_a_style_hides_as_well_as_a_run_does():
    style = '<w:style w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style>'
    ghost = run("secret", '<w:rStyle w:val="Ghost"/>')
    data = docx(
        body=paragraphs(TEXT) + f"<w:p>{ghost}</w:p>",
        extra={"word/styles.xml": word_part("styles", style)},
    )
    assert read(data).text == TEXT


def test_white_text_on_a_shaded_cell_is_visible():
    white = run("Skills", '<w:color w:val="FFFFFF"/>')
    shading = '<w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr>'
    document = read(docx(body=f"<w:tbl><w:tr><w:tc>{shading}<w:p>{white}</w:p></w:tc></w:tr></w:tbl>"))
    assert (document.text, document.hidden) == ("Skills", ())


def test_the_profile_behind_a_word_is_kept():
    rels = relationships(("hyperlink", "https://www.linkedin.com/in/ada", "External"))
    data = docx(
        body=f'<w:p><w:hyperlink r:id="r1">{run("LinkedIn")}</w:hyperlink></w:p>',
        extra={"word/_rels/document.xml.rels": rels},
    )
    assert read(data).text == "LinkedIn\nhttps://www.linkedin.com/in/ada"


def test_page_breaks_make_pages():
    document = read(docx(body=paragraphs("one") + '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' + paragraphs("two")))
    assert [(page.number, page.text) for page in document.pages] == [(1, "one"), (2, "two")]
