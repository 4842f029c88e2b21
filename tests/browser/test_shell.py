"""The frame of every page: search by keyboard, a phone's width, the dark theme, the drawer."""

import pytest
from playwright.sync_api import expect

from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
PASSWORD = "correct-horse-battery-staple"


def test_somebody_signs_in_by_keyboard_and_out_again(recruiter, new_context, violations):
    recruiter.set_password(PASSWORD)
    recruiter.save(update_fields=["password"])
    page = new_context().new_page()
    page.goto("/jobs/job/")
    page.get_by_label("User name").fill(recruiter.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/jobs/job/")
    expect(page.get_by_label("User name")).to_be_visible()
    assert violations == []


def test_the_search_is_reached_and_used_by_keyboard_alone(recruiter, sign_in):
    CandidateFactory(full_name="Amara Okafor", headline="Nurse")
    ResumeFactory(candidate=CandidateFactory(full_name="Jonas Weber"))
    JobFactory(title="Okapi Keeper")
    page = sign_in(recruiter)
    page.keyboard.press("/")
    page.keyboard.type("oka")
    results = page.locator(".finder-results a")
    expect(results).to_have_count(2)
    expect(results.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Okapi Keeper")
    page.keyboard.press("Control+k")
    expect(page.locator(".finder input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".finder input")).not_to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(recruiter, sign_in, theme):
    job = JobFactory(team={recruiter: "recruiter"}, title="A" * 60 + " engineer of very long titles")
    one = ApplicationFactory(candidate=ResumeFactory(pages=1).candidate, job=job)
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    for path in (
        "/",
        "/candidates/candidate/",
        f"/candidates/candidate/{one.candidate_id}/change/",
        f"/candidates/candidate/{one.candidate_id}/change/?edit=1",
        f"/candidates/candidate/{one.candidate_id}/resume/",
        f"/candidates/candidate/{one.candidate_id}/activity/",
        f"/candidates/candidate/{one.candidate_id}/files/",
        "/candidates/upload/",
        "/candidates/uploadticket/",
        "/jobs/job/",
        "/jobs/job/add/",
        f"/jobs/job/{job.pk}/change/",
        f"/jobs/job/{job.pk}/ranked/",
        f"/jobs/job/{job.pk}/ranked/?unranked=1",
        f"/jobs/job/{job.pk}/pipeline/",
        f"/jobs/job/{job.pk}/team/",
        "/jobs/application/",
        f"/jobs/application/{one.pk}/change/",
    ):
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"


def test_the_theme_follows_the_system_and_can_be_chosen(recruiter, sign_in, violations):
    page = sign_in(recruiter, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    assert sum(int(part) for part in dark[4:-1].split(",")) < 150
    page.locator(".me summary").click()
    page.locator("[data-cycle-theme]").click()
    expect(page.locator("[data-theme-name]")).to_have_text("light")
    page.reload()
    light = page.evaluate(background)
    assert sum(int(part) for part in light[4:-1].split(",")) > 600
    assert violations == []


def test_on_a_phone_the_side_bar_is_a_drawer(recruiter, sign_in):
    page = sign_in(recruiter, viewport={"width": 390, "height": 844})
    side = page.locator("#side")
    expect(side).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    side.get_by_role("link", name="Jobs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
