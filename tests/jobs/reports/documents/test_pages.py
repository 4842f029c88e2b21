"""Every kind of report as pages to look at: within its margins, none of them blank, and none without its foot."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pypdfium2
import pytest
import time_machine

from jobs.models import Application, ReportDocument
from jobs.models.report_document import ReportKind
from jobs.reports.documents import making, pdf
from tests.hiring import DriveFactory, TrackingLinkFactory
from tests.jobs.reports.documents.conftest import ranked
from tests.jobs.reports.documents.test_demographics import many

pytestmark = pytest.mark.django_db
MARGIN = 20 * 72 / 25.4
WIDTH = 595.3
SINCE, UNTIL = date(2026, 9, 1), date(2026, 11, 26)
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def about(job, amara, card, recruiter, auditor):
    """What each kind of report is about: a job with seventy people, of whom one has a name that no line holds."""
    amara.candidate.full_name = f"Amara {LONG}"
    amara.candidate.save()
    men = many(job, 25, sex="male", race="white", interview=12)
    women = many(job, 25, sex="female", race="asian", interview=6)
    rest = many(job, 20, interview=7)
    ranked(job, [amara, *men[:15], *women[:5], *rest[:10], *women[5:], *men[15:], *rest[10:]], by=recruiter)
    drive = DriveFactory(created_by=recruiter, starts_on=SINCE, ends_on=UNTIL)
    drive.drive_jobs.create(job=job)
    link = TrackingLinkFactory(job=None, drive=drive, created_by=recruiter)
    Application.objects.update(tracking_link=link)
    period = {"since": SINCE, "until": UNTIL}
    return {
        "job": {"owner": recruiter, "job": job},
        "candidate": {"owner": recruiter, "candidate": amara.candidate, "application": amara, "job": job},
        "drive": {"owner": recruiter, "drive": drive},
        "monthly": {"owner": recruiter, "since": date(2026, 10, 1), "until": date(2026, 10, 31)},
        "bias": {"owner": auditor, **period},
        "summary": {"owner": auditor, **period},
    }


@pytest.mark.parametrize("kind", ReportKind.values)
def test_every_page_of_every_report_keeps_its_margins_and_says_something(about, kind):
    _, said, at = making.put_together(ReportDocument(kind=kind, **about[kind]))
    with pypdfium2.PdfDocument(pdf.report(said, made_at=at)) as made:
        pages = [made[number] for number in range(len(made))]
        assert pages
        for number, page in enumerate(pages, start=1):
            text = page.get_textpage()
            letters = [(text.get_text_range(one, 1), text.get_charbox(one)) for one in range(text.count_chars())]
            # A space at the end of a line stands in the margin, where nobody sees it.
            boxes = [box for letter, box in letters if letter.strip()]
            assert min(box[0] for box in boxes) >= MARGIN - 2, (kind, number)
            assert max(box[2] for box in boxes) <= WIDTH - MARGIN + 2, (kind, number)
            assert f"Page {number} of {len(pages)}" in text.get_text_range()
            # More than its foot: that is on a page with nothing else too.
            foot = 0.07 * page.get_height()
            assert sum(box[1] > foot for box in boxes) > 40, (kind, number)
            assert inked(page) > 0.002, (kind, number)


def inked(page) -> float:
    """The share of the page between head and foot that is not white."""
    picture = page.render(scale=0.5).to_pil().convert("L")
    width, height = picture.size
    middle = picture.crop((0, int(height * 0.05), width, int(height * 0.93)))
    return sum(middle.histogram()[:200]) / (middle.width * middle.height)
