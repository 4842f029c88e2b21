"""Every page can be used by people who do not see it, or see it small, dark, or without a mouse.

One walk through them all asks that, and whether a page breaks the content policy, at rest or under clicks.
"""

import os
import re
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.crawling import crawl, kind_of, width_beyond
from tests.browser.everything import Everything, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}
# Pages of people outside, which links lead to from inside: they have no side bar.
PUBLIC = ("/my/", "/careers/", "/password/reset/")


# Without reading every sheet once more, which one rule that is off would need, and which the content policy forbids.
EVERYTHING = {"resultTypes": ["violations"], "preload": False}
# What another theme can change.
OF_A_THEME = EVERYTHING | {"runOnly": ["color-contrast"]}
# Passes would be many times as long as what is asked for. The frame is the same on every page of a role.
RUN = """([options, frame]) => axe
    .run(frame ? document : { exclude: [[".side"], [".top"]] }, options)
    .then((found) => found.violations)"""
STILL = {"viewport": DESKTOP, "reduced_motion": "reduce"}


class Looking:
    """Notes what is wrong with each page, so that one run tells everything there is to mend.

    Each page is loaded once and turned dark as it stands, as by somebody whose system does that in the evening. Of the
    frame around it the first page of a role is looked at.
    """

    def __init__(self):
        self.wrong = []
        self.script = Axe().axe_script
        self.frame = True

    def __call__(self, page, path):
        if path.startswith(PUBLIC):
            self.without_frame(page, path)
            return
        for landmark in ("navigation", "banner"):
            if not page.get_by_role(landmark).count():
                self.wrong.append(f"{path} has no {landmark}")
        self.without_frame(page, path)
        self.frame = False

    def without_frame(self, page, path):
        """A page that the public reads, which has no side bar."""
        self._structure(page, path)
        # Evaluated through the browser's own protocol: the content policy stays on and is not asked.
        page.evaluate(self.script)
        self._ask_axe(page, f"{path} (light)", EVERYTHING)
        page.emulate_media(color_scheme="dark")
        if moving := page.evaluate("document.getAnimations().filter((one) => one.transitionProperty).length"):
            self.wrong.append(f"{path} has {moving} transitions for somebody who asked for none")
        self._ask_axe(page, f"{path} (dark)", OF_A_THEME)
        page.set_viewport_size(PHONE)
        if (beyond := width_beyond(page)) > 0:
            self.wrong.append(f"{path} is {beyond} px too wide for a phone")
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="light")

    def _structure(self, page, path):
        if (headings := page.locator("h1:visible").count()) != 1:
            self.wrong.append(f"{path} has {headings} first headings")
        if not re.search(r"\S", page.title()):
            self.wrong.append(f"{path} has no title")
        if not page.get_by_role("main").count():
            self.wrong.append(f"{path} has no main part")

    def _ask_axe(self, page, where, options):
        self.wrong += [
            f"{where}: {one['id']} ({one['impact']}) at {node['target']}: {node.get('failureSummary', '')}"
            for one in page.evaluate(RUN, [options, self.frame])
            if one["impact"] in GRAVE
            for node in one["nodes"][:3]
        ]


@pytest.fixture
def look():
    return Looking()


@pytest.fixture
def window_of(sign_in, look):
    """A window of somebody, of whose frame nothing was looked at yet."""

    def open_window(user):
        look.frame = True
        return sign_in(user, color_scheme="light", **STILL)

    return open_window


@pytest.fixture(scope="module", params=[0, 1])
def half(request):
    """Which half of the pages: two processes share the time, and each has a half of every role's."""
    return request.param


@pytest.fixture
def first_come(tmp_path_factory):
    """Whether this process is the first to ask for a kind of page that both halves have links to."""
    base = tmp_path_factory.getbasetemp()
    claimed = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "looked_at"

    def of(whose):
        def is_mine(kind):
            try:
                (claimed / whose / quote(kind, safe="")).mkdir(parents=True)
            except FileExistsError:
                return False
            return True

        return is_mine

    return of


def halves(paths, half):
    """Kinds of pages: (those of this half, those of the other)."""
    kinds = sorted({kind_of(path) for path in paths})
    return set(kinds[half::2]), set(kinds[1 - half :: 2])


def told(wrong):
    return "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.accessibility
def test_no_page_of_a_recruiter_has_a_serious_finding_or_breaks_a_rule(window_of, look, half, first_come, violations):
    recruiter = somebody("Recruiter")
    rows = Everything(recruiter)
    mine, others = halves(rows.paths(), half)
    start = rows.addresses(path for path in rows.paths() if kind_of(path) in mine)
    page, is_mine = window_of(recruiter), first_come("recruiter")
    seen = crawl(page, start=start, look=look, done=others, mine=is_mine)
    assert len(seen) > 50
    assert look.wrong == [], told(look.wrong)
    assert violations == []


@pytest.mark.slow
@pytest.mark.accessibility
def test_no_page_of_the_other_roles_has_a_serious_finding_or_breaks_a_rule(
    window_of, look, half, first_come, violations
):
    """Of pages that several of them may open, that of the first."""
    done, seen, offered = set(), [], []
    for role in ("Interviewer", "Hiring manager", "Auditor", "Operator", "Coordinator", "Privacy officer"):
        user = somebody(role)
        rows = Everything(user)
        offered += rows.paths()
        mine, others = halves(rows.paths(), half)
        done |= others
        start = rows.addresses(path for path in rows.paths() if kind_of(path) in mine - done)
        page = window_of(user)
        look(page, f"/ of the {role}")
        seen += crawl(page, start=start, look=look, done=done, mine=first_come("others"))
    assert len(seen) > 20
    assert any(path.startswith("/audit/") for path in offered)
    assert look.wrong == [], told(look.wrong)
    assert violations == []


def test_no_public_page_has_a_serious_finding(recruiter, new_context, look):
    paths = Everything(recruiter).public_addresses()
    page = new_context(color_scheme="light", **STILL).new_page()
    for path in paths:
        page.goto(path)
        look.without_frame(page, path)
    assert look.wrong == [], told(look.wrong)


@pytest.mark.parametrize(
    ("markup", "finding"),
    [
        ("<button></button>", "button-name"),
        ("<p class='hardly-read'>hardly to be read</p>", "(dark): color-contrast"),
    ],
)
def test_a_page_with_something_wrong_is_found_out(recruiter, window_of, look, markup, finding):
    """Without this the other tests could pass because nothing was looked at."""
    page = window_of(recruiter)
    page.context.add_init_script(SPOIL % markup)
    page.goto("/")
    look(page, "/")
    assert any(finding in one for one in look.wrong), told(look.wrong)


# A colour that is faint in the dark alone: by a sheet, so that it is there with the theme and not a moment later.
SPOIL = """addEventListener("load", () => {
    document.querySelector("main").append(document.createRange().createContextualFragment(`%s`));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("@media (prefers-color-scheme: dark) { .hardly-read { color: #333333 } }");
    document.adoptedStyleSheets.push(sheet);
});"""


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
