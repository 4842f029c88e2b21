import io
import time
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import docx
import pikepdf
import pypdfium2
import pytest

from hrassist.lib import typesetting
from jobs.reports import offer_letter
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import OfferFactory

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def letterhead(settings):
    settings.COMPANY_NAME = "Müller & Söhne GmbH"
    settings.COMPANY_ADDRESS = ["Torstraße 1", "10119 Berlin"]


def offer(*, name="Jürgen Groß", **columns):
    application = ApplicationFactory(
        candidate=CandidateFactory(full_name=name), job=JobFactory(city="Berlin", country="DE")
    )
    return OfferFactory(
        application=application, created_at=MADE,
        **{
            "position_title": "Senior Backend Engineer", "salary": Decimal("72500.50"), "bonus": "10 % of the pay",
            "starts_on": date(2027, 2, 1), "answer_by": date(2026, 12, 10), "benefits": "30 days of holiday\nA bicycle",
            "terms": "Six months of probation.\n\nThe rest is in the contract.",
        } | columns,
    )  # fmt: skip


def pdf_of(one):
    return offer_letter.pdf(offer_letter.context(one), made_at=one.created_at)


def word_of(one):
    return offer_letter.word(offer_letter.context(one), made_at=one.created_at)


def text_of_pdf(content):
    paper = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_range() for page in paper)
    paper.close()
    return " ".join(text.split())


def text_of_word(content):
    paper = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return " ".join(" ".join([one.text for one in paper.paragraphs] + cells).split())


@pytest.mark.parametrize("text", [lambda one: text_of_pdf(pdf_of(one)), lambda one: text_of_word(word_of(one))])
def test_both_files_say_everything(text):
    said = text(offer())
    for words in (
        "Müller & Söhne GmbH", "Torstraße 1", "10119 Berlin", "Jürgen Groß", "25 November 2026",
        "Offer of employment: Senior Backend Engineer", "72,500.50 EUR a year", "10 % of the pay", "1 February 2027",
        "Berlin, DE", "Full time", "30 days of holiday", "A bicycle", "Six months of probation.",
        "The rest is in the contract.", "Please let us have your answer by 10 December 2026.", "I accept this offer.",
    ):  # fmt: skip
        assert words in said


def test_the_same_offer_gives_the_same_bytes():
    one = offer()
    assert pdf_of(one) == pdf_of(one)
    assert word_of(one) == word_of(one)


def test_the_pdf_is_tagged_and_brings_its_fonts():
    with pikepdf.open(io.BytesIO(pdf_of(offer()))) as paper:
        assert paper.Root.MarkInfo.Marked
        assert str(paper.Root.Lang) == "en"
        fonts = [font for page in paper.pages for font in page.Resources.Font.values()]
        descriptors = [font.DescendantFonts[0].FontDescriptor for font in fonts]
        assert descriptors
        assert all("/FontFile2" in one or "/FontFile3" in one for one in descriptors)


@pytest.mark.parametrize(
    "trick",
    [
        '#read("/etc/passwd")',
        "#panic()",
        "*bold* _it_ $x^2$ @label <tag> `raw`",
        '"quotes" \\ and } ] ) //',
        '#import "@preview/x:1.0.0": *',
        '","address":["elsewhere"],"x":"',
    ],
)
def test_what_looks_like_a_command_stays_a_word(trick):
    one = offer(position_title=trick, benefits=trick, terms=trick, bonus=trick)
    for said in (text_of_pdf(pdf_of(one)), text_of_word(word_of(one))):
        assert said.count(trick) >= 4
    assert "root:" not in text_of_pdf(pdf_of(one))


@pytest.mark.parametrize(
    "name", ["محمد علي", "דוד כהן", "Łukasz Żółć-Ångström", "Владимир Петров", "Αλέξανδρος Ιωάννου"]
)
def test_names_of_many_alphabets_stand_in_the_letter(name):
    one = offer(name=name)
    said = text_of_pdf(pdf_of(one))
    for word in name.split():
        assert word in said or word[::-1] in said
    assert name in text_of_word(word_of(one))
    assert "25 November 2026" in said


def test_letters_without_a_font_are_told_and_not_drawn_as_boxes(monkeypatch):
    compiler = typesetting._compiler
    monkeypatch.setattr(
        typesetting, "_compiler", lambda template, *, system_fonts: compiler(template, system_fonts=False)
    )
    with pytest.raises(typesetting.NoFont):
        pdf_of(offer(name="张伟"))
    assert "张伟" in text_of_word(word_of(offer(name="张伟")))


def test_control_characters_do_not_break_a_file():
    one = offer(name="Jane\x0b\x1f Doe", terms="a\x08b\uffff")
    assert "ab" in text_of_pdf(pdf_of(one))
    assert "ab" in text_of_word(word_of(one))


def test_a_very_long_offer_runs_over_pages_within_a_second():
    one = offer(
        name="Wolfeschlegelsteinhausenbergerdorff " * 5,
        benefits="\n".join(f"Benefit {number}" for number in range(120)), terms="\n\n".join(["Long term. " * 60] * 20),
    )  # fmt: skip
    began = time.process_time()
    content = pdf_of(one)
    assert time.process_time() - began < 1
    paper = pypdfium2.PdfDocument(content)
    assert len(paper) > 3
    paper.close()
    said = text_of_pdf(content)
    assert "Benefit 119" in said
    assert "I accept this offer." in said


def test_a_word_file_has_headings_and_nothing_active():
    package = zipfile.ZipFile(io.BytesIO(word_of(offer())))
    assert not [name for name in package.namelist() if "vba" in name.lower() or "embed" in name.lower()]
    styles = {one.style.name for one in docx.Document(io.BytesIO(word_of(offer()))).paragraphs}
    assert {"Heading 1", "Heading 2", "List Bullet"} <= styles
