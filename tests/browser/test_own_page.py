"""A person's own page as people use it: on a phone, without JavaScript, by keyboard, in the dark."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from candidates.actions import self_service
from candidates.models import ConsentRecord, CorrectionRequest, Erasure, SelfServiceLink
from jobs.models import RankingOptOut
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
PHONE = {"viewport": {"width": 390, "height": 844}}


def mailed(candidate, **columns):
    link = SelfServiceLink.objects.create(
        candidate=candidate, email=candidate.emails.first(), expires_at=timezone.now() + timedelta(days=2), **columns
    )
    self_service.send(link_id=link.pk, now=timezone.now())
    return re.search(r"/my/[^/\s]+/", mail.outbox[-1].body)[0]


@pytest.fixture
def jane():
    person = CandidateFactory(full_name="Jane Doe", email="jane@example.org")
    ApplicationFactory(candidate=person, job=JobFactory(title="Baker"))
    ResumeFactory(candidate=person, filename="a_very_long_name_of_a_resume_" * 3 + ".pdf")
    return person


@pytest.mark.parametrize("options", [PHONE, {"color_scheme": "dark"}], ids=["phone", "dark"])
def test_everything_is_done_without_a_script_and_without_scrolling_sideways(jane, new_context, violations, options):
    page = new_context(**options, java_script_enabled=False).new_page()
    page.goto("/my/")
    page.get_by_label("E-mail address that you applied with").fill("jane@example.org")
    page.get_by_role("button", name="Send me my link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert SelfServiceLink.objects.count() == 1
    page.goto(mailed(jane))
    expect(page).to_have_url(re.compile("/my/page/$"))
    expect(page.get_by_role("heading", name="Jane Doe")).to_be_visible()
    width = page.locator("html").bounding_box()["width"]
    assert page.locator("main").bounding_box()["width"] <= width
    page.get_by_role("button", name="Keep me in mind for later jobs").click()
    expect(page.get_by_role("status")).to_contain_text("keep you in mind")
    page.get_by_role("button", name=re.compile("^Withdraw.*Being considered")).click()
    expect(page.get_by_role("status")).to_contain_text("withdrawn")
    assert ConsentRecord.objects.get().withdrawn_at
    page.get_by_role("button", name="Read all my applications without a ranking").click()
    expect(page.get_by_text("without a ranking", exact=True)).to_be_visible()
    assert RankingOptOut.objects.standing().count() == 1
    page.get_by_role("link", name="Correct something").click()
    page.get_by_label("City").fill("Rome")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("being looked at")).to_be_visible()
    assert CorrectionRequest.objects.get().proposed == {"city": "Rome"}
    page.get_by_role("link", name="Have everything erased").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("being erased")).to_be_visible()
    assert Erasure.objects.exists()
    page.get_by_role("button", name="Close my page").click()
    page.goto("/my/page/")
    expect(page.get_by_role("heading", name="Your page is closed")).to_be_visible()
    # The browser complains of the page that is gone, and of nothing else.
    assert [one for one in violations if "410" not in one] == []


def test_the_page_is_within_reach_of_keyboard_and_reader_and_asks_nobody_else(jane, new_context, violations):
    context = new_context(**PHONE)
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(mailed(jane))
    host = page.url.split("/my/")[0]
    assert {url.startswith(host) for url in asked} == {True}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page)
    serious = [one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    assert serious == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("button", name="Keep me in mind for later jobs").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("keep you in mind")
    assert violations == []


def test_who_is_in_a_pool_answers_from_the_mail(jane, new_context, violations):
    inside = hiring.PoolMembershipFactory(candidate=jane, expires_at=timezone.now() + timedelta(days=10))
    page = new_context(**PHONE).new_page()
    page.goto(mailed(jane, purpose="pool", membership=inside))
    page.get_by_role("button", name="Let me go").click()
    expect(page.get_by_role("status")).to_contain_text("taken out")
    inside.refresh_from_db()
    assert inside.removed_for == "let_go"
    assert violations == []
