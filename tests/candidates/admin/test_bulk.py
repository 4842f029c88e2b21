import re
from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.actions import legal_holds
from candidates.models import Candidate, CandidateTag, PoolMembership, Source, Tag
from hrassist import long_tasks
from hrassist.admin import bulk
from hrassist.models import LongTask
from jobs.models import Application
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import CandidateTagFactory, TagFactory, TalentPoolFactory

pytestmark = pytest.mark.django_db
LIST = "/candidates/candidate/"


def act(browser, name, people, /, *, query="", confirmed=True, across=False, **fields):
    data = {"action": name, "index": "0", "select_across": "1" if across else "0"} | fields
    data["_selected_action"] = [str(one.pk) for one in people]
    if confirmed:
        data["confirmed"] = "1"
    return browser.post(LIST + query, data)


def told(browser, path=LIST):
    return " ".join(str(one) for one in browser.get(path).context["messages"])


def test_nothing_happens_before_it_is_confirmed_with_what_and_how_many(recruiter, client_as):
    people = CandidateFactory.create_batch(3)
    answer = act(client_as(recruiter), "add_tag", people, confirmed=False)
    page = answer.content.decode()
    assert "A tag is put on 3 candidates." in page
    assert people[0].full_name in page
    assert not CandidateTag.objects.exists()


def test_a_tag_is_put_on_many_and_taken_back_in_one_step(recruiter, client_as, events):
    people = CandidateFactory.create_batch(3)
    had = CandidateTagFactory(candidate=people[0], tag=TagFactory(name="Star")).tag
    browser = client_as(recruiter)
    act(browser, "add_tag", people, name=" star ")
    assert CandidateTag.objects.filter(tag=had).count() == 3
    assert {event.subject_ref for event in events("candidate.tagged")} == {str(one.pk) for one in people[1:]}
    said = told(browser)
    assert "2 candidates tagged." in said
    assert "1 candidate needed no change." in said
    token = re.search(r'name="undo" value="([^"]+)"', said)[1]
    browser.post("/bulk/undo/", {"undo": token, "back": LIST})
    assert list(CandidateTag.objects.values_list("candidate", flat=True)) == [people[0].pk]
    assert "Undone for 2 candidates." in told(browser)
    browser.post("/bulk/undo/", {"undo": token, "back": LIST})
    assert "can no longer be undone" in told(browser)


def test_a_tag_is_taken_off_many(recruiter, client_as):
    links = CandidateTagFactory.create_batch(2, tag=TagFactory(name="Star"))
    browser = client_as(recruiter)
    act(browser, "remove_tag", [one.candidate for one in links], name="Star")
    assert not CandidateTag.objects.exists()


def test_people_join_a_pool_on_a_basis_until_a_day(recruiter, client_as):
    people, pool = CandidateFactory.create_batch(2), TalentPoolFactory()
    day = timezone.localdate() + timedelta(days=40)
    browser = client_as(recruiter)
    act(browser, "add_to_pool", people, pool=str(pool.pk), basis="consent", expires_on=day.isoformat())
    rows = PoolMembership.objects.filter(pool=pool)
    assert {(row.basis, timezone.localdate(row.expires_at)) for row in rows} == {("consent", day)}
    assert "2 candidates added to the talent pool." in told(browser)


def test_what_was_said_wrong_is_told_on_the_form(recruiter, client_as):
    people, pool = CandidateFactory.create_batch(2), TalentPoolFactory()
    answer = act(client_as(recruiter), "add_to_pool", people, pool=str(pool.pk), basis="consent",
                 expires_on="2001-01-01")  # fmt: skip
    assert "Choose a day in the future." in answer.content.decode()
    assert not PoolMembership.objects.exists()


def test_the_source_of_many_is_set(recruiter, client_as):
    people = CandidateFactory.create_batch(2, source="old")
    Source.objects.get_or_create(name="Job fair", defaults={"kind": "event"})
    act(client_as(recruiter), "set_source", people, source="Job fair")
    assert set(Candidate.objects.values_list("source", flat=True)) == {"Job fair"}


def test_people_are_added_to_a_job_and_who_cannot_be_is_told_by_name(recruiter, client_as):
    job = JobFactory()
    one, other = CandidateFactory.create_batch(2)
    ApplicationFactory(candidate=other, job=job)
    browser = client_as(recruiter)
    act(browser, "add_to_job", [one, other], job=str(job.pk), source="recruiter")
    assert Application.objects.filter(job=job).count() == 2
    said = told(browser)
    assert "1 candidate added to the job." in said
    assert "1 candidate needed no change." in said


def test_all_that_match_means_the_search_and_what_one_may_see(recruiter, client_as):
    secret = JobFactory(confidential=True)
    hidden = ApplicationFactory(job=secret, candidate__full_name="Nora Hidden").candidate
    seen = CandidateFactory.create_batch(3, full_name="Nora Nurse")
    CandidateFactory(full_name="Other")
    browser = client_as(recruiter)
    act(browser, "add_tag", seen[:1], query="?q=nora", across=True, name="n")
    tagged = set(CandidateTag.objects.values_list("candidate", flat=True))
    assert tagged == {one.pk for one in seen}
    # Named outright, the hidden person still is not one of the rows.
    act(browser, "add_tag", [hidden], name="n2")
    assert not Tag.objects.filter(name="n2").exists() or not CandidateTag.objects.filter(candidate=hidden).exists()


def test_many_become_long_work_that_tells_how_it_ended(recruiter, client_as, monkeypatch, deferred_tasks):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    people = CandidateFactory.create_batch(5, full_name="Nora Nurse")
    CandidateFactory(full_name="Other")
    browser = client_as(recruiter)
    page = act(browser, "add_tag", people[:1], query="?q=nora", across=True, confirmed=False)
    assert "in the background" in page.content.decode()
    act(browser, "add_tag", people[:1], query="?q=nora", across=True, name="ward")
    assert not CandidateTag.objects.exists()
    (task,) = LongTask.objects.all()
    assert deferred_tasks("run_long_task") == [{"long_task_id": str(task.pk)}]
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.done, task.total) == ("done", 5, 5)
    assert task.result["changed"] == 5
    assert CandidateTag.objects.count() == 5
    # A killed worker's work begins again: nothing is done twice.
    LongTask.objects.filter(pk=task.pk).update(state="running", ended_at=None)
    long_tasks.run(task.pk)
    assert CandidateTag.objects.count() == 5


def test_long_work_of_somebody_who_lost_the_right_does_nothing(recruiter, client_as, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    people = CandidateFactory.create_batch(4)
    act(client_as(recruiter), "add_tag", people[:1], across=True, name="ward")
    recruiter.groups.clear()
    (task,) = LongTask.objects.all()
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.message) == ("failed", "You may not do this any more. Nothing more was done.")
    assert not CandidateTag.objects.exists()


def test_long_work_touches_only_who_is_visible_when_it_runs(recruiter, client_as, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    people = CandidateFactory.create_batch(4)
    act(client_as(recruiter), "add_tag", people[:1], across=True, name="ward")
    ApplicationFactory(candidate=people[0], job=JobFactory(confidential=True))
    long_tasks.run(LongTask.objects.get().pk)
    assert {link.candidate_id for link in CandidateTag.objects.all()} == {one.pk for one in people[1:]}


ACTS = {
    "add_tag": lambda: {"name": "ward"},
    "remove_tag": lambda: {"name": TagFactory().name},
    "add_to_pool": lambda: {"pool": str(TalentPoolFactory().pk), "basis": "consent"},
    "set_source": lambda: {"source": Source.objects.get_or_create(name="Job fair", defaults={"kind": "event"})[0].name},
    "add_to_job": lambda: {"job": str(JobFactory().pk), "source": "recruiter"},
}


@pytest.mark.parametrize("name", ACTS)
def test_long_work_says_how_many_were_not_there_for_it(recruiter, client_as, monkeypatch, name):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    people = CandidateFactory.create_batch(4)
    browser = client_as(recruiter)
    answer = act(browser, name, people, **ACTS[name]())
    ApplicationFactory(candidate=people[0], job=JobFactory(confidential=True))
    (task,) = LongTask.objects.all()
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.done, task.total, task.result["changed"] + task.result["unchanged"]) == (4, 4, 3)
    page = browser.get(answer.url)
    assert page.context["not_done"].reasons == [(bulk.GONE, 1)]
    assert people[0].full_name not in page.content.decode()


def test_who_could_not_be_erased_is_counted_by_reason_and_led_to(db, client_as, monkeypatch):
    officer = UserFactory(role="Privacy officer")
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    people = CandidateFactory.create_batch(4)
    for one in people[:2]:
        legal_holds.place(scope="candidate", target_ref=one.pk, reason="Claim", by=officer, now=timezone.now())
    browser = client_as(officer)
    answer = act(browser, "erase", people, reason="Asked by mail", sure="on")
    long_tasks.run(LongTask.objects.get().pk)
    shown = browser.get(answer.url).context["not_done"]
    assert [count for _, count in shown.reasons] == [2]
    assert "legal hold" in shown.reasons[0][0]
    assert {(address, name) for address, name, _ in shown.rows} == {
        (f"/candidates/candidate/{one.pk}/change/", str(one)) for one in people[:2]
    }


@pytest.mark.parametrize("role", ["coordinator", "hiring_manager", "interviewer"])
def test_who_may_not_change_many_is_offered_nothing_and_does_nothing(request, client_as, role):
    user = request.getfixturevalue(role)
    one = ApplicationFactory(job=JobFactory(team={user: "interviewer"})).candidate
    browser = client_as(user)
    assert browser.get(LIST).context["bulk_acts"] == []
    act(browser, "add_tag", [one], name="x")
    assert not CandidateTag.objects.exists()
    assert not Tag.objects.filter(name="x").exists()


def test_rows_that_are_none_are_told_and_break_nothing(recruiter, client_as):
    browser = client_as(recruiter)
    CandidateFactory()
    answer = browser.post(LIST, {"action": "add_tag", "index": "0", "_selected_action": ["nonsense"]})
    assert answer.status_code == 302
    assert "Choose again" in told(browser)


def test_somebody_elses_undo_is_nothing_to_me(recruiter, coordinator, client_as):
    people = CandidateFactory.create_batch(2)
    browser = client_as(recruiter)
    act(browser, "add_tag", people, name="x")
    token = re.search(r'name="undo" value="([^"]+)"', told(browser))[1]
    client_as(coordinator).post("/bulk/undo/", {"undo": token})
    assert CandidateTag.objects.count() == 2
