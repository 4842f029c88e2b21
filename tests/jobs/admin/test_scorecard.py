"""Scorecards on their pages: drafts, conflicts, and that nothing of others shows before one's own is in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Scorecard, ScorecardRating
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import InterviewFactory, ScorecardAttributeFactory, ScorecardFactory

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def interview(recruiter, interviewer):
    application = ApplicationFactory(job=JobFactory(team={recruiter: "recruiter"}))
    other = UserFactory(first_name="Otis", role="Interviewer")
    attribute = ScorecardAttributeFactory(job=application.job, name="Debugging")
    begin = timezone.now() - timedelta(hours=3)
    one = InterviewFactory(
        application=application, interviewers=[interviewer, other], starts_at=begin, created_by=recruiter
    )
    card = ScorecardFactory(
        application=application, interview=one, by=other, takeaways="Brilliant in every way",
        recommendation="strong_yes", private_note="Reminds me of my brother",
    )  # fmt: skip
    ScorecardRating.objects.create(scorecard=card, attribute=attribute, rating=4, note="Found it at once")
    return one


def texts_of_everything(browser, interview):
    """Every page on which a card could show through."""
    application = interview.application
    return {
        address: browser.get(address).content.decode()
        for address in (
            "/",
            "/jobs/interview/?when=past",
            f"/jobs/interview/{interview.pk}/change/",
            f"/jobs/interview/{interview.pk}/scorecard/",
            f"/jobs/application/{application.pk}/change/",
            f"/jobs/application/{application.pk}/interviews/",
            f"/jobs/application/{application.pk}/scorecards/",
            f"/candidates/candidate/{application.candidate_id}/change/",
            f"/candidates/candidate/{application.candidate_id}/activity/",
            f"/candidates/candidate/{application.candidate_id}/interviews/",
        )
    }


def test_nothing_of_others_shows_before_ones_own_is_in(interviewer, client_as, interview):
    browser = client_as(interviewer)
    for address, text in texts_of_everything(browser, interview).items():
        for word in ("Brilliant", "Found it", 'badge accent">Strong yes', "4.0", "brother", "Otis submitted"):
            assert word not in text, address
    summary = browser.get(f"/jobs/application/{interview.application_id}/scorecards/")
    assert "hidden until your own scorecard is in" in summary.content.decode()
    assert (summary.context["cards"], summary.context["matrix"], summary.context["owed"]) == ([], [], [])
    assert sum(share.count for share in summary.context["shares"]) == 0
    attribute = interview.application.job.scorecard_attributes.get()
    browser.post(
        f"/jobs/interview/{interview.pk}/scorecard/",
        {"do": "submit", "recommendation": "no", f"rating-{attribute.pk}": "2", "takeaways": "Slow"},
    )
    summary = browser.get(f"/jobs/application/{interview.application_id}/scorecards/")
    text = summary.content.decode()
    assert "Brilliant" in text
    assert "3.0" in text
    assert "brother" not in text


def test_a_recruiter_who_owes_none_sees_all_and_who_is_still_to_come(recruiter, client_as, interview, assert_queries):
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_scorecards"):
        summary = browser.get(f"/jobs/application/{interview.application_id}/scorecards/")
    text = summary.content.decode()
    assert "Brilliant" in text
    assert "brother" not in text
    assert [one.user.username for one, _ in summary.context["owed"]] == ["ines"]
    one = summary.context["owed"][0][0]
    interview.ends_at = timezone.now() - timedelta(minutes=1)
    interview.save()
    browser.post(f"/jobs/application/{interview.application_id}/scorecards/nudge/", {"interviewer": one.pk})
    one.refresh_from_db()
    assert one.reminded_at is not None


def test_a_draft_is_kept_while_somebody_types_and_told_when_another_window_saved(interviewer, client_as, interview):
    browser, address = client_as(interviewer), f"/jobs/interview/{interview.pk}/scorecard/"
    first = browser.post(address, {"do": "save", "takeaways": "One", "seen": ""}, **JSON)
    assert first.status_code == 200
    second = browser.post(address, {"do": "save", "takeaways": "Two", "seen": first.json()["seen"]}, **JSON)
    assert second.status_code == 200
    late = browser.post(address, {"do": "save", "takeaways": "Three", "seen": first.json()["seen"]}, **JSON)
    assert late.status_code == 409
    assert "another window" in late.json()["message"]
    late = browser.post(address, {"do": "save", "takeaways": "Three", "seen": first.json()["seen"]})
    assert late.status_code == 409
    assert "Three" in late.content.decode(), "what was typed must not be lost"
    assert Scorecard.objects.get(by=interviewer).takeaways == "Two"


def test_a_submitted_card_stays_and_a_draft_can_be_thrown_away(interviewer, recruiter, client_as, interview):
    browser, address = client_as(interviewer), f"/jobs/interview/{interview.pk}/scorecard/"
    browser.post(address, {"do": "save", "takeaways": "One"})
    card = Scorecard.objects.get(by=interviewer)
    assert client_as(recruiter).post(f"/jobs/scorecard/{card.pk}/discard/").status_code == 404
    browser.post(f"/jobs/scorecard/{card.pk}/discard/")
    assert not Scorecard.objects.filter(by=interviewer).exists()
    assert browser.post(address, {"do": "submit", "takeaways": "One"}).status_code == 422
    browser.post(address, {"do": "submit", "recommendation": "yes"})
    answer = browser.post(address, {"do": "save", "takeaways": "Later"})
    assert answer.status_code == 409
    assert "stays as it is" in answer.content.decode()


def test_only_interviewers_open_the_card_of_an_interview(recruiter, hiring_manager, client_as, interview):
    assert client_as(recruiter).get(f"/jobs/interview/{interview.pk}/scorecard/").status_code == 403
    assert client_as(hiring_manager).get(f"/jobs/interview/{interview.pk}/scorecard/").status_code == 404


def test_due_cards_stand_on_the_dashboard(interviewer, recruiter, client_as, interview):
    assert "Scorecards due" in client_as(interviewer).get("/").content.decode()
    assert "Scorecards due" not in client_as(recruiter).get("/").content.decode()
