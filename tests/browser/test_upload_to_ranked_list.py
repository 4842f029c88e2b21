"""The main way through, as a recruiter walks it: files in, people out, a job ranks them and shows why."""

import re

import pytest
from playwright.sync_api import expect

from audit.models import Event
from candidates.models import Candidate, UploadTicket
from jobs.models import Job, MatchRun
from tests.browser import resumes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_a_batch_of_resumes_becomes_people_whom_a_job_ranks_with_evidence(
    recruiter, sign_in, work_off, violations, tmp_path
):
    page = sign_in(recruiter)
    upload_a_batch(page, work_off, folder=tmp_path)
    read_a_resume(page, recruiter)
    job = open_a_job(page)
    rank_its_people(page, recruiter)
    put_somebody_into_the_pipeline(page, job)
    assert violations == []


def upload_a_batch(page, work_off, *, folder):
    files = resumes.write(folder)
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing of a PDF behind it")
    page.get_by_role("link", name="Upload resumes").first.click()
    page.set_input_files("[data-files]", [*files, broken])
    reading = page.locator(".file[data-is=reading]")
    expect(reading).to_have_count(4, timeout=30_000)
    # States are the server's: they survive that the page is left and opened again.
    page.reload()
    expect(reading).to_have_count(4)
    work_off()
    expect(page.locator(".file[data-is=ready]")).to_have_count(3, timeout=30_000)
    rejected = page.locator(".file[data-is=rejected]")
    expect(rejected).to_contain_text("broken.pdf")
    assert rejected.locator("[data-reason]").inner_text() == UploadTicket.objects.get(state="rejected").rejected_message


def read_a_resume(page, recruiter):
    page.locator(".file", has_text="mara-lindt.pdf").get_by_role("link", name="Open person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mara Lindt")
    expect(page.get_by_text("Kestrel Payments").first).to_be_visible()
    page.get_by_role("link", name="Resume", exact=True).click()
    picture = page.locator(".resume-pictures img").first
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("one => one.naturalWidth") > 300
    page.locator("a.value", has_text="Kestrel Payments").first.click()
    expect(page.locator("mark.active").first).to_contain_text("Kestrel")
    mara = Candidate.objects.get(full_name="Mara Lindt")
    seen = Event.objects.filter(action="resume.viewed", subject_ref=str(mara.pk), actor_id=str(recruiter.pk))
    assert seen.exists()


def open_a_job(page):
    page.goto("/jobs/job/add/")
    page.get_by_label("Title").fill("Backend Engineer")
    page.get_by_label("Description").fill("Build and run our billing service in Python on PostgreSQL.")
    page.get_by_label("Must have").fill("Python\nPostgreSQL\nForklift licence")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Open job").click()
    job = Job.objects.get(title="Backend Engineer")
    assert job.status == Job.Status.OPEN
    assert job.stages.count() == 5
    return job


def rank_its_people(page, recruiter):
    page.get_by_role("link", name="Ranked people").click()
    page.get_by_role("button", name="Rank people").click()
    expect(page.locator(".ranked-person")).to_have_count(3, timeout=30_000)
    names = page.locator(".ranked-person .ranked-who b").all_inner_texts()
    assert names[0] in {"Mara Lindt", "Ines Rocha"}
    assert names[2] == "Tom Aske"
    assert MatchRun.objects.get().created_by == recruiter
    row = page.locator(".ranked-person").filter(has_text="Mara Lindt")
    expect(row.locator(".ranked-must")).to_contain_text("2 of 3")
    if row.locator("details.ranked-proofs").get_attribute("open") is None:
        row.locator("details.ranked-proofs > summary").click()
    expect(row.locator("tr", has_text="Forklift licence")).to_contain_text("no evidence found")
    row.locator("tr", has_text=re.compile(r"^\s*PostgreSQL")).get_by_role("link").click()
    expect(page.locator("mark.quote").first).to_be_visible()
    assert "PostgreSQL" in "".join(page.locator("mark.quote").all_inner_texts())


def put_somebody_into_the_pipeline(page, job):
    page.goto(f"/jobs/job/{job.pk}/ranked/?unranked=1")
    expect(page.locator(".lines > li")).to_have_count(3)
    page.locator("li", has_text="Mara Lindt").get_by_role("button", name="Add to pipeline").click()
    page.locator(".tabs").get_by_role("link", name=re.compile("^Pipeline")).click()
    expect(page.locator(".column", has_text="Applied").locator(".board-card")).to_contain_text("Mara Lindt")
    page.get_by_role("button", name="Move Mara Lindt to Screening").click()
    screening = page.locator(".column[aria-label=Screening]")
    expect(screening.locator(".board-card")).to_contain_text("Mara Lindt")
    # By drag it is shown at once, sent, and can be undone.
    page.locator(".board-card").drag_to(page.locator(".column[aria-label=Interview]"))
    expect(page.locator("[data-toast-text]")).to_have_text("Mara Lindt is now in Interview.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast-text]")).to_have_text("Mara Lindt is back in Screening.")
    page.reload()
    expect(screening.locator(".board-card")).to_contain_text("Mara Lindt")
