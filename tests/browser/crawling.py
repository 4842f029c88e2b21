"""Goes from link to link as a user may, so that a page which is added tomorrow is looked at as well."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from candidates.models import Candidate
from hrassist.models import User
from jobs.models import Job
from tests import factories, hiring

# What opens something on a page: menus, the theme, rows of a form, evidence, another order.
CLICKS = (
    "details[data-menu] > summary",
    "[data-cycle-theme]",
    ".add-row a",
    "a.value",
    ".ranked-proofs > summary",
    "thead th.sortable a",
)
LEFT_OUT = re.compile(
    r"^/(logout|files/|api/|static/|r/)|/(file|download|export|letter|calendar)[./]|\.(csv|ics|pdf)\b"
)
Look = Callable[[Page, str], None]


def crawl(page: Page, *, most: int, look: Look | None = None, clicks: bool = True, of_a_kind: int = 2) -> list[str]:
    """The pages that can be reached by links from the first one, in the order of finding them.

    Of addresses that differ only in what they are about, `of_a_kind` are visited. `look` is told of each page as it
    stands after a fresh load.
    """
    visited: list[str] = []
    kinds: Counter[str] = Counter()
    waiting = deque(["/"])
    known = {"/"}
    while waiting and len(visited) < most:
        path = waiting.popleft()
        try:
            answer = page.goto(path)
        except PlaywrightError as error:
            # A file, which the browser keeps instead of showing it.
            if "Download is starting" in error.message:
                continue
            raise
        assert answer is not None
        assert answer.status < 400, f"{path} answers {answer.status}"
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        visited.append(path)
        links = links_of(page)
        if look is not None:
            look(page, path)
        if clicks:
            click_what_opens(page)
        for link in links:
            kind = kind_of(link)
            if link in known or LEFT_OUT.search(link) or kinds[kind] >= of_a_kind:
                continue
            known.add(link)
            kinds[kind] += 1
            waiting.append(link)
    return visited


def links_of(page: Page) -> list[str]:
    """Paths of this site that the page links to, without their fragments."""
    found: list[str] = page.locator("a[href]").evaluate_all(
        "all => all.filter(one => one.origin === location.origin && !one.hasAttribute('download'))"
        ".map(one => one.pathname + one.search)"
    )
    return found


def click_what_opens(page: Page) -> None:
    """Press one of each thing that opens something here."""
    for selector in CLICKS:
        found = page.locator(selector)
        if found.count() and found.first.is_visible():
            found.first.click()
            page.wait_for_load_state()


def kind_of(path: str) -> str:
    """The address with a star for each identifier, and with the name of its question if it asks just one."""
    parts = urlsplit(path)
    asked = list(parse_qs(parts.query, keep_blank_values=True))
    plain = "/".join("*" if part.isdigit() or part.count("-") == 4 else part for part in parts.path.split("/"))
    return f"{plain}?{asked[0]}" if len(asked) == 1 else plain


def width_beyond(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


def a_little_of_everything(recruiter: User) -> tuple[list[Job], list[Candidate]]:
    """Rows of every noun, on the jobs of this recruiter, so that each kind of page has something to show."""
    jobs, people = [], []
    for number in range(3):
        resume = factories.ResumeFactory(
            pages=1,
            parse={
                "json_resume": {"work": [{"name": "Acme", "position": "Staff Engineer", "startDate": "2019"}]},
                "fields": [{"label": "EMPLOYER", "value": "Acme", "start": 36, "end": 40, "page": 1, "confidence": 0.9,
                            "path": "/work/0/name"}],
            },
        )  # fmt: skip
        job = factories.JobFactory(team={recruiter: "recruiter"}, title=f"Engineer {number}")
        application = factories.ApplicationFactory(candidate=resume.candidate, job=job)
        interview = hiring.InterviewFactory(application=application, created_by=recruiter)
        hiring.ScorecardFactory(application=application, interview=interview, by=recruiter)
        hiring.OfferFactory(application=application, created_by=recruiter)
        hiring.MessageFactory(candidate=resume.candidate, application=application, by=recruiter)
        hiring.NoteFactory(candidate=resume.candidate, application=application, by=recruiter)
        hiring.JobPostFactory(job=job)
        hiring.CandidateTagFactory(candidate=resume.candidate)
        hiring.PoolMembershipFactory(candidate=resume.candidate)
        hiring.RequisitionFactory(created_by=recruiter)
        jobs.append(job)
        people.append(resume.candidate)
    drive = hiring.DriveFactory(created_by=recruiter)
    drive.drive_jobs.create(job=jobs[0])
    hiring.TrackingLinkFactory(job=jobs[0], created_by=recruiter)
    people.append(factories.CandidateFactory())
    return jobs, people
