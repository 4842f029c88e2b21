"""Finding people and working on many of them, by keyboard and on a phone."""

import pytest
from django.contrib.postgres.search import SearchVector
from playwright.sync_api import expect

from candidates.models import CandidateTag, ResumeText
from hrassist.models import SavedView
from tests.factories import CandidateFactory, ResumeFactory
from tests.hiring import CandidateTagFactory, PoolMembershipFactory, TagFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
LIST = "/candidates/candidate/"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def reader(name, text):
    resume = ResumeFactory(candidate=CandidateFactory(full_name=name), text=text)
    ResumeText.objects.filter(pk=resume.pk).update(search=SearchVector("masked_text", config="english"))
    return resume.candidate


def test_a_search_is_typed_and_its_hit_opened_by_keyboard_alone(recruiter, sign_in, violations):
    reader("Jonas Weber", "Runs Kubernetes <script>alert(1)</script> operators.")
    reader("Amara Okafor", "Cares for patients.")
    page = sign_in(recruiter)
    page.goto(LIST)
    page.get_by_label("Search this list").focus()
    page.keyboard.type("operator -patients")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    hit = page.locator("a.snippet")
    expect(hit.locator("mark")).to_have_text("operators")
    expect(hit).to_contain_text("<script>alert(1)</script>")
    page.wait_for_load_state()
    page.keyboard.press("j")
    expect(page.locator("a.row-link")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/resume/?q=operators")
    expect(page.locator("mark").first).to_be_visible()
    assert violations == []


def test_how_to_search_is_told_beside_the_field(recruiter, sign_in):
    page = sign_in(recruiter)
    page.goto(LIST)
    page.get_by_label("How to search").click()
    expect(page.get_by_text("skill:python")).to_be_visible()
    expect(page.get_by_text("stage:offer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("stage:offer")).not_to_be_visible()


def test_a_view_is_saved_by_keyboard_and_is_a_tab(recruiter, sign_in, violations):
    CandidateFactory(full_name="Nora Nurse")
    page = sign_in(recruiter)
    page.goto(f"{LIST}?q=nora")
    page.get_by_text("Save as view").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the view")).to_be_focused()
    page.keyboard.type("Nurses")
    page.keyboard.press("Enter")
    tab = page.get_by_role("navigation", name="Views of this list").get_by_role("link", name="Nurses")
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_label("Search this list").fill("nobody")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Update “Nurses”").click()
    expect(page.get_by_text("is up to date")).to_be_visible()
    assert SavedView.objects.get().query == "q=nobody"
    assert violations == []


def test_people_are_tagged_and_it_is_taken_back_by_keyboard(recruiter, sign_in, violations):
    CandidateFactory.create_batch(3)
    page = sign_in(recruiter)
    page.goto(LIST)
    bar = page.get_by_role("region", name="Selected rows")
    expect(bar).not_to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(bar).not_to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("Shift+x")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Add tag").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A tag is put on 2 candidates.")).to_be_visible()
    page.get_by_label("Tag", exact=True).focus()
    page.keyboard.type("fair")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 candidates tagged.")).to_be_visible()
    assert CandidateTag.objects.count() == 2
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone for 2 candidates.")).to_be_visible()
    assert CandidateTag.objects.count() == 0
    assert violations == []


def test_without_scripts_rows_are_ticked_and_the_bar_still_works(recruiter, sign_in, new_context):
    for name in ("Nora Nurse", "Paul Pilot", "Rita Roofer"):
        CandidateFactory(full_name=name)
    plain = new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    plain.add_cookies(sign_in(recruiter).context.cookies())
    page = plain.new_page()
    page.goto(LIST)
    bar = page.get_by_role("region", name="Selected rows")
    expect(bar).not_to_be_visible()
    for name in ("Nora Nurse", "Paul Pilot"):
        page.get_by_role("row", name=name).get_by_role("checkbox").check()
    bar.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("A tag is put on 2 candidates.")).to_be_visible()
    page.get_by_label("Tag", exact=True).fill("Fair")
    page.locator(".bulk-form button[type=submit]").click()
    expect(page.get_by_text("2 candidates tagged.")).to_be_visible()
    assert set(CandidateTag.objects.values_list("candidate__full_name", flat=True)) == {"Nora Nurse", "Paul Pilot"}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone for 2 candidates.")).to_be_visible()
    assert CandidateTag.objects.count() == 0


def test_a_range_is_chosen_with_shift_and_all_that_match_with_one_more_click(recruiter, sign_in, monkeypatch):
    from candidates.admin.candidate import CandidateAdmin

    monkeypatch.setattr(CandidateAdmin, "list_per_page", 4)
    CandidateFactory.create_batch(6)
    page = sign_in(recruiter)
    page.goto(LIST)
    boxes = page.locator("input.action-select")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="Selected rows")
    expect(bar).to_contain_text("3 selected")
    page.locator("#action-toggle").check()
    bar.get_by_role("button", name="Select all 6 that match").click()
    expect(bar).to_contain_text("All 6 selected")
    bar.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("A tag is put on 6 candidates.")).to_be_visible()
    page.get_by_label("Tag", exact=True).fill("all")
    page.get_by_role("button", name="Add tag: 6 candidates").click()
    expect(page.get_by_text("6 candidates tagged.")).to_be_visible()


def test_a_tag_is_added_on_a_persons_page(recruiter, sign_in, violations):
    candidate = CandidateFactory()
    TagFactory(name="Star")
    page = sign_in(recruiter)
    page.goto(f"{LIST}{candidate.pk}/change/")
    page.locator("summary", has_text="Add tag").click()
    expect(page.locator(".person-labels input[name=name]:not([type=hidden])")).to_be_focused()
    page.keyboard.type("Star")
    page.keyboard.press("Enter")
    expect(page.locator(".person-labels")).to_contain_text("Star")
    page.get_by_role("button", name="Take the tag Star off").click()
    expect(page.locator(".person-labels")).not_to_contain_text("Star")
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_it_is_wider_than_a_phone(recruiter, sign_in, theme):
    candidate = reader("Jonas Weber " + "x" * 40, "Runs Kubernetes. " + "y" * 300)
    tag = CandidateTagFactory(candidate=candidate, tag__name="open to relocate anywhere in Europe").tag
    pool = PoolMembershipFactory(candidate=candidate, pool__name="A pool with quite a long name for a phone").pool
    for number in range(6):
        SavedView.objects.create(
            model="candidates.candidate", name=f"A view {number}", query=f"q={number}", owner=recruiter
        )
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    for path in (
        f"{LIST}?q=kubernetes",
        f"{LIST}?q=skil:python",
        f"{LIST}{candidate.pk}/change/",
        "/candidates/tag/",
        f"/candidates/tag/{tag.pk}/forget/",
        "/candidates/talentpool/",
        f"/candidates/talentpool/{pool.pk}/change/",
        "/candidates/source/",
    ):
        page.goto(path)
        assert page.evaluate(WIDER) <= 0, path
    page.goto(f"{LIST}?q=kubernetes")
    page.locator("input.action-select").first.check()
    page.get_by_label("How to search").click()
    assert page.evaluate(WIDER) <= 0
