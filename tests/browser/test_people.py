"""One record per person, notes and the bell, as people use them: by mouse, by keyboard, on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from candidates import duplicates
from candidates.models import CandidateMerge, NotDuplicate
from hrassist.models import Notification
from jobs.models import Note
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def a_pair():
    found = [
        CandidateFactory(full_name="Jane Doe", email="jane@example.org", city="Berlin"),
        CandidateFactory(full_name="J. M. Doe", email="jane@example.org", city="Rome"),
    ]
    ApplicationFactory(candidate=found[0])
    hiring.NoteFactory(candidate=found[1])
    ResumeFactory(candidate=found[1])
    duplicates.search_all(now=timezone.now())
    return found


def test_two_records_become_one_with_chosen_values_and_two_again(recruiter, sign_in, violations):
    kept, gone = a_pair()
    page = sign_in(recruiter)
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("link", name="Jane Doe, J. M. Doe").click()
    expect(page.get_by_role("heading", name="Is this one person?")).to_be_visible()
    page.get_by_label("Keep this record").nth(1).check()
    expect(page.get_by_label("J. M. Doe", exact=True)).to_be_checked()
    page.get_by_label("Keep this record").first.check()
    expect(page.get_by_label("Berlin")).to_be_checked()
    page.get_by_label("Rome").check()
    page.get_by_label("J. M. Doe", exact=True).check()
    page.get_by_role("button", name="Merge…").click()
    expect(page.get_by_text("City becomes “Rome”")).to_be_visible()
    expect(page.get_by_text("1 note")).to_be_visible()
    page.get_by_role("button", name="Merge into Jane Doe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("J. M. Doe")
    expect(page.locator(".messagelist")).to_contain_text("are one now")
    page.goto(f"/candidates/candidate/{gone.pk}/change/")
    expect(page).to_have_url(f"{page.url.split('/candidates/')[0]}/candidates/candidate/{kept.pk}/change/")
    expect(page.locator(".messagelist")).to_contain_text("was merged into this one")
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("link", name="History of merges").click()
    page.locator("#result_list a").first.click()
    page.get_by_role("button", name="Un-merge").click()
    expect(page.get_by_text("has a record of their own again")).to_be_visible()
    page.goto(f"/candidates/candidate/{kept.pk}/change/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jane Doe")
    expect(page.get_by_role("link", name="Duplicate suspected")).to_be_visible()
    assert CandidateMerge.objects.get().undone_by == recruiter
    assert violations == []


def test_undo_stands_in_the_message_of_the_merge_and_of_two_people(recruiter, sign_in, violations):
    a_pair()
    page = sign_in(recruiter)
    page.goto("/candidates/duplicategroup/")
    page.locator("#result_list a").first.click()
    page.get_by_role("button", name="These are two people").click()
    assert NotDuplicate.objects.count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Jane Doe, J. M. Doe")).to_be_visible()
    assert NotDuplicate.objects.count() == 0
    page.locator("#result_list a").first.click()
    page.get_by_role("button", name="Merge…").click()
    page.get_by_role("button", name="Merge into").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("has a record of their own again")).to_be_visible()
    assert violations == []


def test_a_mention_is_written_by_keyboard_and_rings_the_colleague_s_bell(
    recruiter, hiring_manager, sign_in, violations
):
    hiring_manager.first_name, hiring_manager.last_name = "Hugo", "Haas"
    hiring_manager.save()
    one = ApplicationFactory(
        candidate=CandidateFactory(full_name="Jane Doe"), job=JobFactory(team={hiring_manager: "hiring_manager"})
    )
    page = sign_in(recruiter)
    page.goto(f"/candidates/candidate/{one.candidate_id}/notes/")
    page.get_by_label("Write a note").focus()
    page.keyboard.type("Please call her, @hu")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Write a note")).to_have_value("Please call her, @hugo ")
    page.keyboard.type("today")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-text")).to_have_text("Please call her, @Hugo Haas today")
    theirs = sign_in(hiring_manager)
    bell = theirs.locator("[data-bell-open]")
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    bell.focus()
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#bell-panel")).to_contain_text("mentioned you in a note about Jane Doe")
    theirs.keyboard.press("ArrowDown")
    theirs.keyboard.press("Enter")
    expect(theirs.locator(".note-text")).to_have_text("Please call her, @Hugo Haas today")
    expect(bell).to_have_attribute("aria-label", "Notifications")
    Notification.objects.update(read_at=None)
    bell.click()
    expect(bell).to_have_attribute("aria-label", "Notifications, 1 unread")
    theirs.get_by_role("button", name="Mark all read").click()
    expect(bell).to_have_attribute("aria-label", "Notifications")
    theirs.keyboard.press("Escape")
    expect(theirs.locator("#bell-panel")).to_be_hidden()
    assert violations == []


def test_a_note_is_changed_deleted_and_brought_back(recruiter, sign_in, violations):
    note = hiring.NoteFactory(by=recruiter, text="First words")
    page = sign_in(recruiter)
    page.goto(f"/candidates/candidate/{note.candidate_id}/notes/")
    page.get_by_role("link", name="Edit", exact=True).last.click()
    page.get_by_label("Change the note").fill("Second words")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-text")).to_have_text("Second words")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No notes yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".note-text")).to_have_text("Second words")
    assert Note.objects.get().deleted_at is None
    assert violations == []


def pages_of(pair, application):
    group = pair[0].duplicate_member.group_id
    return [
        "/candidates/duplicategroup/",
        f"/candidates/duplicategroup/{group}/change/",
        "/candidates/candidatemerge/",
        f"/candidates/candidate/{pair[1].pk}/merge/?q=Doe",
        f"/candidates/candidate/{pair[1].pk}/notes/",
        f"/candidates/candidate/{pair[1].pk}/activity/",
        f"/jobs/application/{application.pk}/notes/",
        "/notifications/",
        "/preferences/",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_keep_nothing_from_anybody(recruiter, sign_in, theme, violations):
    pair = a_pair()
    hiring.NoteFactory(candidate=pair[1], by=recruiter, text="x" * 300)
    page: Page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    paths = pages_of(pair, pair[0].applications.get())
    for path in paths:
        assert page.goto(path).status == 200
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
    assert violations == []
    # The examiner itself styles the pages, which the policy refuses.
    for path in paths:
        page.goto(path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response
        serious = [one for one in found["violations"] if one["impact"] in {"serious", "critical"}]
        assert serious == [], f"{path}: {[(one['id'], one['nodes'][0]['html'][:200]) for one in serious]}"
