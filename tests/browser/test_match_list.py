"""Asking where somebody stands, by keyboard, and coming to the sentence that speaks for them."""

import pytest
from playwright.sync_api import expect

from tests.factories import CandidateFactory, JobFactory, ResumeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_anybody_is_found_by_name_and_their_evidence_opens_the_resume(recruiter, sign_in, violations):
    job = JobFactory(team={recruiter: "recruiter"}, must_have="Python", nice_to_have="")
    ResumeFactory(candidate=CandidateFactory(full_name="Amara Okafor"))
    CandidateFactory(full_name="Amadou Keita")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/why-not/")
    field = page.get_by_role("combobox", name="Person")
    field.fill("ama")
    expect(page.get_by_role("option")).to_have_count(2)
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("Amara Okafor")
    beside = page.get_by_role("combobox", name="Beside")
    beside.fill("keita")
    expect(page.get_by_role("option", name="Amadou Keita")).to_be_visible()
    beside.press("Enter")
    page.get_by_role("button", name="Look").click()
    expect(page.locator("body")).to_contain_text("There is no resume of theirs")
    page.get_by_role("link", name="page 1").first.click()
    expect(page.locator("mark.quote").first).to_contain_text("Python")
    assert violations == []
