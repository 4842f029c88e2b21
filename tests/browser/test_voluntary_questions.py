"""The two voluntary questions as people meet them: by keyboard, on a phone, without a script, in the dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from jobs.actions import intake
from jobs.models import IntakeSubmission, JobPrivacy
from jobs.models.demographic import DemographicAnswer
from tests.factories import JobFactory, UserFactory
from tests.hiring import TrackingLinkFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "java_script_enabled": False}


@pytest.fixture
def submission():
    recruiter = UserFactory(role="Recruiter")
    job = JobFactory(title="Billing engineer", country="US", city="Boston", team={recruiter: "recruiter"})
    JobPrivacy.objects.create(job=job, asks_demographics="yes", updated_by=recruiter)
    return IntakeSubmission.objects.create(
        link=TrackingLinkFactory(job=job, created_by=recruiter), job=job, full_name="Jane", email="jane@example.org",
        consented_at=timezone.now(), secret_digest=intake.digest("known"), state="failed",
    )  # fmt: skip


def test_they_are_answered_and_taken_back_by_keyboard(new_context, live_server, submission, violations):
    page = new_context().new_page()
    page.goto(f"{live_server.url}/apply/status/known/")
    page.get_by_role("link", name="See the questions").press("Enter")
    expect(page.get_by_text("You need not answer.")).to_be_visible()
    expect(page.get_by_role("group", name="Sex").get_by_label("I prefer not to say")).to_be_checked()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
    page.get_by_role("group", name="Sex").get_by_label("I prefer not to say").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="I agree, keep my answer").press("Enter")
    expect(page.get_by_text("You answered.")).to_be_visible()
    kept = DemographicAnswer.objects.get()
    assert (kept.sex, kept.race) == ("another", "")
    page.get_by_role("link", name="Change or take back").press("Enter")
    page.get_by_role("button", name="Take my answer back").press("Enter")
    expect(page.get_by_role("link", name="See the questions")).to_be_visible()
    assert not DemographicAnswer.objects.exists()
    assert violations == []


def test_on_a_phone_without_a_script_nothing_is_too_wide(new_context, live_server, submission):
    page = new_context(**PHONE).new_page()
    page.goto(f"{live_server.url}/apply/status/known/questions/")
    page.get_by_label("Two or more races").check()
    page.get_by_role("button", name="I agree, keep my answer").click()
    expect(page.get_by_text("You answered.")).to_be_visible()
    assert DemographicAnswer.objects.get().race == "several"
    page.goto(f"{live_server.url}/apply/status/known/questions/")
    box = page.locator("form.apply-form").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
