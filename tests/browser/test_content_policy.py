"""No page asks for what the content policy forbids, at rest and under clicks.

The pages of people who are signed in are gone through in test_accessibility.
"""

import pytest
from playwright.sync_api import expect

from candidates.models import Candidate
from tests.browser.crawling import click_what_opens
from tests.browser.everything import Everything
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_the_public_pages_break_no_rule(recruiter, new_context, violations):
    paths = Everything(recruiter).public_addresses()
    page = new_context().new_page()
    for path in paths:
        page.goto(path)
        click_what_opens(page)
    # The link that never was is answered with 404, which the console calls an error.
    assert [said for said in violations if "404" not in said] == []


def test_the_policy_does_stop_an_inline_script(recruiter, sign_in, violations):
    """Without this the other tests could pass with no policy at all."""
    page = sign_in(recruiter)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.wait_for_timeout(200)
    assert any("style-src" in one for one in violations)


def test_a_name_that_looks_like_markup_stays_text(recruiter, sign_in, violations):
    evil = UserFactory()
    Candidate.objects.create(full_name="<img src=x onerror=alert(1)>", headline="<b>bold</b>", created_by=evil)
    page = sign_in(recruiter)
    page.goto("/candidates/candidate/")
    assert page.locator("#result_list img").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("img src")
    page.wait_for_selector(".finder-results a")
    assert page.locator(".finder-results img").count() == 0
    assert "<img src=x" in page.locator(".finder-results").inner_text()
    assert violations == []


@pytest.mark.parametrize(
    "address", ["/nowhere/at/all/", "/apply/never-there/", "/api/v1/nowhere", "/candidates/candidate/add/?x=%00"]
)
def test_pages_of_errors_break_no_rule(address, recruiter, sign_in, violations):
    page = sign_in(recruiter)
    page.goto(address)
    click_what_opens(page)
    assert [said for said in violations if "Failed to load resource" not in said] == []


def test_the_page_for_who_is_too_fast_breaks_no_rule(recruiter, sign_in, violations, settings):
    page = sign_in(recruiter)
    settings.LIMITS = {"search": (1, 3600)}
    page.goto("/candidates/candidate/")
    page.goto("/candidates/candidate/")
    expect(page.get_by_role("heading", level=1)).to_have_text("A little slower, please")
    assert [said for said in violations if "429" not in said] == []


def test_the_security_page_is_read_on_a_phone_in_the_dark(operator, sign_in, violations):
    page = sign_in(operator, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto("/security/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Security")
    expect(page.get_by_role("heading", name="Last scans")).to_be_visible()
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0
    assert violations == []


def test_what_a_browser_reports_stands_on_the_security_page(operator, sign_in):
    """As Chromium sends it, which by itself waits up to a minute with it."""
    page = sign_in(operator)
    page.evaluate(
        "fetch('/policy-reports', {method: 'POST', headers: {'Content-Type': 'application/reports+json'},"
        " body: JSON.stringify([{type: 'csp-violation', body: {effectiveDirective: 'img-src',"
        " blockedURL: 'https://evil.example/', documentURL: location.href}}])})"
    )
    page.wait_for_timeout(500)
    page.goto("/security/")
    expect(page.get_by_text("img-src, another site, on the first page: once")).to_be_visible()
