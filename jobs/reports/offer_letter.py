"""The letter of an offer, as PDF and as DOCX from one context; the same offer gives the same bytes."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import docx
from django.conf import settings
from django.utils import formats, translation
from docx.document import Document
from docx.shared import Mm, Pt, RGBColor

from hrassist import branding
from hrassist.lib import docx_look, typesetting
from hrassist.lib.typesetting import clean, whole_second
from jobs.models import Offer

TEMPLATE = Path(__file__).parent / "templates" / "offer_letter.typ"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LABELLED_WIDTH = Pt(130)


def context(offer: Offer) -> dict[str, Any]:
    """What the letter says: plain words only, in the order in which they stand."""
    application = offer.application
    look = branding.look()
    job, employer = application.job, offer.employer or look.name
    facts = [
        ("Position", offer.position_title),
        ("Employer", employer),
        ("Place of work", job.place),
        ("Employment", job.get_employment_type_display()),
        ("First day", _day(offer.starts_on)),
        ("Pay", pay(offer)),
        ("Bonus", offer.bonus),
    ]
    title = f"Offer of employment: {offer.position_title}"
    return {
        "company": clean(look.name),
        "brand": look.as_data(),
        "address": [clean(line) for line in settings.COMPANY_ADDRESS],
        "to": clean(application.candidate.full_name),
        "date": _day(offer.created_at.date()),
        "title": clean(title),
        "greeting": clean(f"Dear {application.candidate.full_name},"),
        "opening": clean(f"we are glad to offer you the position of {offer.position_title} at {employer}."),
        "facts": [[label, clean(value)] for label, value in facts if value],
        "benefits": [clean(line) for line in offer.benefits.splitlines() if line.strip()],
        "terms": [clean(part) for part in offer.terms.replace("\r\n", "\n").split("\n\n") if part.strip()],
        "answer": f"Please let us have your answer by {_day(offer.answer_by)}." if offer.answer_by else "",
        "closing": "We look forward to working with you.",
        "signed": clean(employer),
        "accepted": clean(f"I accept this offer. {application.candidate.full_name}"),
        "version": f"Offer {offer.version} of {_day(offer.created_at.date())}",
    }


def pay(offer: Offer) -> str:
    """72,000 EUR a year."""
    places = 0 if offer.salary == offer.salary.to_integral_value() else 2
    with translation.override("en"):
        amount = formats.number_format(offer.salary, decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{amount} {offer.currency} {offer.get_period_display()}"


def pdf(said: dict[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF with its fonts inside (PDF/UA-1). Raises NoFont."""
    return typesetting.pdf(TEMPLATE, said, made_at=made_at)


def word(said: dict[str, Any], *, made_at: datetime) -> bytes:
    """A DOCX with headings, a table and lists, to be changed further in a word processor."""
    paper = docx.Document()
    core = paper.core_properties
    core.title, core.author, core.language = said["title"], said["company"], "en"
    core.last_modified_by, core.comments = said["company"], ""
    core.created = core.modified = whole_second(made_at).replace(tzinfo=None)
    core.revision = 1
    paper.styles["Normal"].font.name, paper.styles["Normal"].font.size = "Calibri", Pt(11)
    _write_letter(paper, said)
    whole = io.BytesIO()
    paper.save(whole)
    return typesetting.without_clock(whole.getvalue())


def _write_letter(paper: Document, said: dict[str, Any]) -> None:
    head, brand = paper.add_paragraph(), said["brand"]
    if brand["logo"]:
        shape = head.add_run().add_picture(io.BytesIO(bytes(brand["logo"])), height=Mm(min(12, 80 / brand["ratio"])))
        shape._inline.docPr.set("descr", said["company"])
        head = paper.add_paragraph()
    head.add_run(said["company"]).bold = True
    for line in said["address"]:
        paper.add_paragraph(line).paragraph_format.space_after = Pt(0)
    paper.add_paragraph()
    paper.add_paragraph(said["to"])
    paper.add_paragraph(said["date"])
    title = paper.add_heading(said["title"], level=1)
    title.runs[0].font.color.rgb = RGBColor.from_string(brand["heading"].removeprefix("#").upper())
    paper.add_paragraph(said["greeting"])
    paper.add_paragraph(said["opening"])
    table = paper.add_table(rows=0, cols=2)
    for label, value in said["facts"]:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
        cells[0].width = LABELLED_WIDTH
        cells[0].paragraphs[0].runs[0].bold = True
    paper.add_paragraph()
    if said["benefits"]:
        paper.add_heading("Benefits", level=2)
        for line in said["benefits"]:
            paper.add_paragraph(line, style="List Bullet")
    if said["terms"]:
        paper.add_heading("Further terms", level=2)
        for part in said["terms"]:
            paper.add_paragraph(part)
    for line in (said["answer"], said["closing"], said["signed"]):
        if line:
            paper.add_paragraph(line)
    paper.add_paragraph()
    paper.add_paragraph("_" * 34)
    paper.add_paragraph(said["accepted"])
    paper.add_paragraph(said["version"])
    docx_look.set_by_own_words(paper.element.body)


def _day(value: date | None) -> str:
    if value is None:
        return ""
    with translation.override("en"):
        return formats.date_format(value, "j F Y")
