"""Every page can be used by people who do not see it, or see it small, dark, or without a mouse."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.crawling import a_little_of_everything, crawl, width_beyond

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}


class Looking:
    """Notes what is wrong with each page, so that one run tells everything there is to mend."""

    def __init__(self):
        self.wrong = []
        self.axe = Axe()

    def __call__(self, page, path):
        self._structure(page, path)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            # Colours change in the next frame, however short their transition is.
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
            self._axe(page, f"{path} ({theme})")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        if (beyond := width_beyond(page)) > 0:
            self.wrong.append(f"{path} is {beyond} px too wide for a phone")
        page.set_viewport_size(DESKTOP)

    def _structure(self, page, path):
        if (headings := page.locator("h1:visible").count()) != 1:
            self.wrong.append(f"{path} has {headings} first headings")
        if not re.search(r"\S", page.title()):
            self.wrong.append(f"{path} has no title")
        for landmark in ("main", "navigation", "banner"):
            if not page.get_by_role(landmark).count():
                self.wrong.append(f"{path} has no {landmark}")

    def _axe(self, page, where):
        # Evaluated through the browser's own protocol: the content policy stays on and is not asked.
        found = self.axe.run(page).response["violations"]
        self.wrong += [
            f"{where}: {one['id']} ({one['impact']}) at {node['target']}: {node.get('failureSummary', '')}"
            for one in found
            if one["impact"] in GRAVE
            for node in one["nodes"][:3]
        ]


@pytest.fixture
def look():
    return Looking()


def told(wrong):
    return "\n".join(wrong)


def test_no_page_of_a_recruiter_has_a_serious_finding(recruiter, sign_in, look, violations):
    a_little_of_everything(recruiter)
    page = sign_in(recruiter, color_scheme="light", reduced_motion="reduce")
    seen = crawl(page, most=120, look=look, clicks=False, of_a_kind=1)
    assert len(seen) > 20
    assert look.wrong == [], told(look.wrong)
    assert violations == []


def test_no_page_of_an_operator_or_auditor_has_a_serious_finding(operator, auditor, sign_in, look):
    for user in (operator, auditor):
        page = sign_in(user, color_scheme="light", reduced_motion="reduce")
        assert len(crawl(page, most=12, look=look, clicks=False, of_a_kind=1)) > 2
    assert look.wrong == [], told(look.wrong)


def test_the_page_to_sign_in_has_no_serious_finding(new_context, look):
    page = new_context(color_scheme="light").new_page()
    page.goto("/")
    found = look.axe.run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in GRAVE] == []


def test_a_page_with_a_nameless_button_is_found_out(recruiter, sign_in, look):
    """Without this the other tests could pass because nothing was looked at."""
    page = sign_in(recruiter)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    look(page, "/")
    assert any("button-name" in one for one in look.wrong)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whoever_goes_by_keyboard_sees_where_they_are(recruiter, sign_in, theme):
    jobs, people = a_little_of_everything(recruiter)
    page = sign_in(recruiter, color_scheme=theme)
    unseen = []
    for path in (
        "/",
        "/candidates/candidate/",
        f"/candidates/candidate/{people[0].pk}/change/?edit=1",
        f"/jobs/job/{jobs[0].pk}/pipeline/",
    ):
        page.goto(path)
        for _ in range(25):
            page.keyboard.press("Tab")
            hidden = page.evaluate(FOCUS_HIDDEN)
            if hidden:
                unseen.append(f"{path}: {hidden}")
    assert unseen == [], told(unseen)


# What has the focus, if nothing of it or of what it stands in shows that.
FOCUS_HIDDEN = """() => {
    const shows = (one) => {
        const style = getComputedStyle(one);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const focused = document.activeElement;
    if (!focused || focused === document.body) return "";
    for (let one = focused, up = 0; one && up < 3; one = one.parentElement, up += 1) if (shows(one)) return "";
    return focused.outerHTML.slice(0, 150);
}"""
