"""The board as recruiters use it: by mouse, by keys, two at once, on a phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import EmailTemplate, Message, Opening, RejectionReason, Stage
from tests.browser.network import Held
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def job(recruiter):
    job = JobFactory(team={recruiter: "recruiter"})
    Opening.objects.create(job=job)
    RejectionReason.objects.create(name="Skills do not fit")
    EmailTemplate.objects.create(
        name="Kind no", kind="rejection", subject="{{ job.title }}", body="Dear {{ candidate.first_name }}, no."
    )
    return job


def add(job, name, *, days=0, stage="applied"):
    since = timezone.now() - timedelta(days=days)
    return ApplicationFactory(
        job=job, candidate=CandidateFactory(full_name=name), stage=Stage.objects.get(job=job, kind=stage),
        entered_stage_at=since, applied_at=since,
    )  # fmt: skip


def column(page, name):
    return page.locator(f".column[data-name='{name}']")


def names(page, name):
    return column(page, name).locator("[data-card]").evaluate_all("all => all.map(one => one.dataset.name)")


def stage_of(one):
    one.refresh_from_db()
    return one.stage.kind


def test_a_card_is_dragged_and_the_move_is_taken_back_to_its_very_place(recruiter, sign_in, job, violations):
    ann, ben, cem = add(job, "Ann", days=9), add(job, "Ben", days=8), add(job, "Cem", days=7)
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    page.locator("[data-card]", has_text="Ben").drag_to(column(page, "Interview"))
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("Ben is now in Interview.")
    assert (names(page, "Applied"), names(page, "Interview"), stage_of(ben)) == (["Ann", "Cem"], ["Ben"], "interview")
    expect(column(page, "Applied").locator("[data-count]")).to_have_text("2")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Ben is back in Applied.")
    assert (names(page, "Applied"), stage_of(ben)) == (["Ann", "Ben", "Cem"], "applied")
    page.reload()
    assert names(page, "Applied") == ["Ann", "Ben", "Cem"]
    assert violations == []
    assert (stage_of(ann), stage_of(cem)) == ("applied", "applied")


def test_the_board_is_worked_by_keys_alone(recruiter, sign_in, job, violations):
    ann, ben = add(job, "Ann", days=9), add(job, "Ben", days=8)
    add(job, "Dee", stage="interview")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    focused = page.locator("[data-card]:focus")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("data-name", "Ann")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("data-name", "Ben")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("data-name", "Dee")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-toast]")).to_contain_text("Ann is now in Screening.")
    expect(focused).to_have_attribute("data-name", "Ann")
    page.keyboard.press("m")
    page.keyboard.press("4")
    expect(page.locator("[data-toast]")).to_contain_text("Ann is now in Offer.")
    assert stage_of(ann) == "offer"
    page.keyboard.press("u")
    expect(page.locator("[data-toast]")).to_contain_text("Ann is back in Screening.")
    page.keyboard.press("?")
    expect(page.locator("[data-help-sheet]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-card]", has_text="Ben").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/jobs/application/{ben.pk}/change/"))
    assert violations == []


def test_a_rejection_goes_with_its_mail_and_both_are_taken_back(recruiter, sign_in, job, violations):
    ann = add(job, "Ann Lee")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    page.locator("[data-card]").focus()
    page.keyboard.press("r")
    sheet = page.locator("[data-sheet]")
    sheet.get_by_label("Skills do not fit").check()
    sheet.get_by_label("Note for the team").fill("Asked twice.")
    sheet.get_by_role("link", name="Kind no").click()
    expect(sheet.get_by_label("Text")).to_have_value("Dear Ann, no.")
    expect(sheet.get_by_label("Skills do not fit")).to_be_checked()
    sheet.get_by_role("button", name="Reject", exact=True).click()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("Ann Lee is rejected. The mail leaves in half an hour.")
    expect(page.locator("[data-card]")).to_have_count(0)
    ann.refresh_from_db()
    assert (ann.status, Message.objects.get().state) == ("rejected", "queued")
    assert ann.transitions.last().note == "Asked twice."
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-card]")).to_have_count(1)
    ann.refresh_from_db()
    assert (ann.status, Message.objects.get().state) == ("active", "cancelled")
    assert violations == []


def test_hiring_asks_and_fills_the_opening_and_can_be_undone(recruiter, sign_in, job):
    ann = add(job, "Ann", stage="offer")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    page.locator("[data-card] [data-next]").click()
    dialog = page.locator("[data-hire-sheet]")
    expect(dialog).to_contain_text("Hire Ann")
    dialog.get_by_role("button", name="Hire").click()
    expect(page.locator("[data-toast]")).to_contain_text("Ann is hired.")
    assert Opening.objects.get().filled_by_id == ann.pk
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(column(page, "Offer").locator("[data-card]")).to_have_count(1)
    assert Opening.objects.get().filled_by_id is None


def test_of_two_recruiters_the_slower_is_told_and_sees_the_truth(recruiter, sign_in, job):
    cora = UserFactory(username="cora", first_name="Cora", last_name="Lind", role="Recruiter")
    ann, ben = add(job, "Ann", days=3), add(job, "Ben", days=2)
    mine, hers = sign_in(recruiter), sign_in(cora)
    for page in (mine, hers):
        page.goto(f"/jobs/job/{job.pk}/pipeline/")
    hers.locator("[data-card]", has_text="Ann").drag_to(column(hers, "Offer"))
    expect(hers.locator("[data-toast]")).to_contain_text("Ann is now in Offer.")
    mine.locator("[data-card]", has_text="Ann").drag_to(column(mine, "Screening"))
    expect(mine.locator("[data-toast]")).to_contain_text("Cora Lind moved Ann to Offer just now.")
    assert (names(mine, "Offer"), names(mine, "Screening"), stage_of(ann)) == (["Ann"], [], "offer")
    hers.locator("[data-card]", has_text="Ben").focus()
    hers.keyboard.press("r")
    hers.locator("[data-sheet]").get_by_label("Skills do not fit").check()
    hers.locator("[data-sheet]").get_by_role("button", name="Reject", exact=True).click()
    expect(hers.locator("[data-toast]")).to_contain_text("Ben is rejected.")
    mine.locator("[data-card]", has_text="Ben").focus()
    mine.keyboard.press("Shift+ArrowRight")
    expect(mine.locator("[data-toast]")).to_contain_text("Cora Lind rejected Ben just now.")
    expect(mine.locator("[data-card]", has_text="Ben")).to_have_count(0)
    ben.refresh_from_db()
    assert ben.status == "rejected"


def test_who_is_quicker_than_the_network_loses_no_step(recruiter, sign_in, job, violations):
    ann = add(job, "Ann")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    held = Held(page, "**/move/")
    card, toast = page.locator("[data-card]"), page.locator("[data-toast]")
    card.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(column(page, "Screening").locator("[data-card]")).to_have_count(1)
    card.drag_to(column(page, "Interview"))
    expect(column(page, "Interview").locator("[data-card]")).to_have_count(1)
    card.locator("[data-next]").click()
    expect(column(page, "Offer").locator("[data-card]")).to_have_count(1)
    for kind in ("screen", "interview", "offer"):
        held.let_go()
        assert (stage_of(ann), names(page, "Offer")) == (kind, ["Ann"])
    expect(toast).to_contain_text("Ann is now in Offer.")
    assert list(ann.transitions.values_list("to_stage__kind", flat=True))[-3:] == ["screen", "interview", "offer"]
    held.stop()
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Ann is back in Interview.")
    assert stage_of(ann) == "interview"
    assert violations == []


def test_behind_a_step_that_is_refused_nothing_is_sent(recruiter, sign_in, job):
    cora = UserFactory(username="cora", first_name="Cora", last_name="Lind", role="Recruiter")
    ann = add(job, "Ann")
    mine, hers = sign_in(recruiter), sign_in(cora)
    for page in (mine, hers):
        page.goto(f"/jobs/job/{job.pk}/pipeline/")
    held = Held(mine, "**/move/")
    mine.locator("[data-card]").focus()
    mine.keyboard.press("Shift+ArrowRight")
    mine.keyboard.press("Shift+ArrowRight")
    expect(column(mine, "Interview").locator("[data-card]")).to_have_count(1)
    hers.locator("[data-card]").drag_to(column(hers, "Offer"))
    expect(hers.locator("[data-toast]")).to_contain_text("Ann is now in Offer.")
    held.let_go()
    expect(mine.locator("[data-toast]")).to_contain_text("Cora Lind moved Ann to Offer just now.")
    expect(mine.locator(".board-card.moving")).to_have_count(0)
    assert (names(mine, "Offer"), stage_of(ann), held.routes) == (["Ann"], "offer", [])


def test_a_page_is_not_left_without_a_word_while_a_step_waits(recruiter, sign_in, job):
    add(job, "Ann")
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    held = Held(page, "**/move/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("[data-card]").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(column(page, "Interview").locator("[data-card]")).to_have_count(1)
    page.get_by_role("link", name="Dashboard").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert (asked, page.url.endswith("/pipeline/")) == (["beforeunload"], True)
    held.let_go()
    held.let_go()
    expect(page.locator("[data-toast]")).to_contain_text("Ann is now in Interview.")
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_long_column_shows_more_in_place(recruiter, sign_in, job, violations):
    for number in range(35):
        add(job, f"Person {number}", days=40 - number)
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    cards = column(page, "Applied").locator("[data-card]")
    expect(cards).to_have_count(30)
    page.locator("[data-more]").click()
    expect(cards).to_have_count(35)
    expect(page.locator("[data-more]")).to_have_count(0)
    assert names(page, "Applied") == [f"Person {number}" for number in range(35)]
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_a_card_is_moved_by_its_menu_and_nothing_is_too_wide(recruiter, sign_in, job, theme):
    ann = add(job, "Ann of a very long and winding name that never ends", days=20)
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, has_touch=True, color_scheme=theme)
    for path in (
        "/pipeline/",
        "/review/",
        f"/jobs/job/{job.pk}/pipeline/",
        f"/jobs/job/{job.pk}/why-not/?person={ann.candidate_id}",
        f"/jobs/application/{ann.pk}/change/",
        f"/jobs/application/{ann.pk}/reject/",
    ):
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    page.locator("[data-card] [data-menu]").tap()
    page.locator("[data-move-sheet]").get_by_role("button", name="Interview").tap()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("is now in Interview.")
    box = toast.bounding_box()
    # Its long words have the width of the phone, not half of it.
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["width"] > 300
    assert stage_of(ann) == "interview"


def test_without_scripts_a_card_still_moves_on(recruiter, sign_in, job, new_context):
    ann = add(job, "Ann")
    signed = sign_in(recruiter)
    plain = new_context(java_script_enabled=False)
    plain.add_cookies(signed.context.cookies())
    page = plain.new_page()
    page.goto(f"/jobs/job/{job.pk}/pipeline/")
    page.get_by_role("button", name="Move Ann to Screening").click()
    expect(page.locator("body")).to_contain_text("Ann: now in Screening.")
    assert stage_of(ann) == "screen"
