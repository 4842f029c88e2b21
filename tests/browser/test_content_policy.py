"""No page asks for what the content policy forbids, at rest and under clicks."""

import pytest

from candidates.models import Candidate
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

CLICKS = (
    "details[data-menu] > summary",
    "[data-cycle-theme]",
    ".add-row a",
    "a.value",
    ".ranked-proofs > summary",
    "thead th.sortable a",
)


@pytest.fixture
def some_rows(recruiter):
    for number in range(3):
        resume = ResumeFactory(
            pages=1,
            parse={
                "json_resume": {"work": [{"name": "Acme", "position": "Staff Engineer", "startDate": "2019"}]},
                "fields": [{"label": "EMPLOYER", "value": "Acme", "start": 36, "end": 40, "page": 1, "confidence": 0.9,
                            "path": "/work/0/name"}],
            },
        )  # fmt: skip
        job = JobFactory(team={recruiter: "recruiter"}, title=f"Engineer {number}")
        ApplicationFactory(candidate=resume.candidate, job=job)
    CandidateFactory()


def crawl(page, *, most):
    """Every page that can be reached by links from the first one, each kind of address twice."""
    seen, kinds, waiting = set(), {}, ["/"]
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = page.goto(path)
        assert answer.status < 400, f"{path} answers {answer.status}"
        for selector in CLICKS:
            found = page.locator(selector)
            if found.count() and found.first.is_visible():
                found.first.click()
                page.wait_for_load_state()
        page.goto(path)
        for link in page.locator("a[href]").evaluate_all("all => all.map(one => one.href)"):
            here = link.removeprefix(page.evaluate("location.origin"))
            if not here.startswith("/") or "/files/" in here or here.startswith("/logout"):
                continue
            here = here.split("#")[0]
            kind = "".join("*" if part.count("-") == 4 else part for part in here.split("?")[0].split("/"))
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] <= 2:
                waiting.append(here)
    return seen


def test_a_recruiters_crawl_with_clicks_breaks_no_rule(recruiter, some_rows, sign_in, violations):
    page = sign_in(recruiter)
    seen = crawl(page, most=45)
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
