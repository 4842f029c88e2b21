"""What somebody chooses or writes before the page's own script is there counts like what comes after it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from candidates import duplicates
from jobs.models import Scorecard
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import EmailTemplateFactory, InterviewFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


class Held:
    """A page's script, on its way until it is let go."""

    def __init__(self, page, name):
        self.routes = []
        page.route(f"**/{name}*.js", self.hold)

    def hold(self, route):
        self.routes.append(route)

    def go(self):
        assert self.routes, "the page asked for no such script"
        for route in self.routes:
            route.continue_()


@pytest.fixture
def application(recruiter, interviewer):
    job = JobFactory(title="Nurse", team={recruiter: "recruiter", interviewer: "interviewer"})
    return ApplicationFactory(candidate__full_name="Amara Okafor", job=job)


def test_the_record_to_keep_proposes_its_values_but_for_one_chosen_otherwise(recruiter, sign_in, violations):
    for name, city in [("Jane Doe", "Berlin"), ("J. M. Doe", "Rome"), ("Janet Doe", "Oslo")]:
        CandidateFactory(full_name=name, email="jane@example.org", city=city)
    duplicates.search_all(now=timezone.now())
    page = sign_in(recruiter)
    page.goto("/candidates/duplicategroup/")
    held = Held(page, "compare")
    page.get_by_role("link", name="Jane Doe, J. M. Doe").click(no_wait_after=True)
    page.get_by_label("Oslo").check()
    page.get_by_label("Keep this record").nth(1).check()
    expect(page.get_by_label("J. M. Doe", exact=True)).not_to_be_checked()
    held.go()
    expect(page.get_by_label("J. M. Doe", exact=True)).to_be_checked()
    expect(page.get_by_label("Oslo")).to_be_checked()
    assert violations == []


def test_the_calendars_follow_a_time(recruiter, interviewer, application, sign_in):
    begin = (timezone.now() + timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0)
    InterviewFactory(starts_at=begin, interviewers=[interviewer], title="Other talk")
    page = sign_in(recruiter)
    held = Held(page, "interview_form")
    page.goto(f"/jobs/application/{application.pk}/interviews/schedule/", wait_until="commit")
    page.get_by_label("Date", exact=True).fill(begin.date().isoformat())
    page.get_by_label("Time", exact=True).fill("10:30")
    page.get_by_label("Time zone").fill("UTC")
    expect(page.locator("#availability")).not_to_contain_text("Other talk")
    held.go()
    expect(page.locator("#availability")).to_contain_text("ines has Other talk")


def test_a_scorecard_is_kept(interviewer, application, sign_in):
    begun = timezone.now() - timedelta(hours=2)
    interview = InterviewFactory(application=application, interviewers=[interviewer], starts_at=begun)
    page = sign_in(interviewer)
    held = Held(page, "scorecard")
    page.goto(f"/jobs/interview/{interview.pk}/scorecard/", wait_until="commit")
    page.get_by_label("Takeaways").fill("Asks good questions.")
    held.go()
    expect(page.locator("[data-state]")).to_contain_text("saved at")
    assert Scorecard.objects.get().takeaways == "Asks good questions."


def test_a_preview_shows_the_text(recruiter, application, sign_in):
    template = EmailTemplateFactory(subject="Old", body="Hello.")
    page = sign_in(recruiter)
    held = Held(page, "email_template")
    page.goto(f"/jobs/emailtemplate/{template.pk}/change/", wait_until="commit")
    page.locator("#id_subject").fill("About your application")
    held.go()
    expect(page.locator("[data-template-page] [data-subject]")).to_have_text("About your application")


def test_a_mail_is_filled_from_its_template(recruiter, application, sign_in):
    template = EmailTemplateFactory(subject="About {{ job.title }}", body="Hello.")
    page = sign_in(recruiter)
    held = Held(page, "compose")
    page.goto(f"/jobs/application/{application.pk}/messages/")
    page.get_by_role("link", name="Write a mail").click(no_wait_after=True)
    page.get_by_label("Template").select_option(str(template.pk))
    expect(page.get_by_label("Subject")).to_have_value("")
    held.go()
    expect(page.get_by_label("Subject")).to_have_value("About Nurse")
