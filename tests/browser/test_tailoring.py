"""A tailored resume in the browser: agents at work live, decisions line by line, files at the end."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from hrassist import long_tasks
from hrassist.models import LongTask
from jobs.actions import tailorings
from jobs.models import TailoringLine, TailoringRun
from jobs.tailoring import pipeline
from jobs.tailoring.agents import AGENTS
from jobs.tailoring.events import Teller
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.jobs.tailoring.resumes import resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
State = TailoringRun.State


@pytest.fixture
def application(recruiter, settings):
    settings.TAILORING_OFFLINE_PACE = 0
    candidate = CandidateFactory(full_name="Amara Okafor")
    resume_of(candidate)
    return ApplicationFactory(candidate=candidate, job=JobFactory(title="Nurse", team={recruiter: "recruiter"}))


# What each agent was seen to say, by name: it is on the page only while the run is at work.
HEARD = """() => {
  window.heard = {};
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("[data-agent]")) {
      const said = row.querySelector("[data-said]").textContent;
      window.heard[row.dataset.agent] = said || window.heard[row.dataset.agent] || "";
    }
  }).observe(document.querySelector("[data-tailoring]"), { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def listening(recruiter, sign_in, stream):
    """A page, the times it asked the site for events, and what it waits for when it is to hear the stream."""
    page = sign_in(recruiter)
    times: list[str] = []
    page.on(
        "request",
        lambda request: times.append(request.url) if re.search("/tailoringrun/[^/]+/events/", request.url) else None,
    )
    return page, times, re.compile(rf"^http://localhost:{stream.port}/streams/tailorings/[0-9a-f-]+\?after=\d+$")


def test_agents_work_live_and_the_run_ends_with_files(listening, application, violations, work_off):
    page, times, streamed = listening
    page.goto(f"/jobs/application/{application.pk}/tailored/")
    with page.expect_response(streamed) as answer:
        page.get_by_role("button", name="Tailor the resume").click()
    assert answer.value.status == 200
    expect(page.get_by_role("heading", name="Agents at work")).to_be_visible()
    page.evaluate(HEARD)
    work_off()
    expect(page.get_by_role("heading", name="Approve")).to_be_visible(timeout=30_000)
    heard = page.evaluate("window.heard")
    assert sorted(heard) == sorted(agent.name for agent in AGENTS)
    # The built-in provider has nothing to polish, and so nothing to say there.
    assert {agent for agent, said in heard.items() if said.strip()} == set(heard) - {"polish"}
    assert "requirements named in the job" in heard["analysis"]
    assert times == []
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_role("article", name="Tailored resume")).to_contain_text("Northwind GmbH")
    page.get_by_role("link", name="Back to the lines").click()
    page.get_by_role("button", name="Approve and make the files").click()
    work_off()
    expect(page.get_by_role("heading", name="Ready to use")).to_be_visible(timeout=30_000)
    assert times == []
    with page.expect_download() as download:
        page.get_by_role("link", name="DOCX").first.click()
    assert download.value.suggested_filename == "tailored-resume-amara-okafor.docx"
    assert violations == []
    # The checker of accessibility brings a style of its own, which the policy refuses.
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []


def test_a_reload_and_a_lost_stream_lose_nothing(recruiter, listening, application, violations, stream):
    page, times, streamed = listening
    run = tailorings.start(application=application, by=recruiter, now=timezone.now())
    TailoringRun.objects.filter(pk=run.pk).update(state=State.RUNNING, started_at=timezone.now())
    teller = Teller(run.pk)
    teller.tell("step", agent="analysis", state="running", attempt=1)
    teller.tell("text", agent="analysis", text="First line. ")
    with page.expect_response(streamed) as answer:
        page.goto(f"/jobs/tailoringrun/{run.pk}/change/")
    assert answer.value.status == 200
    said = page.locator("[data-agent=analysis] [data-said]")
    expect(said).to_contain_text("First line.")
    teller.tell("text", agent="analysis", text="Second line. ")
    expect(said).to_have_text("First line. Second line. ")
    assert times == []
    stream.stop()
    teller.tell("text", agent="analysis", text="Third line. ")
    # Without the stream the page asks by itself, and has each line once.
    expect(said).to_have_text("First line. Second line. Third line. ", timeout=30_000)
    assert times
    with page.expect_response(streamed, timeout=60_000) as again:
        stream.start()
    assert again.value.status == 200
    # What was asked before the stream was heard again is answered, and then nobody asks any more.
    page.wait_for_timeout(500)
    times.clear()
    teller.tell("text", agent="analysis", text="Fourth line. ")
    expect(said).to_have_text("First line. Second line. Third line. Fourth line. ", timeout=5_000)
    # Longer than two rounds of asking.
    page.wait_for_timeout(3000)
    assert times == []
    page.reload()
    expect(said).to_have_text("First line. Second line. Third line. Fourth line. ")
    # That the stream was gone is what this is about.
    assert [one for one in violations if "net::ERR" not in one] == []


def test_lines_are_decided_by_keyboard_on_a_phone(recruiter, sign_in, application, violations):
    run = tailorings.start(application=application, by=recruiter, now=timezone.now())
    line = {"bullet_id": "w1.b0", "text": "Architected REST APIs in Django", "evidence": ["w1.b0"]}
    pipeline.work(run.pk, provider=ScriptedProvider(implementation=implementation([line])))
    page = sign_in(recruiter)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/jobs/tailoringrun/{run.pk}/change/")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    expect(page.get_by_text("1 needs your decision.")).to_be_visible()
    page.get_by_role("button", name="Keep original").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No question is open.")).to_be_visible()
    expect(page.get_by_role("button", name="Keep original").first).to_be_focused()
    assert TailoringLine.objects.get(run=run, replaces="w1.b0").decision == "rejected"
    assert violations == []


def test_a_shortlist_is_followed_on_one_page_and_its_resumes_are_found_together(
    recruiter, sign_in, application, violations
):
    without = ApplicationFactory(job=application.job, candidate=CandidateFactory(full_name="Bela Kovács"))
    page = sign_in(recruiter)
    page.goto("/jobs/application/")
    for name in ("Amara Okafor", "Bela Kovács"):
        page.get_by_role("row", name=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Tailor resumes…").click()
    page.get_by_role("button", name="Tailor resumes: 2 applications").click()
    expect(page.get_by_role("heading", name="Tailor resumes: applications")).to_be_visible()
    task = LongTask.objects.get(kind="jobs.tailor")
    long_tasks.run(task.pk)
    expect(page.locator("[data-figures]")).to_have_text("1 of 2", timeout=15_000)
    pipeline.work(TailoringRun.objects.get(batch=task).pk)
    long_tasks.run(task.pk)
    expect(page.locator("[data-word]")).to_have_text("Done", timeout=15_000)
    expect(page.locator("[data-counts]")).to_contain_text("To review")
    expect(page.get_by_role("row", name="Bela Kovács")).to_contain_text("There is no resume of this person to tailor")
    assert str(without.pk) in page.get_by_role("link", name="Bela Kovács").get_attribute("href")
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_role("row", name="Amara Okafor")).to_contain_text("To be reviewed")
    assert violations == []
