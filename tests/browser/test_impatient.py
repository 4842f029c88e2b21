"""Whoever is quicker than the network loses nothing, does nothing twice, and is shown nothing that is not theirs."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from hrassist import long_tasks
from jobs.actions import matching, tailorings
from jobs.models import Note, Scorecard, TailoringLine, TailoringRun
from jobs.tailoring import pipeline
from tests.browser.network import Held
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import EmailTemplateFactory, InterviewFactory
from tests.jobs.tailoring.resumes import resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def application(recruiter, interviewer):
    job = JobFactory(title="Nurse", team={recruiter: "recruiter", interviewer: "interviewer"})
    return ApplicationFactory(candidate__full_name="Amara Okafor", job=job)


def test_a_scorecard_is_kept_draft_by_draft_however_long_one_takes(interviewer, application, sign_in):
    interview = InterviewFactory(
        application=application, interviewers=[interviewer], starts_at=timezone.now() - timedelta(hours=2)
    )
    page = sign_in(interviewer)
    page.goto(f"/jobs/interview/{interview.pk}/scorecard/")
    held = Held(page, re.compile("/scorecard/$"))
    takeaways = page.get_by_label("Takeaways")
    takeaways.fill("Asks")
    held.wait()
    # Two pauses long enough to be kept, while the first draft is still on its way.
    for text in ("Asks good", "Asks good questions."):
        takeaways.fill(text)
        page.wait_for_timeout(1500)
    assert len(held.routes) == 1
    held.let_go()
    held.let_go()
    held.stop()
    page.wait_for_timeout(300)
    expect(page.locator("[data-state]")).to_contain_text("saved at")
    assert Scorecard.objects.get().takeaways == "Asks good questions."


def test_a_template_that_comes_late_replaces_nothing_that_was_written(recruiter, application, sign_in):
    template = EmailTemplateFactory(subject="About {{ job.title }}", body="Hello.")
    page = sign_in(recruiter)
    page.goto(f"/jobs/application/{application.pk}/messages/")
    page.get_by_role("link", name="Write a mail").click()
    held = Held(page, re.compile(r"[?&]template=\d+"))
    page.get_by_label("Template").select_option(str(template.pk))
    page.get_by_label("Subject").fill("My own words")
    held.let_go()
    expect(page.locator("[data-told]")).to_have_text("You changed the text. Press Fill in to replace it.")
    expect(page.get_by_label("Subject")).to_have_value("My own words")


def test_a_template_that_is_lost_on_its_way_is_told(recruiter, application, sign_in):
    template = EmailTemplateFactory(subject="About {{ job.title }}", body="Hello.")
    page = sign_in(recruiter)
    page.goto(f"/jobs/application/{application.pk}/messages/")
    page.get_by_role("link", name="Write a mail").click()
    held = Held(page, re.compile(r"[?&]template=\d+"))
    page.get_by_label("Template").select_option(str(template.pk))
    held.lose()
    expect(page.locator("[data-told]")).to_contain_text("This template could not be read.")
    held.stop()
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_label("Subject")).to_have_value("About Nurse")


def test_enter_opens_nobody_who_was_found_for_other_words(recruiter, sign_in):
    for name in ("Anna Ahlers", "Anna Lee"):
        CandidateFactory(full_name=name)
    page = sign_in(recruiter)
    page.keyboard.press("/")
    page.keyboard.type("anna")
    names = page.locator(".finder-results a b")
    expect(names).to_have_count(2)
    last = names.last.inner_text()
    held = Held(page, re.compile(r"/search/\?q=anna%20"))
    page.keyboard.type(last.removeprefix("Anna"))
    page.keyboard.press("Enter")
    held.wait()
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile(r"^http://[^/]+/$"))
    held.stop()
    expect(page.get_by_role("heading", level=1)).to_have_text(last)


def test_a_name_that_is_typed_and_not_found_yet_is_not_sent_as_nobody(recruiter, application, sign_in):
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{application.job_id}/why-not/")
    field = page.get_by_role("combobox", name="Person")
    field.press_sequentially("amara")
    field.press("Enter")
    expect(page.get_by_role("option", name="Amara Okafor")).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("Amara Okafor")
    field.press("Enter")
    expect(page).to_have_url(re.compile(f"person={application.candidate_id}"))


def test_a_ranking_that_is_made_reloads_no_field_under_the_hand(recruiter, application, sign_in):
    long_tasks.start(
        kind=matching.LONG, title="Ranking", params={"job": str(application.job_id)}, by=recruiter, now=timezone.now()
    )
    page = sign_in(recruiter)
    page.goto(f"/jobs/job/{application.job_id}/ranked/")
    finder = page.locator(".finder input")
    finder.fill("amara")
    loads = []

    def keep(frame):
        loads.append(frame.url)

    page.on("framenavigated", keep)
    page.wait_for_timeout(5000)
    expect(finder).to_have_value("amara")
    assert loads == []
    with page.expect_event("framenavigated"):
        finder.evaluate("field => field.blur()")


def test_a_form_that_is_pressed_twice_is_sent_once(recruiter, application, sign_in):
    page = sign_in(recruiter)
    page.goto(f"/candidates/candidate/{application.candidate_id}/notes/")
    page.get_by_label("Write a note").fill("Please call her today")
    held = Held(page, re.compile("/notes/"))
    # Playwright's own click would wait until the page is left.
    page.evaluate(
        """() => {
          const button = document.querySelector("[data-note-form] button[type=submit]");
          setTimeout(() => button.click(), 10);
          setTimeout(() => button.click(), 600);
        }"""
    )
    held.wait()
    page.wait_for_timeout(1000)
    assert len(held.routes) == 1
    held.stop()
    expect(page.locator(".note-text")).to_have_count(1)
    assert Note.objects.count() == 1


@pytest.fixture
def run(recruiter, application, settings):
    """A tailored resume with two lines to decide about."""
    settings.TAILORING_OFFLINE_PACE = 0
    resume_of(application.candidate)
    run = tailorings.start(application=application, by=recruiter, now=timezone.now())
    line = {"bullet_id": "w1.b0", "text": "Architected REST APIs in Django", "evidence": ["w1.b0"]}
    pipeline.work(run.pk, provider=ScriptedProvider(implementation=implementation([line])))
    return run


def test_of_two_decisions_about_a_line_the_last_one_stands(recruiter, run, sign_in, violations):
    page = sign_in(recruiter)
    page.goto(f"/jobs/tailoringrun/{run.pk}/change/")
    row = page.locator("[data-line]").filter(has=page.get_by_role("button", name="Keep original")).first
    held = Held(page, re.compile("/step/$"))
    row.get_by_role("button", name="Accept").click()
    row.get_by_role("button", name="Keep original").click()
    page.get_by_role("button", name="Approve and make the files").click()
    held.wait()
    page.wait_for_timeout(300)
    assert len(held.routes) == 1
    held.let_go()
    held.let_go()
    assert TailoringLine.objects.get(run=run, replaces="w1.b0").decision == "rejected"
    # Approving waited for both, or it would have been refused as late.
    held.stop()
    expect(page.get_by_text("Approved, files being made")).to_be_visible()
    run.refresh_from_db()
    assert run.state == TailoringRun.State.APPROVED
    assert violations == []


def test_a_page_that_cannot_be_read_at_the_end_is_read_later(recruiter, run, sign_in):
    TailoringRun.objects.filter(pk=run.pk).update(state=TailoringRun.State.RUNNING)
    page = sign_in(recruiter)
    page.goto(f"/jobs/tailoringrun/{run.pk}/change/")
    expect(page.get_by_role("heading", name="Agents at work")).to_be_visible()
    held = Held(page, re.compile(f"/tailoringrun/{run.pk}/change/$"))
    TailoringRun.objects.filter(pk=run.pk).update(state=TailoringRun.State.REVIEW)
    held.lose()
    held.let_go()
    expect(page.get_by_role("heading", name="Approve")).to_be_visible()


def test_long_work_whose_end_is_lost_on_its_way_is_shown_later(recruiter, sign_in):
    long_tasks._kinds["test"] = lambda _progress: {"tagged": 80}
    task = long_tasks.start(kind="test", title="Tagging people", params={}, by=recruiter, now=timezone.now(), total=80)
    page = sign_in(recruiter)
    page.goto(f"/tasks/{task.pk}/")
    held = Held(page, re.compile(f"/tasks/{task.pk}/$"))
    long_tasks.run(task.pk)
    long_tasks._kinds.pop("test")
    held.lose()
    held.let_go()
    expect(page.locator("[data-word]")).to_have_text("Done")
    expect(page.locator("dd.figure")).to_have_text("80")
