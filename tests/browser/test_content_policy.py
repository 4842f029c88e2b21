"""No page asks for what the content policy forbids, at rest and under clicks."""

import pytest

from candidates.models import Candidate
from tests.browser.crawling import a_little_of_everything, crawl
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def some_rows(recruiter):
    a_little_of_everything(recruiter)


def test_a_recruiters_crawl_with_clicks_breaks_no_rule(recruiter, some_rows, sign_in, violations):
    page = sign_in(recruiter)
    seen = crawl(page, most=120)
    assert len(seen) > 20
    assert any("/resume/" in path for path in seen)
    assert violations == []


def test_the_pages_of_an_operator_and_an_auditor_break_no_rule(operator, auditor, some_rows, sign_in, violations):
    assert len(crawl(sign_in(operator), most=15)) > 5
    assert len(crawl(sign_in(auditor), most=6)) > 2
    assert violations == []


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
