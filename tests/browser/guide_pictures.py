"""Take the pictures of the admin guide from a running installation with demo data.

    .venv/bin/python -m tests.browser.guide_pictures http://127.0.0.1:8000 USERNAME PASSWORD [--only WORDS] [--folder F]

Each page is taken at 1440 × 900 and 390 × 844, light and dark: name.png, name-dark.png, name-phone.png and
name-phone-dark.png. Pictures are reduced to few colours to stay under 120 kB. What could not be reached is listed at
the end, and the code is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import ARGUMENTS, CHROMIUM, ROOT

FOLDER = ROOT / "docs" / "images" / "guide"
MOST_BYTES, MOST_BYTES_IN_ALL = 120_000, 6_500_000
SIZES = {"": {"width": 1440, "height": 900}, "-phone": {"width": 390, "height": 844}}
THEMES = {"": "light", "-dark": "dark"}
ID = r"[0-9a-f-]{36}|\d+"
Steps = Callable[[Page], None]


class NotThere(Exception):
    """A page, or what should be on it, is missing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page by its path, in which {noun} is the first of its list, and what is done there before the picture."""

    name: str
    path: str
    steps: Steps | None = None


def choose_two_rows(page: Page) -> None:
    for number in range(2):
        page.locator("#result_list input.action-select").nth(number).check()


def open_the_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("data", delay=30)
    page.wait_for_selector(".finder-results a")


def rank_if_nobody_has(page: Page) -> None:
    if page.locator(".proofs, .ranked-person").count() == 0:
        page.get_by_role("button", name=re.compile("^Rank")).first.click()
        page.wait_for_load_state("networkidle")


# Where the first of a noun is found: its list, and what the address of one looks like.
LISTS = {
    "application": ("/jobs/application/?status__exact=active&step=interview", rf"/jobs/application/({ID})/"),
    "candidate": ("/jobs/application/{application}/change/", rf"/candidates/candidate/({ID})/"),
    # Somebody whose scorecard is owed, as the dashboard says.
    "met": ("/", rf"/jobs/application/({ID})/"),
    "job": ("/jobs/job/?status__exact=open&q=data", rf"/jobs/job/({ID})/"),
    "duplicategroup": ("/candidates/duplicategroup/", rf"/candidates/duplicategroup/({ID})/"),
    "talentpool": ("/candidates/talentpool/", rf"/candidates/talentpool/({ID})/"),
    "requisition": ("/jobs/requisition/?status__exact=in_approval", rf"/jobs/requisition/({ID})/"),
    "interview": ("/jobs/interview/", rf"/jobs/interview/({ID})/"),
    "offer": ("/jobs/offer/", rf"/jobs/offer/({ID})/"),
    "recruitmentdrive": ("/jobs/recruitmentdrive/", rf"/jobs/recruitmentdrive/({ID})/"),
    "emailtemplate": ("/jobs/emailtemplate/", rf"/jobs/emailtemplate/({ID})/"),
    "message": ("/jobs/message/", rf"/jobs/message/({ID})/"),
    "erasure": ("/candidates/erasure/?state__exact=done", rf"/candidates/erasure/({ID})/"),
    "correctionrequest": (
        "/candidates/correctionrequest/?state__exact=open",
        rf"/candidates/correctionrequest/({ID})/",
    ),
}

PICTURES = (
    Picture("dashboard", "/"),
    Picture("search", "/", open_the_search),
    Picture("upload", "/candidates/upload/"),
    Picture("candidates", "/candidates/candidate/"),
    Picture("candidates-search", "/candidates/candidate/?q=skill:python+-java"),
    Picture("candidates-bulk", "/candidates/candidate/", choose_two_rows),
    Picture("candidate", "/candidates/candidate/{candidate}/change/"),
    Picture("candidate-resume", "/candidates/candidate/{candidate}/resume/"),
    Picture("candidate-notes", "/candidates/candidate/{candidate}/notes/"),
    Picture("candidate-privacy", "/candidates/candidate/{candidate}/privacy/"),
    Picture("privacy-requests", "/privacy/"),
    Picture("privacy-due", "/privacy/due/"),
    Picture("erasure", "/candidates/erasure/{erasure}/change/"),
    Picture("correction", "/candidates/correctionrequest/{correctionrequest}/change/"),
    Picture("candidate-edit", "/candidates/candidate/{candidate}/change/?edit=1"),
    Picture("talent-pools", "/candidates/talentpool/"),
    Picture("duplicates", "/candidates/duplicategroup/"),
    Picture("duplicates-compare", "/candidates/duplicategroup/{duplicategroup}/change/"),
    Picture("import", "/candidates/import/"),
    Picture("jobs", "/jobs/job/"),
    Picture("job", "/jobs/job/{job}/change/"),
    Picture("job-ranked", "/jobs/job/{job}/ranked/", rank_if_nobody_has),
    Picture("job-why-not", "/jobs/job/{job}/why-not/"),
    Picture("job-pipeline", "/jobs/job/{job}/pipeline/"),
    Picture("job-openings", "/jobs/job/{job}/openings/"),
    Picture("job-stages", "/jobs/job/{job}/stages/"),
    Picture("job-posts", "/jobs/job/{job}/posts/"),
    Picture("job-links", "/jobs/job/{job}/links/"),
    Picture("job-interview-plan", "/jobs/job/{job}/interview-plan/"),
    Picture("requisitions", "/jobs/requisition/"),
    Picture("requisition", "/jobs/requisition/{requisition}/change/"),
    Picture("review", "/review/"),
    Picture("application", "/jobs/application/{application}/change/"),
    Picture("application-reject", "/jobs/application/{application}/reject/"),
    Picture("application-scorecards", "/jobs/application/{met}/scorecards/"),
    Picture("application-scorecard", "/jobs/application/{met}/scorecard/"),
    Picture("interviews", "/jobs/interview/"),
    Picture("interview", "/jobs/interview/{interview}/change/"),
    Picture("interview-schedule", "/jobs/application/{application}/interviews/schedule/"),
    Picture("offers", "/jobs/offer/"),
    Picture("offer", "/jobs/offer/{offer}/change/"),
    Picture("messages", "/jobs/message/"),
    Picture("message-write", "/jobs/application/{application}/messages/new/"),
    Picture("templates", "/jobs/emailtemplate/"),
    Picture("template", "/jobs/emailtemplate/{emailtemplate}/change/"),
    Picture("drives", "/jobs/recruitmentdrive/"),
    Picture("drive", "/jobs/recruitmentdrive/{recruitmentdrive}/change/"),
    Picture("received", "/jobs/intakesubmission/"),
    Picture("reports", "/reports/"),
    Picture("report-funnel", "/reports/funnel/"),
    Picture("report-sources", "/reports/sources/"),
    Picture("notifications", "/notifications/"),
    Picture("preferences", "/preferences/"),
)


class Camera:
    """A signed-in browser of one size and theme."""

    def __init__(self, browser: Browser, *, url: str, username: str, password: str, size: str, theme: str) -> None:
        self.suffix = f"{size}{theme}"
        self._context = browser.new_context(
            base_url=url, viewport=SIZES[size], color_scheme=THEMES[theme], reduced_motion="reduce"
        )
        self.page = self._context.new_page()
        self._first: dict[str, str] = {}
        self.page.goto("/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_selector("text=Good to see you")

    def take(self, picture: Picture, folder: Path) -> Path:
        """Write the picture; raises NotThere where its page or what it shows is missing."""
        self._go(self._filled(picture.path))
        try:
            if picture.steps is not None:
                picture.steps(self.page)
            self.page.wait_for_load_state("networkidle")
        except PlaywrightError as error:
            raise NotThere(str(error).splitlines()[0]) from error
        self.page.wait_for_timeout(250)
        path = folder / f"{picture.name}{self.suffix}.png"
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        self._context.close()

    def _go(self, path: str) -> None:
        answer = self.page.goto(path)
        if answer is None or answer.status >= 400:
            raise NotThere(f"{path} answers {answer.status if answer else 'nothing'}")

    def _filled(self, path: str) -> str:
        return re.sub(r"{(\w+)}", lambda found: self._first_of(found[1]), path)

    def _first_of(self, noun: str) -> str:
        if noun not in self._first:
            path, pattern = LISTS[noun]
            self._go(self._filled(path))
            links = self.page.locator("main a[href]").evaluate_all("all => all.map((one) => one.pathname)")
            found = next((match for link in links if (match := re.match(pattern, link))), None)
            if found is None:
                raise NotThere(f"{path} lists none")
            self._first[noun] = found[1]
        return self._first[noun]


def reduce(path: Path) -> int:
    """Make the file small enough with as many colours as that allows; gives its size."""
    picture = Image.open(path).convert("RGB")
    for colours in (64, 32):
        few = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    return path.stat().st_size


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("username")
    parser.add_argument("password")
    parser.add_argument("--only", default="", help="pictures whose name contains this")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    missing: dict[str, str] = {}
    sizes: list[int] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for size, theme in product(SIZES, THEMES):
            camera = Camera(
                browser, url=options.url, username=options.username, password=options.password, size=size, theme=theme
            )
            for picture in PICTURES:
                if options.only not in picture.name or picture.name in missing:
                    continue
                try:
                    sizes.append(reduce(camera.take(picture, options.folder)))
                except NotThere as reason:
                    missing[picture.name] = str(reason)
            camera.close()
        browser.close()
    sys.stdout.write(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB, in {options.folder}\n")
    large = [size for size in sizes if size > MOST_BYTES]
    if large or sum(sizes) > MOST_BYTES_IN_ALL:
        sys.stdout.write(f"Too large: {len(large)} over {MOST_BYTES // 1000} kB, or all together.\n")
    for name, reason in missing.items():
        sys.stdout.write(f"missing: {name}: {reason}\n")
    return 1 if missing or large or sum(sizes) > MOST_BYTES_IN_ALL else 0


if __name__ == "__main__":
    sys.exit(main())
