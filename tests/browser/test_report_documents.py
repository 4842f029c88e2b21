"""Reports as documents in the browser: asked for on a job, watched while they are made, downloaded, scheduled."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from jobs.actions import report_documents, report_schedules
from jobs.models import Opening, ReportDocument, ReportSchedule
from jobs.reports.documents import making
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def job(recruiter):
    job = JobFactory(title="Intensive Care Nurse", team={recruiter: "recruiter"})
    Opening.objects.create(job=job)
    ApplicationFactory(job=job, candidate=CandidateFactory(full_name="Amara Okafor"))
    return job


def test_a_report_is_made_while_one_watches_and_downloaded(recruiter, sign_in, job, violations, work_off):
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/change/")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("heading", name="Job report: Intensive Care Nurse")).to_be_visible()
    expect(page.get_by_text("Waiting")).to_be_visible()
    work_off()
    # No reload: the page follows the worker by itself.
    expect(page.get_by_role("link", name="PDF")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("img", name="Page 1 of Job report")).to_be_visible()
    for name in ("PDF", "DOCX"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.startswith("job-report-intensive-care-nurse")
        assert download.value.suggested_filename.endswith(name.lower())
    page.get_by_role("link", name="Documents").last.click()
    expect(page.get_by_role("link", name="Job report: Intensive Care Nurse", exact=True)).to_be_visible()
    assert violations == []


def test_a_schedule_asks_only_for_what_it_needs(recruiter, sign_in, violations):
    page = sign_in(recruiter)
    page.goto("/reports/documents/schedules/new/")
    expect(page.get_by_label("Drive", exact=True)).to_be_hidden()
    page.get_by_label("Report", exact=True).select_option("monthly")
    expect(page.locator("label", has_text="Job")).to_be_hidden()
    page.get_by_label("How often", exact=True).select_option("month")
    expect(page.get_by_label("On", exact=True)).to_be_hidden()
    page.get_by_label("Day of the month").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("on day 3 of every month")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    assert ReportSchedule.objects.get().paused_at is not None
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_reports_are_accessible_in_both_themes(recruiter, sign_in, job, theme):
    asked = report_documents.ask(kind="job", by=recruiter, now=timezone.now(), about=job)
    making.make(asked.pk)
    assert ReportDocument.objects.get(pk=asked.pk).state == "ready"
    report_schedules.create(
        kind="monthly", about=None, every="week", day=0, recipients=[recruiter], by=recruiter, now=timezone.now()
    )
    page = sign_in(recruiter)
    page.emulate_media(color_scheme=theme)
    for address in ("", "new/", f"{asked.pk}/", "schedules/", "schedules/new/", "branding/"):
        page.goto(f"/reports/documents/{address}")
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in {"serious", "critical"}
        ]
        assert serious == [], address
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
        page.set_viewport_size({"width": 1440, "height": 900})
