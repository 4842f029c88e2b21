"""Goes from link to link as a user may, so that a page which is added tomorrow is looked at as well."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

# What opens something on a page: menus, rows of a form, evidence, another order.
CLICKS = (
    "details[data-menu] > summary",
    ".add-row a",
    "a.value",
    ".ranked-proofs > summary",
    "thead th.sortable a",
)
LEFT_OUT = re.compile(
    r"^/(logout|files/|api/|static/|r/)|/(file|download|export|letter|calendar|open)[./]|\.(csv|ics|pdf)\b|[?&][op]="
)
Look = Callable[[Page, str], None]


def crawl(
    page: Page, *, start: Sequence[str], look: Look, done: set[str], mine: Callable[[str], bool]
) -> list[str]:  # fmt: skip
    """The pages of these addresses and those that links lead to, in the order of finding them.

    Of linked addresses that differ only in what they are about, one is visited. Kinds in `done` are left out, and it
    takes up what is visited. Of the kinds that links lead to, those that are not `mine` are left to somebody else.
    `look` is told of each page as it stands after a fresh load; then what opens something on it is clicked.
    """
    visited: list[str] = []
    waiting = deque(path for path in start if kind_of(path) not in done)
    done.update(kind_of(path) for path in start)
    while waiting:
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
        look(page, path)
        click_what_opens(page)
        for link in links:
            if (kind := kind_of(link)) not in done and not LEFT_OUT.search(link):
                done.add(kind)
                if mine(kind):
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
    """The address with a star for each identifier, and with the name of its question if it asks just one.

    The list that somebody came from makes no other page.
    """
    parts = urlsplit(path)
    asked = [name for name in parse_qs(parts.query, keep_blank_values=True) if name != "_changelist_filters"]
    plain = "/".join("*" if part.isdigit() or part.count("-") == 4 else part for part in parts.path.split("/"))
    return f"{plain}?{asked[0]}" if len(asked) == 1 else plain


def width_beyond(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
