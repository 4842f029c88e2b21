import re

import pytest
from django.utils import timezone

from jobs.actions import applications
from jobs.models import Application, RejectionReason
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db
LIST = "/jobs/application/"


def act(browser, name, rows, /, *, confirmed=True, **fields):
    data = {"action": name, "index": "0", "select_across": "0", "seen_at": timezone.now().isoformat()} | fields
    data["_selected_action"] = [str(one.pk) for one in rows]
    if confirmed:
        data["confirmed"] = "1"
    return browser.post(LIST, data)


def told(browser):
    return " ".join(str(one) for one in browser.get(LIST).context["messages"])


def test_applications_of_one_job_move_to_one_of_its_stages(recruiter, client_as):
    job = JobFactory()
    rows = ApplicationFactory.create_batch(2, job=job)
    stage = job.stages.get(kind="interview")
    browser = client_as(recruiter)
    page = act(browser, "move_to_stage", rows, confirmed=False).content.decode()
    assert f"stage:{stage.pk}" in page
    assert "2 applications move to another stage." in page
    act(browser, "move_to_stage", rows, to=f"stage:{stage.pk}")
    assert set(Application.objects.values_list("stage", flat=True)) == {stage.pk}
    assert "2 applications moved." in told(browser)


def test_applications_of_many_jobs_move_by_the_kind_of_stage(recruiter, client_as):
    rows = ApplicationFactory.create_batch(2)
    browser = client_as(recruiter)
    assert "kind:screen" in act(browser, "move_to_stage", rows, confirmed=False).content.decode()
    act(browser, "move_to_stage", rows, to="kind:screen")
    assert set(Application.objects.values_list("stage__kind", flat=True)) == {"screen"}


def test_what_one_row_refuses_stops_no_other_and_is_told(recruiter, client_as, noon):
    reason = RejectionReason.objects.filter(kind="we_rejected").first()
    fine, ended = ApplicationFactory.create_batch(2)
    applications.withdraw(application=ended, by=recruiter, now=timezone.now())
    browser = client_as(recruiter)
    act(browser, "reject", [fine, ended], reason=str(reason.pk), note="")
    assert set(Application.objects.values_list("status", flat=True)) == {"rejected", "withdrawn"}
    said = told(browser)
    assert "1 application rejected." in said
    assert f"{ended}: This application is withdrawn" in said.replace("&#x27;", "'")
    token = re.search(r'name="undo" value="([^"]+)"', said)[1]
    browser.post("/bulk/undo/", {"undo": token, "back": LIST})
    fine.refresh_from_db()
    assert fine.status == "active"


def test_what_somebody_moved_after_it_was_chosen_stays_where_it_is(recruiter, coordinator, client_as):
    one = ApplicationFactory()
    seen = timezone.now()
    applications.advance(application=one, by=coordinator, now=timezone.now())
    browser = client_as(recruiter)
    act(browser, "move_to_stage", [one], to=f"stage:{one.job.stages.get(kind='offer').pk}", seen_at=seen.isoformat())
    one.refresh_from_db()
    assert one.stage.kind == "screen"
    assert "Somebody moved this application after you chose it." in told(browser)


def test_nothing_moves_for_who_does_not_see_it(hiring_manager, interviewer, client_as):
    mine = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager", interviewer: "interviewer"}))
    other = ApplicationFactory()
    act(client_as(hiring_manager), "move_to_stage", [mine, other], to=f"stage:{mine.job.stages.get(kind='screen').pk}")
    other.refresh_from_db()
    mine.refresh_from_db()
    assert (mine.stage.kind, other.stage.kind) == ("screen", "applied")
    assert client_as(interviewer).get(LIST).context["bulk_acts"] == []


def test_the_resumes_of_a_shortlist_are_tailored_and_who_has_none_is_told(recruiter, client_as, deferred_tasks):
    from jobs.models import TailoringRun
    from tests.jobs.tailoring.resumes import resume_of

    rows = ApplicationFactory.create_batch(3)
    for one in rows[:2]:
        resume_of(one.candidate)
    browser = client_as(recruiter)
    act(browser, "tailor", rows, provider="offline", language="", with_letter="on")
    assert TailoringRun.objects.filter(application__in=rows[:2], state="queued").count() == 2
    assert len(deferred_tasks("tailor")) == 2
    said = told(browser)
    assert "2 applications begun" in said
    assert "There is no resume of this person to tailor" in said
    act(browser, "tailor", rows[:2], provider="offline", language="", with_letter="on")
    assert TailoringRun.objects.count() == 2
