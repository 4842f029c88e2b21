"""A working day's start: the first page, one person's pages, the jobs, and two who write at the same time."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from candidates.models import Candidate
from jobs.models import Job
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory
from tests.hiring import DriveFactory, InterviewFactory, NoteFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def card(page, heading):
    return page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))


def test_the_first_page_says_what_waits_and_leads_there(recruiter, sign_in, violations):
    job = JobFactory(title="Nurse", team={recruiter: "recruiter"})
    one = ApplicationFactory(candidate=CandidateFactory(full_name="Amara Okafor"), job=job)
    soon = timezone.now() + timedelta(minutes=1)
    InterviewFactory(application=one, starts_at=soon, time_zone="UTC", interviewers=[recruiter])
    InterviewFactory(
        application=one, starts_at=soon - timedelta(days=2), interviewers=[recruiter], title="First talk"
    )  # fmt: skip
    today = timezone.localdate()
    drive = DriveFactory(name="Autumn fair", starts_on=today, ends_on=today, status="running", target_applications=9)
    drive.drive_jobs.create(job=job)
    page = sign_in(recruiter)
    waiting = card(page, "Waiting for me")
    expect(waiting).to_contain_text("Scorecard: Amara Okafor")
    expect(card(page, "Interviews today")).to_contain_text("Amara Okafor")
    expect(card(page, "Drives against their targets")).to_contain_text("Autumn fair")
    expect(card(page, "Open jobs").get_by_role("link", name="Nurse")).to_be_visible()
    waiting.get_by_role("link", name="Applications to review").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("body")).to_contain_text("Amara Okafor")
    assert violations == []


def test_the_first_page_of_somebody_new_says_what_to_do(interviewer, sign_in):
    page = sign_in(interviewer)
    expect(card(page, "Waiting for me")).to_contain_text("Nothing waits for you.")
    expect(card(page, "Interviews today")).to_contain_text("You meet nobody today.")


def test_every_tab_of_a_person_opens_and_says_which_it_is(recruiter, sign_in, violations):
    candidate = ResumeFactory(pages=1, candidate=CandidateFactory(full_name="Amara Okafor")).candidate
    ApplicationFactory(candidate=candidate, job=JobFactory(team={recruiter: "recruiter"}))
    NoteFactory(candidate=candidate)
    page = sign_in(recruiter)
    page.goto(f"/candidates/candidate/{candidate.pk}/change/")
    tabs = page.locator("nav.tabs a")
    names = tabs.all_inner_texts()
    assert len(names) >= 8
    for number in range(len(names)):
        tabs.nth(number).focus()
        page.keyboard.press("Enter")
        expect(tabs.nth(number)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("heading", level=1)).to_have_text("Amara Okafor")
    assert violations == []


def test_of_two_who_edit_a_person_the_slower_is_told_and_loses_nothing(recruiter, sign_in):
    cora = UserFactory(username="cora", first_name="Cora", last_name="Lind", role="Recruiter")
    candidate = CandidateFactory(full_name="Amara Okafor", city="Berlin")
    mine, hers = sign_in(recruiter), sign_in(cora)
    for page in (mine, hers):
        page.goto(f"/candidates/candidate/{candidate.pk}/change/?edit=1")
    hers.get_by_label("City").fill("Rome")
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.get_by_role("heading", level=1)).to_be_visible()
    mine.get_by_label("Headline").fill("Ward nurse")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.locator(".errornote, .errorlist").first).to_be_visible()
    expect(mine.locator("body")).to_contain_text("Somebody else saved this person after you opened the form.")
    expect(mine.get_by_label("Headline")).to_have_value("Ward nurse")
    candidate.refresh_from_db()
    assert (candidate.city, candidate.headline) == ("Rome", "Staff Engineer")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_label("Headline")).to_have_count(0)
    assert Candidate.objects.get().headline == "Ward nurse"


def test_a_job_is_written_opened_found_and_closed_after_a_question(recruiter, sign_in, violations):
    JobFactory(title="Baker", department="Kitchen")
    page = sign_in(recruiter)
    page.locator("#side").get_by_role("link", name="Jobs").click()
    page.locator(".page-head, .object-tools").get_by_role("link", name="job").first.click()
    page.get_by_label("Title").fill("Ward nurse")
    page.get_by_label("Department").fill("Care")
    page.get_by_label("Description").fill("Care for people.")
    page.get_by_label("Must have").fill("Nursing degree")
    page.get_by_role("button", name="Save", exact=True).click()
    job = Job.objects.get(title="Ward nurse")
    page.goto(f"/jobs/job/{job.pk}/change/")
    page.get_by_role("button", name="Open job").click()
    expect(page.locator(".messagelist")).to_contain_text("The job is open: people can apply.")
    page.goto("/jobs/job/")
    page.get_by_label("Search this list").fill("ward")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Ward nurse").click()
    page.get_by_role("link", name="Close", exact=True).click()
    expect(page.get_by_role("link", name="Leave it as it is")).to_be_visible()
    job.refresh_from_db()
    assert job.status == Job.Status.OPEN
    page.locator("form.spaced button").click()
    expect(page.locator(".messagelist")).to_contain_text("The job is closed")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator(".messagelist")).to_contain_text("The job is back.")
    assert violations == []


def test_of_two_who_edit_a_job_the_slower_is_told(recruiter, sign_in):
    cora = UserFactory(username="cora", role="Recruiter")
    job = JobFactory(title="Baker", team={recruiter: "recruiter", cora: "recruiter"})
    mine, hers = sign_in(recruiter), sign_in(cora)
    for page in (mine, hers):
        page.goto(f"/jobs/job/{job.pk}/change/?edit=1")
    hers.get_by_label("Title").fill("Pastry baker")
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.get_by_label("Title")).to_have_count(0)
    mine.get_by_label("Title").fill("Bread baker")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.locator("body")).to_contain_text("Somebody changed this since you opened it, so nothing was saved.")
    expect(mine.get_by_label("Title")).to_have_value("Bread baker")
    assert Job.objects.get().title == "Pastry baker"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_page_fits_a_phone(recruiter, sign_in, theme):
    job = JobFactory(title="Engineer of " + "very " * 12 + "long titles", team={recruiter: "recruiter"})
    one = ApplicationFactory(candidate=CandidateFactory(full_name="N" * 60), job=job)
    InterviewFactory(application=one, starts_at=timezone.now(), interviewers=[recruiter])
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
