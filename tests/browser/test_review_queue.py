"""The review queue by keys, two reviewers at once, and by thumb."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from audit.models import Event
from jobs.models import HumanDecision, RejectionReason
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def queue(recruiter):
    """Five people who wait, in this order."""
    job = JobFactory(team={recruiter: "recruiter"})
    RejectionReason.objects.all().delete()
    for name in ("Another was chosen", "Skills do not fit"):
        RejectionReason.objects.create(name=name)
    made = []
    for number, name in enumerate(("Ann", "Ben", "Cem", "Dee", "Eve")):
        since = timezone.now() - timedelta(days=20 - number)
        candidate = ResumeFactory(candidate=CandidateFactory(full_name=name), pages=1).candidate
        made.append(ApplicationFactory(job=job, candidate=candidate, entered_stage_at=since))
    return made


def item(page):
    return page.locator("[data-item]")


def verdicts():
    rows = HumanDecision.objects.standing().order_by("at")
    return [(row.application.candidate.full_name, row.verdict, row.note) for row in rows]


def test_a_queue_is_worked_off_by_keys(recruiter, sign_in, queue, violations, record_property):
    page = sign_in(recruiter)
    page.goto("/review/")
    expect(item(page)).to_have_attribute("data-name", "Ann")
    expect(page.locator(".review-progress")).to_contain_text("1 of 5")
    page.keyboard.press("j")
    expect(item(page)).to_have_attribute("data-name", "Ben")
    record_property("milliseconds_to_the_next", page.locator("[data-review]").get_attribute("data-milliseconds"))
    page.keyboard.press("k")
    expect(item(page)).to_have_attribute("data-name", "Ann")
    page.keyboard.press("n")
    page.keyboard.type("Strong on billing.")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(item(page)).to_have_attribute("data-name", "Ben")
    expect(page.locator(".review-progress")).to_contain_text("2 of 5")
    expect(page.locator("[data-toast]")).to_contain_text("Ann: shortlisted.")
    page.keyboard.press("m")
    expect(item(page)).to_have_attribute("data-name", "Cem")
    expect(page.locator("[data-toast]")).to_contain_text("Ben: kept in mind.")
    page.keyboard.press("r")
    page.keyboard.press("2")
    expect(item(page)).to_have_attribute("data-name", "Dee")
    expect(page.locator("[data-toast]")).to_contain_text("Cem: rejected.")
    assert verdicts() == [("Ann", "shortlist", "Strong on billing."), ("Ben", "maybe", ""), ("Cem", "reject", "")]
    assert HumanDecision.objects.get(verdict="reject").reason.name == "Skills do not fit"
    page.keyboard.press("u")
    expect(item(page)).to_have_attribute("data-name", "Cem")
    queue[2].refresh_from_db()
    assert (queue[2].status, len(verdicts())) == ("active", 2)
    assert violations == []


def test_a_candidate_is_on_record_as_seen_only_when_they_were_shown(recruiter, sign_in, queue):
    page = sign_in(recruiter)
    with page.expect_response(lambda answer: "ahead=1" in answer.url):
        page.goto("/review/")

    people = [str(one.candidate_id) for one in queue]

    def seen(action):
        # The page of the test before may have fetched on while its rows were swept.
        return set(Event.objects.filter(action=action, subject_ref__in=people).values_list("subject_ref", flat=True))

    first, second = (str(one.candidate_id) for one in queue[:2])
    assert (seen("resume.viewed"), seen("resume.prefetched")) == ({first}, {second})
    page.keyboard.press("j")
    expect(item(page)).to_have_attribute("data-name", "Ben")
    assert seen("resume.viewed") == {first, second}


def test_what_cannot_be_put_on_record_is_not_shown(recruiter, sign_in, queue):
    page = sign_in(recruiter)
    with page.expect_response(lambda answer: "ahead=1" in answer.url):
        page.goto("/review/")
    page.route("**/shown/", lambda route: route.fulfill(status=503, json={"message": "no"}))
    page.route("**/review/?at=*", lambda route: route.fulfill(status=503, body="not on record"))
    page.keyboard.press("j")
    expect(page.locator("body")).to_contain_text("not on record")
    expect(page.locator("body")).not_to_contain_text("Ben")


def test_of_two_reviewers_the_slower_is_told(recruiter, sign_in, queue):
    cora = UserFactory(username="cora", first_name="Cora", last_name="Lind", role="Recruiter")
    queue[0].job.team.create(user=cora, role="recruiter")
    mine, hers = sign_in(recruiter), sign_in(cora)
    mine.goto("/review/")
    hers.goto("/review/")
    hers.keyboard.press("s")
    expect(hers.locator("[data-toast]")).to_contain_text("Ann: shortlisted.")
    mine.keyboard.press("s")
    expect(mine.locator("[data-toast]")).to_contain_text("Cora Lind moved Ann to Screening")
    expect(item(mine)).to_have_attribute("data-name", "Ann")
    expect(item(mine)).to_contain_text("Cora Lind shortlist")


def test_the_end_of_the_queue_says_so(recruiter, sign_in, queue):
    page = sign_in(recruiter)
    page.goto("/review/")
    for name in ("Ann", "Ben", "Cem", "Dee", "Eve"):
        expect(item(page)).to_have_attribute("data-name", name)
        page.keyboard.press("m")
        expect(page.locator("[data-toast]")).to_contain_text(f"{name}: kept in mind.")
    expect(item(page)).to_contain_text("Nobody waits for your decision")


def swipe(page, distance):
    page.evaluate(
        """(distance) => {
          const target = document.querySelector("[data-item]");
          const touch = (x) => new Touch({ identifier: 1, target, clientX: x, clientY: 300 });
          const send = (type, touches) => target.dispatchEvent(
            new TouchEvent(type, { touches, changedTouches: touches, bubbles: true }));
          send("touchstart", [touch(200)]);
          send("touchmove", [touch(200 + distance)]);
          send("touchend", []);
        }""",
        distance,
    )


def test_on_a_phone_a_swipe_decides(recruiter, sign_in, queue, violations):
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/review/")
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0
    swipe(page, 120)
    expect(item(page)).to_have_attribute("data-name", "Ben")
    expect(page.locator("[data-toast]")).to_contain_text("Ann: shortlisted.")
    swipe(page, -120)
    page.get_by_label("Skills do not fit").check()
    page.locator("[data-reject]").get_by_role("button", name="Reject", exact=True).click()
    expect(item(page)).to_have_attribute("data-name", "Cem")
    expect(page.locator("[data-toast]")).to_contain_text("Ben: rejected.")
    assert [verdict for _, verdict, _ in verdicts()] == ["shortlist", "reject"]
    assert violations == []
