import re

import pytest
from django.urls import reverse
from django.utils import timezone

from hrassist import long_tasks
from hrassist.admin import bulk
from hrassist.lib import outcomes
from hrassist.lib.outcomes import Refusals
from hrassist.models import LongTask
from jobs.actions import applications, bulk_messages, tailorings
from jobs.models import Application, RejectionReason, TailoringRun
from jobs.tailoring import pipeline
from tests.factories import ApplicationFactory, JobFactory
from tests.hiring import TailoringRunFactory
from tests.jobs.tailoring.resumes import resume_of

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


def ended(monkeypatch, browser, name, rows, **fields):
    """The page of a change of so many rows that a worker made it, as it is at the end."""
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    answer = act(browser, name, rows, **fields)
    return page_of(browser, answer.url)


def page_of(browser, address):
    task = LongTask.objects.get(pk=address.strip("/").split("/")[-1])
    long_tasks.run(task.pk)
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer


def not_done(page):
    """Reasons with how many, and the rows that are named with where each leads."""
    shown = page.context["not_done"]
    return shown.reasons, [(address, name) for address, name, _ in shown.rows]


@pytest.mark.parametrize("name", ["move_to_stage", "reject"])
def test_what_long_work_refused_is_counted_by_reason_and_led_to(recruiter, client_as, monkeypatch, name):
    job = JobFactory()
    rows = ApplicationFactory.create_batch(5, job=job)
    applications.withdraw(application=rows[1], by=recruiter, now=timezone.now())
    said = {
        "move_to_stage": {"to": f"stage:{job.stages.get(kind='screen').pk}"},
        "reject": {"reason": str(RejectionReason.objects.filter(kind="we_rejected").first().pk), "note": ""},
    }[name]
    moved = timezone.now()
    for one in rows[2:4]:
        applications.advance(application=one, by=recruiter, now=timezone.now())
    # Who withdrew did so before the rows were chosen; two were moved after it.
    page = ended(monkeypatch, client_as(recruiter), name, rows, seen_at=moved.isoformat(), **said)
    reasons, named = not_done(page)
    assert reasons[0] == ("Somebody moved this application after you chose it.", 2)
    assert [count for _, count in reasons] == [2, 1]
    assert "withdrawn" in reasons[1][0]
    assert sorted(named) == sorted(
        (reverse("admin:jobs_application_change", args=[one.pk]), str(one)) for one in rows[1:4]
    )
    html = page.content.decode()
    assert "Not done, and why" in html
    assert f'href="{named[0][0]}"' in html


def test_a_refused_row_that_one_sees_no_more_is_counted_and_not_named(recruiter, client_as, monkeypatch):
    job, other = JobFactory(), JobFactory()
    rows = [*ApplicationFactory.create_batch(3, job=job), ApplicationFactory(job=other)]
    for one in (rows[0], rows[3]):
        applications.withdraw(application=one, by=recruiter, now=timezone.now())
    browser = client_as(recruiter)
    page = ended(monkeypatch, browser, "move_to_stage", rows, to="kind:screen")
    assert len(not_done(page)[1]) == 2
    other.confidential = True
    other.save()
    page = browser.get(page.wsgi_request.path)
    assert not_done(page)[1] == [(reverse("admin:jobs_application_change", args=[rows[0].pk]), str(rows[0]))]
    assert str(rows[3].candidate) not in page.content.decode()
    assert "and 1 more." in page.content.decode()


def test_what_was_hidden_before_the_worker_came_is_told_as_not_done(recruiter, client_as, monkeypatch):
    rows = ApplicationFactory.create_batch(3)
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    browser = client_as(recruiter)
    answer = act(browser, "move_to_stage", rows, to="kind:screen")
    rows[0].job.confidential = True
    rows[0].job.save()
    page = page_of(browser, answer.url)
    assert not_done(page) == ([(bulk.GONE, 1)], [])
    assert page.context["task"].total == 3


def test_who_could_not_be_written_to_is_counted_and_led_to(recruiter, client_as):
    job = JobFactory()
    reached, unreachable = ApplicationFactory(job=job), ApplicationFactory(job=job, candidate__email="")
    task = bulk_messages.start(
        applications=[reached, unreachable], subject="Hi", body="Hello", by=recruiter, now=timezone.now()
    )
    page = page_of(client_as(recruiter), reverse("admin:long_task", args=[task.pk]))
    reasons, named = not_done(page)
    assert [count for _, count in reasons] == [1]
    assert named == [(reverse("admin:jobs_application_change", args=[unreachable.pk]), str(unreachable))]


def test_a_mail_to_many_that_reached_everybody_has_a_page_too(recruiter, client_as):
    task = bulk_messages.start(
        applications=[ApplicationFactory()], subject="Hi", body="Hello", by=recruiter, now=timezone.now()
    )
    page = page_of(client_as(recruiter), reverse("admin:long_task", args=[task.pk]))
    assert page.context["not_done"] is None


def test_a_page_names_a_bounded_number_of_rows_and_reasons_in_few_statements(
    recruiter, client_as, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(outcomes, "ROWS_KEPT", 3)
    monkeypatch.setattr(outcomes, "REASONS_KEPT", 2)
    rows = ApplicationFactory.create_batch(6)
    refusals = Refusals("jobs.application")
    for number, one in enumerate(rows):
        refusals.add(one.pk, f"Reason {min(number, 3)}")
    result = refusals.as_result()
    assert result["refused_for"] == [(outcomes.OTHER_REASONS, 4), ("Reason 0", 1), ("Reason 1", 1)]
    assert (result["refused"], len(result["refused_keys"])) == (6, 3)
    task = LongTask.objects.create(
        kind=bulk.KIND, title="Many", params={}, state="done", result=result, created_by=recruiter,
        created_at=timezone.now(), ended_at=timezone.now(),
    )  # fmt: skip
    browser = client_as(recruiter)
    browser.get("/")
    with django_assert_max_num_queries(6):
        page = browser.get(reverse("admin:long_task", args=[task.pk]))
    assert "and 3 more." in page.content.decode()


@pytest.fixture
def shortlist(settings):
    """Three applications, two of them of people with a resume."""
    settings.TAILORING_OFFLINE_PACE = 0
    rows = ApplicationFactory.create_batch(3)
    for one in rows[:2]:
        resume_of(one.candidate)
    return rows


@pytest.fixture
def tailored(recruiter, client_as, shortlist):
    """The long work by which the shortlist is tailored, begun."""
    browser = client_as(recruiter)
    page = act(browser, "tailor", shortlist, confirmed=False).content.decode()
    assert "The resumes of 3 applications are tailored" in page
    assert "it tells how far each is" in page
    answer = act(browser, "tailor", shortlist, provider="offline", language="", with_letter="on")
    task = LongTask.objects.get(kind="jobs.tailor")
    assert answer.url == reverse("admin:long_task", args=[task.pk])
    long_tasks.run(task.pk)
    return task


def looked_at_again(task):
    long_tasks.run(task.pk)
    return LongTask.objects.get(pk=task.pk)


def test_a_shortlist_is_tailored_as_long_work_that_counts_what_has_ended(
    recruiter, client_as, tailored, shortlist, deferred_tasks
):
    task = LongTask.objects.get(pk=tailored.pk)
    assert len(deferred_tasks("tailor")) == 2
    # Who has no resume is done with; two are at work.
    assert (task.state, task.done, task.total) == ("running", 1, 3)
    first, second = TailoringRun.objects.filter(batch=task).order_by("pk")
    pipeline.work(first.pk)
    task = looked_at_again(task)
    assert (task.state, task.done, task.result["begun"], task.result["to_review"]) == ("running", 2, 2, 1)
    tailorings.cancel(run=second, by=recruiter, now=timezone.now())
    task = looked_at_again(task)
    assert (task.state, task.done) == ("done", 3)
    assert [task.result[word] for word in ("begun", "to_review", "stopped", "failed", "refused")] == [2, 1, 1, 0, 1]
    assert TailoringRun.objects.count() == 2


def test_why_some_of_a_shortlist_failed_is_counted_on_its_page(recruiter, client_as, tailored):
    stopped = {"state": "failed", "ended_at": timezone.now(), "message": "The language model did not answer."}
    TailoringRun.objects.filter(batch=tailored).update(**stopped)
    task = looked_at_again(tailored)
    page = client_as(recruiter).get(reverse("admin:long_task", args=[task.pk])).content.decode()
    listed = f"{reverse('admin:jobs_tailoringrun_changelist')}?batch={task.pk}&amp;state__exact=failed"
    assert re.search(rf"The language model did not answer\..*?{re.escape(listed)}\">2</a>", page, re.DOTALL)
    found = client_as(recruiter).get(listed.replace("&amp;", "&")).context["cl"].result_list
    assert len(found) == 2


def test_its_page_leads_to_those_that_were_begun_together_and_names_who_was_refused(
    recruiter, coordinator, client_as, tailored, shortlist
):
    other = TailoringRunFactory()
    browser = client_as(recruiter)
    page = browser.get(reverse("admin:long_task", args=[tailored.pk])).content.decode()
    assert shortlist[2].candidate.full_name in page
    assert "There is no resume of this person to tailor" in page
    address = f"{reverse('admin:jobs_tailoringrun_changelist')}?batch={tailored.pk}"
    assert address in page
    together = browser.get(address)
    assert {run.pk for run in together.context["cl"].result_list} == set(
        TailoringRun.objects.filter(batch=tailored).values_list("pk", flat=True)
    )
    assert other.application.candidate.full_name not in together.content.decode()
    # The work is its owner's; to anybody else it is one that does not exist.
    assert list(client_as(coordinator).get(address).context["cl"].result_list) == []
    assert list(browser.get(f"{address}0").context["cl"].result_list) == []


def test_what_is_tailored_already_is_not_begun_twice(recruiter, client_as, tailored, shortlist):
    act(client_as(recruiter), "tailor", shortlist[:2], provider="offline", language="", with_letter="on")
    again = LongTask.objects.filter(kind="jobs.tailor").order_by("-created_at").first()
    long_tasks.run(again.pk)
    again.refresh_from_db()
    assert (again.state, again.result["unchanged"], again.result["begun"]) == ("done", 2, 0)
    assert TailoringRun.objects.count() == 2


def test_a_worker_that_died_while_it_began_them_begins_none_twice(tailored):
    # As far as it came: some are begun, and it has not told that all are; one has ended as failed meanwhile.
    TailoringRun.objects.filter(batch=tailored).update(state="failed", ended_at=timezone.now())
    LongTask.objects.filter(pk=tailored.pk).update(result={})
    task = looked_at_again(tailored)
    assert (task.state, task.result["begun"], task.result["failed"], task.done) == ("done", 2, 2, 3)
    assert TailoringRun.objects.count() == 2


def test_stopping_the_whole_stops_each_that_has_not_ended(recruiter, tailored):
    first = TailoringRun.objects.filter(batch=tailored).order_by("pk").first()
    pipeline.work(first.pk)
    long_tasks.cancel(task=tailored, by=recruiter, now=timezone.now())
    task = looked_at_again(tailored)
    assert task.state == "cancelled"
    assert sorted(TailoringRun.objects.filter(batch=tailored).values_list("state", flat=True)) == [
        "cancelled", "review",
    ]  # fmt: skip


def test_nothing_is_begun_for_who_lost_the_right_meanwhile(recruiter, client_as, shortlist):
    act(client_as(recruiter), "tailor", shortlist, provider="offline", language="", with_letter="on")
    recruiter.groups.clear()
    task = LongTask.objects.get(kind="jobs.tailor")
    task = looked_at_again(task)
    assert (task.state, TailoringRun.objects.count()) == ("failed", 0)
