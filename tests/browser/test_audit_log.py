"""Looking up what happened to one person, and from which address."""

import pytest
from playwright.sync_api import expect

from audit.models import Event
from tests.factories import CandidateFactory, ResumeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_an_auditor_finds_who_read_a_person_and_is_on_record_too(recruiter, auditor, sign_in, violations):
    read, other = CandidateFactory(full_name="Amara Okafor"), CandidateFactory()
    ResumeFactory(candidate=read)
    reading = sign_in(recruiter)
    for one in (read, other):
        reading.goto(f"/candidates/candidate/{one.pk}/change/")
    reading.goto(f"/candidates/candidate/{read.pk}/resume/")
    page = sign_in(auditor)
    page.locator("#side").get_by_role("link", name="Audit log").click()
    field = page.get_by_label("Search this list")
    field.fill(f"person:{read.pk} who:rosa")
    field.press("Enter")
    rows = page.locator("#result_list tbody tr")
    expect(rows.filter(has_text="resume.viewed")).to_have_count(1)
    shown = rows.count()
    assert shown == Event.objects.filter(subject_ref=str(read.pk), actor_display="rosa").count()
    expect(page.locator("#result_list")).not_to_contain_text("Amara Okafor")
    page.get_by_label("Search this list").fill("ip:somewhere")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("“somewhere” is no address.")
    assert Event.objects.filter(action="event.listed", actor_display="axel").exists()
    assert violations == []


def test_an_entry_is_opened_by_keyboard_and_cannot_be_changed(recruiter, auditor, sign_in):
    sign_in(recruiter).goto(f"/candidates/candidate/{CandidateFactory().pk}/change/")
    page = sign_in(auditor)
    page.goto("/audit/event/?q=candidate.viewed")
    page.keyboard.press("j")
    expect(page.locator("#result_list a:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")
    expect(page.get_by_text("candidate.viewed").first).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_the_log_fits_a_phone(auditor, sign_in):
    page = sign_in(auditor, viewport={"width": 390, "height": 844})
    page.goto("/audit/event/")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
