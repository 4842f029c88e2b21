"""Interviews in a browser: planned by keyboard past a clash, moved, and judged on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.calendars import sending
from jobs.models import CalendarInvitation, Interview, Scorecard
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import InterviewFactory, ScorecardAttributeFactory, ScorecardFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def a_monday():
    now = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
    return now + timedelta(days=14 - now.weekday())


@pytest.fixture
def application(recruiter, interviewer):
    job = JobFactory(team={recruiter: "recruiter", interviewer: "interviewer"})
    return ApplicationFactory(candidate__full_name="Jane Doe", job=job)


def test_an_interview_is_scheduled_past_a_clash_by_keyboard_alone(
    recruiter, interviewer, application, sign_in, violations
):
    begin = a_monday()
    InterviewFactory(starts_at=begin, interviewers=[interviewer], title="Other talk")
    page = sign_in(recruiter)
    page.goto(f"/jobs/application/{application.pk}/interviews/schedule/")
    page.get_by_label("Name", exact=True).fill("Technical interview")
    page.get_by_label("Date", exact=True).fill(begin.date().isoformat())
    page.get_by_label("Time", exact=True).fill("10:30")
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_label("Place").focus()
    # The calendars beside the form followed what was typed.
    expect(page.locator("#availability")).to_contain_text("ines has Other talk")
    expect(page.locator('.week td.busy[title*="Other talk"]')).to_have_count(2)
    page.get_by_role("button", name="Schedule and invite").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is scheduled yet.")
    expect(page.get_by_label("Schedule anyway")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Technical interview with Jane Doe")
    assert Interview.objects.get(title="Technical interview").starts_at == begin + timedelta(minutes=30)
    assert violations == ["console: Failed to load resource: the server responded with a status of 409 (Conflict)"]


def test_a_free_time_is_taken_by_a_click_and_a_move_raises_the_sequence(
    recruiter, interviewer, application, sign_in, violations
):
    interview = InterviewFactory(
        application=application, interviewers=[interviewer], created_by=recruiter, starts_at=a_monday(),
        time_zone="UTC",
    )  # fmt: skip
    page = sign_in(recruiter)
    page.goto(f"/jobs/interview/{interview.pk}/change/")
    page.get_by_role("link", name="Reschedule").click()
    page.locator(f'.week button[value="{(a_monday() + timedelta(days=1)).date().isoformat()}T14:00"]').click()
    expect(page.get_by_label("Time", exact=True)).to_have_value("14:00")
    expect(page.locator("td.picked")).to_have_count(1)
    page.get_by_role("button", name="Save and tell everybody").click()
    expect(page.get_by_text("Changed. The interviewers and the candidate get an update")).to_be_visible()
    interview.refresh_from_db()
    assert (interview.sequence, interview.starts_at.hour) == (1, 14)
    sent = sending._outgoing(CalendarInvitation.objects.get())
    assert "SEQUENCE:1" in sent.attachments[0].content.decode()
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_card_is_written_on_a_phone_and_kept_while_typing(
    recruiter, interviewer, application, sign_in, violations, theme
):
    attribute = ScorecardAttributeFactory(job=application.job, name="Debugging")
    interview = InterviewFactory(
        application=application, interviewers=[interviewer], starts_at=timezone.now() - timedelta(hours=2),
        created_by=recruiter,
    )  # fmt: skip
    page = sign_in(interviewer, viewport={"width": 390, "height": 844}, color_scheme=theme)
    page.goto(f"/jobs/interview/{interview.pk}/scorecard/")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    for choice in page.locator(".rating-choices label").all():
        box = choice.bounding_box()
        assert box["height"] >= 44, "a thumb needs room"
    page.get_by_role("group", name="Debugging").get_by_role("radio", name="3 meets it").check()
    page.get_by_label("Takeaways").fill("Asks good questions.")
    expect(page.locator("[data-state]")).to_contain_text("saved at")
    card = Scorecard.objects.get()
    assert (card.takeaways, card.ratings.get(attribute=attribute).rating) == ("Asks good questions.", 3)
    page.get_by_label("Private note").fill("Call back")
    page.get_by_role("radio", name="Strong yes").check()
    # Sent while the draft may still be on its way: neither is lost, neither is refused.
    page.get_by_role("button", name="Submit for good").click()
    expect(page.get_by_text("Submitted. What the others wrote is shown from now on.")).to_be_visible()
    card.refresh_from_db()
    assert (card.recommendation, card.private_note) == ("strong_yes", "Call back")
    assert violations == []


def test_ratings_are_given_by_arrow_keys(interviewer, application, sign_in):
    ScorecardAttributeFactory(job=application.job, name="Debugging")
    interview = InterviewFactory(
        application=application, interviewers=[interviewer], starts_at=timezone.now() - timedelta(hours=2)
    )
    page = sign_in(interviewer)
    page.goto(f"/jobs/interview/{interview.pk}/scorecard/")
    page.get_by_role("radio", name="not asked").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="4 above")).to_be_checked()


def test_two_interviewers_read_each_other_only_after_both_wrote(interviewer, application, sign_in):
    other = UserFactory(username="otis", first_name="Otis", role="Interviewer")
    interview = InterviewFactory(
        application=application, interviewers=[interviewer, other], starts_at=timezone.now() - timedelta(hours=2)
    )
    ScorecardFactory(application=application, interview=interview, by=other, takeaways="Brilliant in every way")
    page = sign_in(interviewer)
    page.goto(f"/jobs/application/{application.pk}/scorecards/")
    expect(page.get_by_text("hidden until your own scorecard is in")).to_be_visible()
    expect(page.get_by_text("Brilliant in every way")).to_have_count(0)
    page.get_by_role("link", name="Technical interview").click()
    page.get_by_role("radio", name="No", exact=True).check()
    page.get_by_role("button", name="Submit for good").click()
    expect(page.get_by_text("Brilliant in every way")).to_be_visible()


def test_a_second_window_is_told_and_overwrites_nothing(interviewer, application, sign_in):
    interview = InterviewFactory(
        application=application, interviewers=[interviewer], starts_at=timezone.now() - timedelta(hours=2)
    )
    page = sign_in(interviewer)
    second = page.context.new_page()
    for one in (page, second):
        one.goto(f"/jobs/interview/{interview.pk}/scorecard/")
    page.get_by_label("Takeaways").fill("First window")
    expect(page.locator("[data-state]")).to_contain_text("saved at")
    second.get_by_label("Takeaways").fill("Second window")
    expect(second.locator("[data-state]")).to_contain_text("saved in another window")
    assert Scorecard.objects.get().takeaways == "First window"


def test_no_page_of_interviews_is_wider_than_a_phone(recruiter, interviewer, application, sign_in):
    interview = InterviewFactory(
        application=application, interviewers=[interviewer, recruiter], place="https://meet.example.com/" + "a" * 80,
        title="A very long name of an interview that does not fit",
    )  # fmt: skip
    judged = ApplicationFactory(job=application.job)
    for number in range(6):
        for one in (application, judged):
            ScorecardFactory(application=one, by=UserFactory(first_name=f"Person {number}", role="Interviewer"))
    ScorecardAttributeFactory(job=application.job, name="Knows how to spell Donaudampfschifffahrtsgesellschaft")
    page = sign_in(recruiter, viewport={"width": 390, "height": 844})
    for path in (
        "/",
        "/jobs/interview/",
        f"/jobs/interview/{interview.pk}/change/",
        f"/jobs/interview/{interview.pk}/edit/",
        f"/jobs/interview/{interview.pk}/cancel/",
        f"/jobs/interview/{interview.pk}/scorecard/",
        f"/jobs/application/{application.pk}/interviews/",
        f"/jobs/application/{application.pk}/scorecards/",
        f"/jobs/application/{judged.pk}/scorecards/",
        f"/candidates/candidate/{application.candidate_id}/interviews/",
        f"/jobs/job/{application.job_id}/interview-plan/",
        "/jobs/absence/",
    ):
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
