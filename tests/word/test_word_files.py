"""Every Word file that we make holds what the format asks, as the Open XML SDK reads it, and a second program opens it.

Word itself runs on no machine of ours. It refuses what the SDK's validator refuses, and repairs some of it aloud.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import docx
import pytest
from django.utils import timezone
from docx.oxml.ns import qn
from PIL import Image

from hrassist.lib import storage
from jobs.actions import branding
from jobs.models.report_document import OF_RATES, ReportKind
from jobs.reports import offer_letter
from jobs.tailoring import form, paper
from jobs.tailoring.facts import Source, skeleton
from jobs.tailoring.paper.languages import LANGUAGES
from tests.factories import ApplicationFactory, CandidateFactory, UserFactory
from tests.hiring import DriveFactory, OfferFactory
from tests.jobs.reports.documents.conftest import amara, card, job, made, people, ranked  # noqa: F401
from tests.jobs.tailoring.resumes import RESUMES, parsed
from tests.jobs.tailoring.test_papers import AT, sheets
from tests.jobs.tailoring.word_files import as_word_keeps_it, word_file
from tests.word.conftest import text_of, words

pytestmark = [pytest.mark.word, pytest.mark.django_db]
ARABIC = {
    "basics": {"name": "محمد الأمين", "label": "ممرض", "email": "m@example.org", "summary": "ممرض مسجل"},
    "work": [
        {"name": "مستشفى النور", "position": "ممرض", "startDate": "2019", "endDate": "2021",
         "highlights": ["قام برعاية 12 مريضا", "Trained 3 colleagues"]},
    ],
    "education": [{"institution": "جامعة", "studyType": "BSc", "endDate": "2018"}],
    "skills": [{"name": "Python"}],
}  # fmt: skip
SOURCES = {name: Source(skeleton.of(parsed(text)), text) for name, text in RESUMES.items()} | {
    "arabic": Source(skeleton.of(ARABIC), "")
}
MAKES = {"resume": paper.resume_docx, "letter": paper.letter_docx}
PDFS = {"resume": paper.resume_pdf, "letter": paper.letter_pdf}


def picture() -> bytes:
    whole = io.BytesIO()
    Image.new("RGB", (240, 80), (10, 100, 90)).save(whole, "PNG")
    return whole.getvalue()


def test_the_validator_finds_what_is_out_of_order(wrong_in):
    sound = word_file(["One line"])
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:p>", b"<w:p><w:pPr><w:jc w:val='left'/><w:bidi/></w:pPr>", 1)
            new.writestr(name, data)
    assert wrong_in(sound) == []
    assert "bidi" in wrong_in(broken.getvalue())[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SOURCES)
def test_a_tailored_resume_and_its_letter_are_sound(wrong_in, name, language):
    for kind, sheet in sheets(SOURCES[name], language).items():
        assert wrong_in(MAKES[kind](sheet, made_at=AT)) == [], kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_program_lays_out_every_word_of_a_tailored_resume_and_its_letter(opened, language):
    papers = {
        f"{kind}-{name}": (kind, sheet)
        for name in RESUMES
        for kind, sheet in sheets(SOURCES[name], language).items()
    }  # fmt: skip
    read = opened({name: MAKES[kind](sheet, made_at=AT) for name, (kind, sheet) in papers.items()})
    for name, (kind, sheet) in papers.items():
        assert read[name] == words(text_of(PDFS[kind](sheet, made_at=AT))), name


TEMPLATES = {"plain": word_file, "as Word keeps it": as_word_keeps_it}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_customers_template_is_sound_when_it_is_filled(wrong_in, opened, template):
    own = TEMPLATES[template]()
    assert wrong_in(own) == []
    filled, _ = form.checked(own)
    assert wrong_in(filled.content) == []
    (read,) = opened({"filled": filled.content}).values()
    assert {"Mira", "Talvik", "footbridges"} <= set(read)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_filled_with_next_to_nothing_is_sound(wrong_in, template):
    material = form.sample()
    empty = Source(skeleton.of({"basics": {"name": "Mira Talvik"}}), "")
    content, _ = form.paper(
        TEMPLATES[template](), type(material)(source=empty, brief=material.brief, language="en", with_letter=False), [],
        skill_order=(), made_by="hrassist", now=AT,
    )  # fmt: skip
    assert wrong_in(content) == []


def told(content):
    """Every word of a report as the library that wrote it reads it."""
    body = docx.Document(io.BytesIO(content)).element.body
    return " ".join(one.text or "" for one in body.iter(qn("w:t")))


def with_letterhead(by):
    branding.change(
        organisation="Müller & Söhne", heading_colour="#0b3b36", accent_colour="#0b6b62", by=by, now=timezone.now(),
        logo=picture(),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ReportKind.values)
def test_a_report_is_sound_and_opened_by_a_second_program(wrong_in, opened, recruiter, job, people, card, made, kind):  # noqa: F811
    with_letterhead(UserFactory(role="Recruiter"))
    today = timezone.localdate()
    ranked(job, people, by=recruiter)
    drive = DriveFactory()
    about = {
        ReportKind.CANDIDATE: {"about": people[0].candidate},
        ReportKind.JOB: {"about": job},
        ReportKind.DRIVE: {"about": drive},
        ReportKind.MONTHLY: {"since": today.replace(day=1), "until": today},
        ReportKind.BIAS: {"since": today.replace(month=1, day=1), "until": today},
        ReportKind.SUMMARY: {"since": today.replace(month=1, day=1), "until": today},
    }[ReportKind(kind)]
    owner = UserFactory(role="Auditor") if kind in OF_RATES else recruiter
    document = made(kind, by=owner, **about)
    content = b"".join(storage.clean().open(document.docx_key))
    assert wrong_in(content) == []
    (read,) = opened({kind: content}).values()
    # A word is broken where its column is narrow: what is laid out is compared by letters.
    assert Counter("".join(words(told(content)))) - Counter("".join(read)) == Counter()


@pytest.mark.parametrize("name", ["Jürgen Groß", "محمد الأمين"])
def test_the_letter_of_an_offer_is_sound(wrong_in, opened, settings, name):
    with_letterhead(UserFactory(role="Recruiter"))
    settings.COMPANY_ADDRESS = ["Torstraße 1", "10119 Berlin"]
    offer = OfferFactory(
        application=ApplicationFactory(candidate=CandidateFactory(full_name=name)), salary=Decimal("72500.50"),
        starts_on=date(2027, 2, 1), benefits="30 days of holiday", terms="Six months of probation.",
        created_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    )  # fmt: skip
    said = offer_letter.context(offer)
    content = offer_letter.word(said, made_at=offer.created_at)
    assert wrong_in(content) == []
    (read,) = opened({"offer": content}).values()
    assert {"72", "500", "Berlin", "probation"} <= set(read)
