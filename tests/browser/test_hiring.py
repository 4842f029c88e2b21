"""From the permission to hire to somebody in the pipeline: two colleagues, the public, and a real file."""

import pytest
from playwright.sync_api import expect

from jobs.actions import intake, links
from jobs.models import Application, IntakeSubmission, Job, Requisition, TrackingLink
from tests.browser import resumes
from tests.conftest import NOON
from tests.factories import JobFactory, UserFactory
from tests.hiring import RequisitionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_requisition_becomes_a_job_a_post_and_an_application(
    recruiter, hiring_manager, sign_in, new_context, work_off, violations, tmp_path
):
    asking = sign_in(hiring_manager)
    write_and_submit(asking, recruiter)
    deciding = sign_in(recruiter)
    approve_and_open(deciding)
    publish(deciding)
    visitor = new_context().new_page()
    apply_as_the_public(visitor, tmp_path)
    work_off()
    visitor.reload()
    expect(visitor.get_by_text("Your application is received.")).to_be_visible()
    see_in_the_pipeline(deciding)
    assert violations == []


def write_and_submit(page, recruiter):
    page.get_by_role("link", name="Requisitions").click()
    page.get_by_role("link", name="Add requisition").click()
    page.get_by_label("Title").fill("Backend Engineer")
    page.get_by_label("Headcount").fill("2")
    page.get_by_label("Justification").fill("Billing grows.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Approver 1", exact=True).select_option(str(recruiter.pk))
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator(".chain-step.now")).to_contain_text("rosa")


def approve_and_open(page):
    page.reload()
    expect(page.get_by_role("heading", name="Waiting for your approval")).to_be_visible()
    page.get_by_role("link", name="Backend Engineer").first.click()
    page.get_by_label("Comment").fill("Go ahead.")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".chain-step.approved")).to_contain_text("Go ahead.")
    page.get_by_role("button", name="Create job from it").click()
    page.get_by_label("Description").fill("Build and run our billing service.")
    page.get_by_label("Must have").fill("Python\nPostgreSQL")
    page.get_by_role("button", name="Save", exact=True).click()
    job = Job.objects.get()
    page.goto(f"/jobs/job/{job.pk}/change/")
    page.get_by_role("button", name="Open job").click()
    page.get_by_role("link", name="Openings", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("Backend Engineer")


def publish(page):
    page.get_by_role("link", name="Posts", exact=True).click()
    page.get_by_role("button", name="Write a post").click()
    expect(page.locator("article li", has_text="PostgreSQL")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("The post is live.")).to_be_visible()


def apply_as_the_public(page, folder):
    resume = resumes.write(folder)[0]
    page.goto("/careers/")
    page.get_by_label("Search").fill("billing")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Backend Engineer").click()
    page.get_by_role("link", name="Apply for this job").first.click()
    opened = page.evaluate("performance.now()")
    page.get_by_label("Name").fill("Mara Lindt")
    page.get_by_label("E-mail").fill("mara.lindt@example.org")
    page.set_input_files("[data-file]", resume)
    expect(page.get_by_text("Your resume is here.")).to_be_visible(timeout=20_000)
    page.get_by_label("I agree").check()
    seconds = intake.FORM_TAKES.total_seconds()
    page.wait_for_timeout(max(0, seconds * 1000 + 600 - (page.evaluate("performance.now()") - opened)))
    page.get_by_role("button", name="Send application").click()
    expect(page.get_by_text("Thank you, we have it.")).to_be_visible()
    assert IntakeSubmission.objects.get().consent_text == intake.CONSENT


def see_in_the_pipeline(page):
    application = Application.objects.get()
    assert (application.source, application.candidate.full_name) == ("Careers page", "Mara Lindt")
    page.goto(f"/jobs/job/{application.job_id}/pipeline/")
    expect(page.get_by_role("link", name="Mara Lindt").first).to_be_visible()
    page.goto(f"/jobs/application/{application.pk}/change/")
    expect(page.get_by_text("Careers page").first).to_be_visible()
    page.goto(f"/jobs/job/{application.job_id}/links/")
    assert TrackingLink.objects.get().visits == 1
    expect(page.locator("tbody tr").first).to_contain_text("Careers page")


def test_the_chain_is_built_by_keyboard_alone(recruiter, sign_in, violations):
    rita = UserFactory(username="rita", role="Recruiter")
    one = RequisitionFactory(created_by=recruiter, title="Baker")
    page = sign_in(recruiter)
    page.goto(f"/jobs/requisition/{one.pk}/change/")
    page.get_by_label("Approver 1", exact=True).select_option(str(recruiter.pk))
    page.get_by_role("button", name="Add approver").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Approver 2", exact=True)).to_be_focused()
    page.get_by_label("Approver 2", exact=True).select_option(str(rita.pk))
    page.get_by_role("button", name="Earlier").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text("rita is asked as number 1.")
    page.get_by_role("button", name="Submit for approval").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chain-step").first).to_contain_text("rita")
    assert [step.approver for step in Requisition.objects.get().approvals.all()] == [rita, recruiter]
    assert violations == []


def test_the_form_works_on_a_phone_and_says_why_a_file_is_refused(recruiter, new_context, violations, tmp_path):
    job = JobFactory(title="Baker", team={recruiter: "recruiter"})
    link = links.create(job=job, by=recruiter, now=NOON, facts={"label": "Poster"})
    page = new_context(**PHONE).new_page()
    for address in ("/careers/", f"/apply/{link.token}/"):
        page.goto(address)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, address
    page.get_by_role("button", name="Send application").click()
    assert page.evaluate("document.activeElement.name") == "full_name"
    wrong = tmp_path / "cv.exe"
    wrong.write_bytes(b"MZ")
    page.set_input_files("[data-file]", wrong)
    expect(page.locator("[data-state]")).to_contain_text("Resumes are accepted as PDF")
    # A refused request is what the page is about here.
    assert [said for said in violations if "422" not in said] == []


def test_without_script_the_form_says_what_it_needs(recruiter, new_context):
    job = JobFactory(title="Baker", team={recruiter: "recruiter"})
    link = links.create(job=job, by=recruiter, now=NOON, facts={"label": "Poster"})
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"/apply/{link.token}/")
    expect(page.get_by_text("which needs JavaScript")).to_be_visible()
