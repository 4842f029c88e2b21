"""What the files are: tagged, titled, headed, with pictures told in words, whatever letters names are written in."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import UTC, datetime

import docx
import pikepdf
import pypdfium2
import pytest

from hrassist import branding
from hrassist.branding import Look
from hrassist.lib import typesetting
from jobs.reports.documents import charts, paper, pdf, word
from jobs.reports.documents.paper import Report, Shown
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LOOK = Look(name="Müller & Söhne", heading="#0b3b36", accent="#0b6b62")


@pytest.fixture
def said():
    report = Report(
        title="Job report: Ingenieur für Ölförderung",
        subtitle="Platform",
        facts=[("State", "Open")],
        shown=Shown(),
    )
    long = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe"
    report.section(
        "People",
        charts.bars([("Applied", 10.0, "10"), ("محمد", 4.0, "4")], alt="Ten applied", colour=LOOK.accent),
        paper.figures(("Applications", "10"), ("Hired", "1", "of 2")),
        paper.heading("1. Amara", "Interview"),
        paper.evidence([("Python", "Strong", "“Built billing.”"), ("Licence", "Nothing found", "")]),
        paper.table([("Person", 1), ("Rank", 1, "right")], [["محمد الأمين", "1"], [long, "2"], ["Bela\x07", "3"]]),
        paper.bullets(["One", "Two"]),
        paper.quiet("How it is counted."),
    )
    return paper.said(report, brand=LOOK.as_data(), owner=UserFactory(), made_at=AT)


def test_the_pdf_is_tagged_titled_and_has_its_words_as_text(said):
    made = pdf.report(said, made_at=AT)
    with pikepdf.open(io.BytesIO(made)) as read:
        assert bool(read.Root.MarkInfo.Marked)
        assert str(read.Root.Lang).startswith("en")
        assert read.open_metadata()["pdfuaid:part"] == "1"
        assert str(read.docinfo["/Title"]) == "Job report: Ingenieur für Ölförderung"
    text = pypdfium2.PdfDocument(made)[0].get_textpage().get_text_range()
    for word_ in ("Amara", "Built billing.", "Page 1 of 1", "Contains personal data", "Müller & Söhne"):
        assert word_ in text


def test_nothing_leaves_the_page_on_its_sides(said):
    page = pypdfium2.PdfDocument(pdf.report(said, made_at=AT))[0].get_textpage()
    boxes = [page.get_charbox(number) for number in range(page.count_chars())]
    margin = 20 * 72 / 25.4
    assert min(box[0] for box in boxes if box[2] > box[0]) >= margin - 2
    assert max(box[2] for box in boxes) <= 595.3 - margin + 2


def test_the_docx_has_headings_properties_and_pictures_told_in_words(said):
    read = docx.Document(io.BytesIO(word.report(said, made_at=AT)))
    headings = [(one.style.name, one.text) for one in read.paragraphs if one.style.name.startswith("Heading")]
    assert headings == [
        ("Heading 1", "Job report: Ingenieur für Ölförderung"), ("Heading 2", "People"),
        ("Heading 3", "1. Amara  Interview"),
    ]  # fmt: skip
    core = read.core_properties
    assert (core.title, core.author, core.language) == (
        "Job report: Ingenieur für Ölförderung", "Müller & Söhne", "en",
    )  # fmt: skip
    (picture,) = read.inline_shapes
    assert picture._inline.docPr.get("descr") == "Ten applied"
    assert [cell.text for cell in read.tables[-1].rows[1].cells] == ["محمد الأمين", "1"]


def test_pictures_stand_at_the_margin_in_every_program(said):
    """LibreOffice takes three millimetres for a distance that is left out, and the chart leaves the margin."""
    shapes = docx.Document(io.BytesIO(word.report(said, made_at=AT))).inline_shapes
    assert shapes
    for shape in shapes:
        assert [shape._inline.get(side) for side in ("distT", "distB", "distL", "distR")] == ["0"] * 4


def test_heads_of_tables_repeat_and_words_from_right_to_left_run_so(said):
    package = zipfile.ZipFile(io.BytesIO(word.report(said, made_at=AT)))
    body = package.read("word/document.xml").decode()
    assert body.count("<w:tblHeader/>") == 3
    assert re.search(r"<w:bidi/>.{0,400}محمد", body, re.DOTALL)
    assert "\x07" not in body
    assert 'w:instr="NUMPAGES"' in package.read("word/footer1.xml").decode()


def test_the_same_words_give_the_same_bytes(said):
    assert pdf.report(said, made_at=AT) == pdf.report(said, made_at=AT)
    assert word.report(said, made_at=AT) == word.report(said, made_at=AT)


def test_letters_without_a_font_leave_no_broken_pdf(said):
    said["subtitle"] = "\U0001f6f8 𒀀"
    with pytest.raises(typesetting.NoFont):
        pdf.report(said, made_at=AT)
    assert word.report(said, made_at=AT)[:2] == b"PK"


def test_a_chart_of_nothing_is_none():
    assert charts.bars([("A", 0.0, "0")], alt="", colour="#000000") is None
    assert charts.columns([], alt="", colour="#000000") is None


def test_labels_of_charts_cannot_be_markup():
    block = charts.bars([("</text><script>", 1.0, "1")], alt="x", colour="#000000")
    assert block is not None
    assert "<script>" not in block["svg"]


def test_long_tables_are_written_in_well_under_a_second():
    report = Report(title="Job report: x", subtitle="", facts=[], shown=Shown())
    rows = [[f"Person {n}", n, f"{n} of 9", "Interview", AT, "Referral"] for n in range(500)]
    report.section("People", paper.table([(name, 1) for name in "abcdef"], rows))
    said = paper.said(report, brand=branding.look().as_data(), owner=UserFactory(), made_at=AT)
    word.report(said, made_at=AT), pdf.report(said, made_at=AT)
    began = time.process_time()
    word.report(said, made_at=AT)
    assert time.process_time() - began < 1
    report.facts.append(("Changed", "so that nothing of the first one is reused"))
    said = paper.said(report, brand=branding.look().as_data(), owner=UserFactory(), made_at=AT)
    began = time.process_time()
    pdf.report(said, made_at=AT)
    assert time.process_time() - began < 1
