"""Every page can be used by people who do not see it, or see it small, dark, or without a mouse."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.crawling import crawl, width_beyond
from tests.browser.everything import Everything, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}


EVERYTHING = {"resultTypes": ["violations"]}
# What another theme can change.
OF_A_THEME = EVERYTHING | {"runOnly": ["color-contrast"]}
# Passes would be many times as long as what is asked for.
RUN = "(options) => axe.run(document, options).then((found) => found.violations)"


class Looking:
    """Notes what is wrong with each page, so that one run tells everything there is to mend."""

    def __init__(self):
        self.wrong = []
        self.script = Axe().axe_script

    def __call__(self, page, path):
        for landmark in ("navigation", "banner"):
            if not page.get_by_role(landmark).count():
                self.wrong.append(f"{path} has no {landmark}")
        self.without_frame(page, path)

    def without_frame(self, page, path):
        """A page that the public reads, which has no side bar."""
        self._structure(page, path)
        # Evaluated through the browser's own protocol: the content policy stays on and is not asked.
        page.evaluate(self.script)
        self._findings(f"{path} (light)", page.evaluate(RUN, EVERYTHING))
        self._theme(page, "dark")
        self._findings(f"{path} (dark)", page.evaluate(RUN, OF_A_THEME))
        page.set_viewport_size(PHONE)
        if (beyond := width_beyond(page)) > 0:
            self.wrong.append(f"{path} is {beyond} px too wide for a phone")
        page.set_viewport_size(DESKTOP)
        self._theme(page, "light")

    def _theme(self, page, theme):
        page.emulate_media(color_scheme=theme)
        # Colours change in the next frame, however short their transition is.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")

    def _structure(self, page, path):
        if (headings := page.locator("h1:visible").count()) != 1:
            self.wrong.append(f"{path} has {headings} first headings")
        if not re.search(r"\S", page.title()):
            self.wrong.append(f"{path} has no title")
        if not page.get_by_role("main").count():
            self.wrong.append(f"{path} has no main part")

    def _findings(self, where, found):
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


@pytest.mark.slow
@pytest.mark.accessibility
def test_no_page_of_a_recruiter_has_a_serious_finding(sign_in, look):
    recruiter = somebody("Recruiter")
    start = Everything(recruiter).addresses()
    seen = crawl(
        sign_in(recruiter, color_scheme="light", reduced_motion="reduce"), start=start, look=look, clicks=False
    )
    assert len(seen) > 100
    assert look.wrong == [], told(look.wrong)


@pytest.mark.slow
@pytest.mark.accessibility
def test_no_page_of_the_other_roles_has_a_serious_finding(sign_in, look):
    """Of pages that several of them may open, that of the first."""
    done, seen = set(), []
    for role in ("Interviewer", "Hiring manager", "Auditor", "Operator", "Coordinator"):
        user = somebody(role)
        start = Everything(user).addresses()
        page = sign_in(user, color_scheme="light", reduced_motion="reduce")
        look(page, f"/ of the {role}")
        seen += crawl(page, start=start, look=look, clicks=False, done=done)
    assert len(seen) > 40
    assert look.wrong == [], told(look.wrong)


def test_no_public_page_has_a_serious_finding(recruiter, new_context, look):
    paths = Everything(recruiter).public_addresses()
    page = new_context(color_scheme="light", reduced_motion="reduce").new_page()
    for path in paths:
        page.goto(path)
        look.without_frame(page, path)
    assert look.wrong == [], told(look.wrong)


def test_a_page_with_a_nameless_button_is_found_out(recruiter, sign_in, look):
    """Without this the other tests could pass because nothing was looked at."""
    page = sign_in(recruiter)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    look(page, "/")
    assert any("button-name" in one for one in look.wrong)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whoever_goes_by_keyboard_sees_where_they_are(recruiter, sign_in, theme):
    rows = Everything(recruiter)
    page = sign_in(recruiter, color_scheme=theme)
    unseen = []
    for path in (
        "/",
        "/candidates/candidate/",
        f"/candidates/candidate/{rows.candidate.pk}/change/?edit=1",
        f"/jobs/job/{rows.job.pk}/pipeline/",
        "/review/",
        f"/jobs/application/{rows.application.pk}/interviews/schedule/",
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
