"""Erasing somebody by keyboard and taking it back; a rule that is previewed before it is saved."""

from __future__ import annotations

import pytest

from candidates.models import Erasure, RetentionRule
from tests.factories import ApplicationFactory, CandidateFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_an_erasure_is_asked_for_by_keyboard_and_taken_back(sign_in, violations):
    candidate = ApplicationFactory(candidate=CandidateFactory(full_name="Jane Doe")).candidate
    page = sign_in(UserFactory(role="Privacy officer"))
    page.goto(f"/candidates/candidate/{candidate.pk}/privacy/")
    page.get_by_role("link", name="Erase…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Note for your colleagues").fill("Wrote on Monday")
    page.get_by_role("button", name="Erase this person").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Erasure of Jane Doe").wait_for()
    page.get_by_role("button", name="Take it back").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The request was taken back. Nothing was removed.").wait_for()
    assert Erasure.objects.get().state == Erasure.State.CANCELLED
    assert violations == []


def test_a_rule_says_what_it_would_do_and_is_saved_after_that(sign_in, violations):
    case = {"effect": "at_most", "clock": "rejected", "country": "", "active": True}
    rule, _ = RetentionRule.objects.get_or_create(**case, defaults={"name": "Rejected", "months": 6})
    page = sign_in(UserFactory(role="Privacy officer"))
    page.goto(f"/candidates/retentionrule/{rule.pk}/change/")
    page.get_by_label("Months").fill("3")
    page.get_by_role("button", name="See what it would do").click()
    page.get_by_role("heading", name="What this rule would do").wait_for()
    rule.refresh_from_db()
    assert rule.months == 6
    page.get_by_role("button", name="Save this rule").click()
    page.wait_for_url("**/retentionrule/**")
    rule.refresh_from_db()
    assert rule.months == 3
    assert violations == []


@pytest.mark.parametrize(
    "path",
    [
        "/privacy/", "/privacy/due/", "/candidates/erasure/", "/candidates/dataexport/", "/candidates/legalhold/",
        "/candidates/retentionrule/", "/candidates/retentionrule/add/", "/candidates/notice/",
        "/candidates/notices/new/", "/candidates/correctionrequest/", "/jobs/reviewrequest/", "/jobs/jurisdictions/",
        "/jobs/jurisdictions/us-nyc/", "/jobs/rankings/",
    ],
)  # fmt: skip
def test_no_page_of_privacy_is_wider_than_a_phone(sign_in, path):
    page = sign_in(UserFactory(role="Privacy officer"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
