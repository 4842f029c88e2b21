"""Long work in the browser: an import from file to undo, an export, and reports with their filters."""

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from candidates.models import Candidate
from hrassist import long_tasks
from jobs.actions import applications
from jobs.models import Opening
from tests.factories import CandidateFactory, JobFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

TABLE = "Name;E-Mail;Ort\nJörg Müller;joerg@example.org;Köln\n;nobody@example.org;\nZoë Weiß;zoe@example.org;Bonn\n"


def test_an_import_from_the_file_to_its_undoing(recruiter, sign_in, work_off, violations):
    job = JobFactory(title="Nurse")
    page = sign_in(recruiter)
    page.goto("/candidates/candidate/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": TABLE.encode("cp1252")}
    )
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reading people.csv")
    expect(page.locator("[data-word]")).to_have_text("Waiting")
    work_off()
    # The script leads on by itself once the file is read.
    expect(page.get_by_role("heading", level=1)).to_have_text("Columns of people.csv", timeout=15_000)
    expect(page.get_by_label("Name", exact=True)).to_have_value("full_name")
    expect(page.get_by_label("Ort")).to_have_value("city")
    page.get_by_label("Add to job").select_option(label="Nurse")
    page.get_by_role("button", name="Check 3 rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check of people.csv")
    work_off()
    expect(page.get_by_role("button", name="Import 2 rows")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("row", name="3 No name")).to_be_visible()
    assert Candidate.objects.count() == 0
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import of people.csv")
    work_off()
    expect(page.locator("[data-word]")).to_have_text("Done", timeout=15_000)
    assert sorted(Candidate.objects.values_list("full_name", flat=True)) == ["Jörg Müller", "Zoë Weiß"]
    assert job.applications.count() == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="All of them as CSV").click()
    assert list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))[1] == ["3", "No name"]
    page.reload()
    page.get_by_role("button", name="Undo this import").click()
    work_off()
    expect(page.locator("[data-word]")).to_have_text("Done", timeout=15_000)
    assert Candidate.objects.count() == 0
    assert violations == []


def test_progress_moves_and_survives_leaving_the_page(recruiter, sign_in, violations):
    long_tasks._kinds["test"] = lambda _progress: {"tagged": 80}
    task = long_tasks.start(
        kind="test",
        title="Tagging people",
        params={},
        by=recruiter,
        now=timezone.now() - timedelta(minutes=1),
        total=80,
    )
    page = sign_in(recruiter)
    page.goto(f"/tasks/{task.pk}/")
    running = long_tasks._begin(task.pk)
    long_tasks.Progress(running).at(20, tagged=20)
    expect(page.locator("[data-figures]")).to_have_text("20 of 80", timeout=15_000)
    expect(page.locator("progress")).to_have_js_property("value", 25)
    page.goto("/candidates/candidate/")
    page.get_by_role("link", name=re.compile("1 task runs")).click()
    expect(page.locator("[data-figures]")).to_have_text("20 of 80")
    running.heartbeat_at = timezone.now() - timedelta(minutes=5)
    running.save(update_fields=["heartbeat_at"])
    expect(page.get_by_text("its worker seems to be gone")).to_be_visible(timeout=15_000)
    long_tasks.run(task.pk)
    expect(page.locator("[data-word]")).to_have_text("Done", timeout=15_000)
    expect(page.locator("dd.figure")).to_have_text("80")
    expect(page.locator("[data-long-task-told]")).to_contain_text("Done")
    long_tasks._kinds.pop("test")
    assert violations == []


def test_a_list_becomes_a_workbook(recruiter, sign_in, work_off, violations):
    CandidateFactory(full_name="=cmd|' /C calc'!A0", email="a@example.org")
    page = sign_in(recruiter)
    page.goto("/candidates/candidate/")
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_label("Excel (XLSX)").check()
    page.get_by_role("button", name="Export 1 candidates").click()
    work_off()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download candidates-")).click(timeout=15_000)
    rows = list(openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active.values)
    assert rows[1][0] == "'=cmd|' /C calc'!A0"
    assert violations == []


@pytest.fixture
def hired(recruiter):
    job = JobFactory(title="Nurse", department="Care", team={recruiter: "recruiter"})
    Opening.objects.create(job=job, number=1)
    came = timezone.now() - timedelta(days=10)
    one = applications.apply(candidate=CandidateFactory(), job=job, by=recruiter, now=came, source="Fair")
    applications.hire(application=one, by=recruiter, now=timezone.now() - timedelta(days=2))
    applications.apply(candidate=CandidateFactory(), job=JobFactory(department="IT"), by=recruiter, now=came)
    return job


def test_a_report_is_filtered_and_taken_along_as_csv(hired, recruiter, sign_in, violations):
    page = sign_in(recruiter)
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("row", name="Applied 2")).to_be_visible()
    page.get_by_label("Department").select_option("Care")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row", name="Applied 1")).to_be_visible()
    page.get_by_role("link", name="Time to hire").click()
    expect(page.get_by_label("Department")).to_have_value("Care")
    expect(page.locator(".report-figures")).to_contain_text("8.0 days")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert rows[-1] == ["Care", "1", "8.0", "8.0"]
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_these_pages_are_no_wider_than_a_phone(hired, recruiter, sign_in, theme, violations):
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    reports = ("funnel", "time-to-hire", "time-in-stage", "sources", "workload", "drives")
    paths = ["/", "/tasks/", "/candidates/import/", "/exports/?export_list=jobs.application"]
    for path in paths + [f"/reports/{name}/" for name in reports]:
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
    assert violations == []
