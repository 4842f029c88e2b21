from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from hrassist import long_tasks, task_files
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, DomainError
from hrassist.long_tasks import Cancelled, Later, Progress
from hrassist.models import LongTask, Notification
from hrassist.tasks import end_forgotten_long_tasks, expire_task_files

State = LongTask.State


@pytest.fixture
def kind():
    """Register what the kind `test` does, for this test alone."""

    def put(function):
        long_tasks._kinds["test"] = function
        return function

    yield put
    long_tasks._kinds.pop("test", None)


@pytest.fixture
def started(recruiter, noon, kind):
    def start(function, **options):
        kind(function)
        options = {"params": {}, "total": 10} | options
        return long_tasks.start(kind="test", title="Counting", by=recruiter, now=noon, **options)

    return start


def test_it_waits_runs_and_ends_with_what_it_counted(started, deferred_tasks):
    seen = []

    def count(progress: Progress) -> dict[str, int]:
        progress.at(5, counted=5)
        seen.append(LongTask.objects.get().state)
        return {"counted": 10}

    task = started(count)
    assert task.state == State.QUEUED
    assert deferred_tasks("run_long_task") == [{"long_task_id": str(task.pk)}]
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert seen == [State.RUNNING]
    assert (task.state, task.done, task.percent, task.result) == (State.DONE, 10, 100, {"counted": 10})


def test_a_refusal_is_told_and_a_surprise_is_raised_after_it_is_kept(started):
    def refuse(_progress):
        raise DomainError("The file is empty.")

    def break_down(_progress):
        raise ZeroDivisionError

    refused, broken = started(refuse), started(break_down)
    long_tasks._kinds["test"] = refuse
    long_tasks.run(refused.pk)
    long_tasks._kinds["test"] = break_down
    with pytest.raises(ZeroDivisionError):
        long_tasks.run(broken.pk)
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert (refused.state, refused.message) == (State.FAILED, "The file is empty.")
    assert broken.state == State.FAILED
    assert "Nothing more was done" in broken.message


def test_stopping_ends_it_at_its_next_step_and_what_is_done_stays(started, recruiter, noon):
    reached = []

    def work(progress):
        progress.at(1)
        reached.append(1)
        long_tasks.cancel(task=progress.task, by=recruiter, now=noon)
        progress.at(2)
        reached.append(2)
        return {}

    task = started(work)
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, reached, task.done) == (State.CANCELLED, [1], 1)
    with pytest.raises(Conflict):
        long_tasks.cancel(task=task, by=recruiter, now=noon)


def test_nobody_stops_the_task_of_somebody_else(started, outsider, noon):
    task = started(lambda _progress: {})
    with pytest.raises(LongTask.DoesNotExist):
        long_tasks.cancel(task=task, by=outsider, now=noon)


def test_work_of_a_killed_worker_begins_again_and_the_old_one_can_write_no_more(started, noon):
    first: list[Progress] = []

    def work(progress):
        progress.at(3, counted=3)
        if not first:
            first.append(progress)
            raise SystemExit  # as far as a killed process comes
        return {"counted": 10}

    task = started(work)
    with pytest.raises(SystemExit):
        long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.done) == (State.RUNNING, 3)
    assert not task.is_stalled(now=task.heartbeat_at + timedelta(minutes=2))
    assert task.is_stalled(now=task.heartbeat_at + timedelta(minutes=2, seconds=1))
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.result) == (State.DONE, {"counted": 10})
    with pytest.raises(Cancelled):
        first[0].at(4)


def test_work_that_goes_on_by_itself_is_looked_at_again_and_keeps_no_worker_waiting(started, noon):
    looks = []

    def work(progress):
        looks.append(progress.waits)
        if not progress.waits:
            progress.refuse("row 3", "It is empty.")
        progress.at(len(looks), counted=len(looks))
        if len(looks) < 3:
            raise Later(7)
        return {"counted": 3}

    task = started(work)
    for look in (1, 2):
        long_tasks.run(task.pk)
        task.refresh_from_db()
        assert (task.state, task.done, task.result["counted"]) == (State.RUNNING, look, look)
        waiting = ProcrastinateJob.objects.filter(scheduled_at__isnull=False, args__long_task_id=str(task.pk))
        # A task that was taken for dead and comes twice leaves one to look again.
        assert waiting.count() == 1
    end_forgotten_long_tasks(timestamp=int((noon + timedelta(hours=1)).timestamp()))
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert looks == [False, True, True]
    assert (task.state, task.done, task.result["counted"], task.result["refused"]) == (State.DONE, 10, 3, 1)
    assert task.result["refused_rows"] == [["row 3", "It is empty."]]


def test_what_goes_on_by_itself_is_stopped_with_the_whole(started, recruiter, noon):
    stopped = []

    def work(progress):
        progress.at(1)
        raise Later(7)

    task = started(work)
    long_tasks._stops["test"] = lambda whole: stopped.append(whole.pk)
    try:
        long_tasks.run(task.pk)
        assert stopped == []
        long_tasks.cancel(task=task, by=recruiter, now=noon)
        long_tasks.run(task.pk)
    finally:
        del long_tasks._stops["test"]
    assert stopped == [task.pk]


def test_work_that_no_worker_will_take_up_again_has_failed(started, noon):
    task, fresh = started(lambda _progress: {}), started(lambda _progress: {})
    later = int((noon + timedelta(hours=1)).timestamp())
    end_forgotten_long_tasks(timestamp=later)
    assert set(LongTask.objects.values_list("state", flat=True)) == {State.QUEUED}
    ProcrastinateJob.objects.filter(args__long_task_id=str(task.pk)).update(status="failed")
    end_forgotten_long_tasks(timestamp=later)
    task.refresh_from_db()
    fresh.refresh_from_db()
    assert (task.state, fresh.state) == (State.FAILED, State.QUEUED)
    assert "several times" in task.message


def test_the_first_refused_rows_are_shown_and_all_of_them_are_in_a_file(started, recruiter):
    def refuse_many(progress):
        for row in range(250):
            progress.refuse(row, "=cmd is no name")
        return {"imported": 0}

    task = started(refuse_many)
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert task.result["refused"] == 250
    assert len(task.result["refused_rows"]) == long_tasks.SHOWN_REFUSED
    chunks, name = task_files.read(task, part="refused", by=recruiter, now=task.ended_at)
    text = b"".join(chunks).decode("utf-8-sig")
    assert name == "refused.csv"
    assert text.splitlines()[-1] == "249,'=cmd is no name"


def test_a_file_is_kept_for_a_day_put_on_record_and_then_gone(started, recruiter, events, tmp_path, noon):
    def make(progress):
        path = tmp_path / "made.csv"
        path.write_text("a,b")
        progress.store(path, name="people.csv", content_type="text/csv")
        return {}

    task = started(make)
    long_tasks.run(task.pk)
    task.refresh_from_db()
    key, expires_at = task.file_key, task.file_expires_at
    chunks, name = task_files.read(task, part="file", by=recruiter, now=expires_at - timedelta(minutes=1))
    assert (b"".join(chunks), name) == (b"a,b", "people.csv")
    (event,) = events("task_file.downloaded")
    assert (event.target_id, event.changes) == (str(task.pk), {"kind": "test", "part": "file"})
    with pytest.raises(task_files.FileExpired):
        task_files.read(task, part="file", by=recruiter, now=expires_at)
    expire_task_files(timestamp=int((expires_at - timedelta(minutes=1)).timestamp()))
    assert storage.clean().head(key) is not None
    expire_task_files(timestamp=int((expires_at + timedelta(minutes=1)).timestamp()))
    task.refresh_from_db()
    assert (storage.clean().head(key), task.file_key, task.file_name) == (None, "", "people.csv")


def test_who_waited_long_is_told_and_who_did_not_is_not(started, recruiter):
    task = started(lambda _progress: {})
    long_tasks.run(task.pk)
    (told,) = Notification.objects.filter(user=recruiter)
    assert (told.kind, told.text, told.url) == ("task_ended", "Counting: done.", f"/tasks/{task.pk}/")
    LongTask.objects.all().delete()
    quick = long_tasks.start(kind="test", title="Quick", params={}, by=recruiter, now=_now())
    long_tasks.run(quick.pk)
    assert Notification.objects.count() == 1


def test_an_account_that_was_closed_meanwhile_runs_nothing(started, recruiter):
    task = started(lambda _progress: pytest.fail("ran"))
    recruiter.is_active = False
    recruiter.save()
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert task.state == State.FAILED


def test_asking_what_runs_costs_nothing_while_nothing_does(started, recruiter, outsider, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert long_tasks.of_user(outsider) == []
    task = started(lambda _progress: {})
    assert long_tasks.of_user(recruiter) == [task]
    long_tasks.run(task.pk)
    assert long_tasks.of_user(recruiter) == []
    with django_assert_num_queries(0):
        assert long_tasks.of_user(recruiter) == []


def _now():
    from django.utils import timezone

    return timezone.now()
