"""Take the pictures of the README from a running installation with demo data.

    .venv/bin/python -m tests.browser.screenshots http://127.0.0.1:8000 USERNAME PASSWORD [FOLDER]

FOLDER is docs/images unless it is named. Pictures are reduced to 256 colours to stay under 200 kB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, CHROMIUM, ROOT

MOST_BYTES = 200_000


def main(url: str, username: str, password: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for theme, pictures in (("light", LIGHT), ("dark", DARK)):
            context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900}, color_scheme=theme)
            page = context.new_page()
            page.goto("/")
            page.get_by_label("User name").fill(username)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_selector("text=Good to see you")
            for name, go in pictures.items():
                go(page)
                page.wait_for_load_state("networkidle")
                take(page, folder / f"{name}.png")
            context.close()
        browser.close()


def take(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    picture = Image.open(path).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{path} has {size} bytes; at most {MOST_BYTES} are committed.")
    sys.stdout.write(f"{path} {size // 1000} kB\n")


def dashboard(page: Page) -> None:
    page.goto("/")


def candidates(page: Page) -> None:
    page.goto("/candidates/candidate/")


def job_matches(page: Page) -> None:
    page.goto("/jobs/job/?status__exact=open")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Ranked people").click()
    page.wait_for_url("**/ranked/")
    if page.locator(".ranked-person").count() == 0:
        page.get_by_role("button", name="Rank people").click()
        page.wait_for_selector(".ranked-person", timeout=60_000)


def candidate_resume(page: Page) -> None:
    job_matches(page)
    for place in page.locator(".proofs a").evaluate_all("all => all.map(one => one.href)"):
        page.goto(place)
        # Text files have no pages to look at.
        if page.locator(".resume-pictures img").count():
            expect(page.locator(".resume-pictures img").first).to_have_js_property("complete", True)
            page.wait_for_timeout(800)
            return


def pipeline(page: Page) -> None:
    page.goto("/jobs/job/?status__exact=open")
    page.locator("#result_list .field-active a").first.click()


def upload(page: Page) -> None:
    page.goto("/candidates/upload/")
    page.wait_for_timeout(800)


LIGHT: dict[str, Callable[[Page], None]] = {
    "job-matches": job_matches,
    "candidate-resume": candidate_resume,
    "upload": upload,
    "candidates": candidates,
}
DARK: dict[str, Callable[[Page], None]] = {"dashboard-dark": dashboard, "pipeline-dark": pipeline}


if __name__ == "__main__":
    if len(sys.argv) not in {4, 5}:
        sys.exit(__doc__)
    main(*sys.argv[1:4], folder=Path(sys.argv[4]) if len(sys.argv) == 5 else ROOT / "docs" / "images")
