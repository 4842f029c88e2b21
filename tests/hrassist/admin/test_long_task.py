import pytest

from hrassist import long_tasks
from hrassist.models import LongTask


@pytest.fixture
def task(recruiter, noon):
    long_tasks._kinds["test"] = lambda progress: {"tagged": 1200}
    yield long_tasks.start(kind="test", title="Tagging people", params={}, by=recruiter, now=noon, total=1200)
    long_tasks._kinds.pop("test")


def test_the_page_says_how_far_it_is_and_what_came_of_it(task, recruiter, client_as):
    client = client_as(recruiter)
    waiting = client.get(f"/tasks/{task.pk}/").content.decode()
    assert "Waiting" in waiting
    assert "Stop" in waiting
    long_tasks.run(task.pk)
    ended = client.get(f"/tasks/{task.pk}/").content.decode()
    assert "Tagged" in ended
    assert "1,200" in ended
    assert "Stop</button>" not in ended


def test_the_state_is_json_for_the_script(task, recruiter, client_as):
    answer = client_as(recruiter).get(f"/tasks/{task.pk}/state/")
    assert "no-store" in answer["Cache-Control"]
    told = answer.json()
    assert (told["state"], told["total"], told["percent"], told["over"]) == ("queued", 1200, 0, False)
    long_tasks.run(task.pk)
    told = client_as(recruiter).get(f"/tasks/{task.pk}/state/").json()
    assert (told["state"], told["percent"], told["over"]) == ("done", 100, True)
    assert told["counts"] == [["Tagged", 1200]]


def test_nobody_else_can_tell_that_it_exists(task, coordinator, client_as):
    client = client_as(coordinator)
    for address in ("", "state/", "file/", "refused/"):
        assert client.get(f"/tasks/{task.pk}/{address}").status_code == 404
    assert client.post(f"/tasks/{task.pk}/cancel/").status_code == 404
    assert "Tagging people" not in client.get("/tasks/").content.decode()


def test_it_is_stopped_from_its_page_once(task, recruiter, client_as):
    client = client_as(recruiter)
    assert "Stopped." in client.post(f"/tasks/{task.pk}/cancel/", follow=True).content.decode()
    task.refresh_from_db()
    assert task.state == LongTask.State.CANCELLED
    again = client.post(f"/tasks/{task.pk}/cancel/", follow=True).content.decode()
    assert "cannot become cancelled" in again


def test_what_runs_is_shown_in_the_top_bar_and_in_my_tasks(task, recruiter, client_as):
    client = client_as(recruiter)
    assert "1 task runs" in client.get("/").content.decode()
    assert "Tagging people" in client.get("/tasks/").content.decode()
    long_tasks.run(task.pk)
    assert "1 task runs" not in client.get("/").content.decode()


def test_a_file_that_is_not_there_any_more_is_told(task, recruiter, client_as):
    answer = client_as(recruiter).get(f"/tasks/{task.pk}/file/")
    assert answer.status_code == 410
    assert "kept for a day" in answer.content.decode()


def test_it_takes_few_queries(task, recruiter, client_as, assert_queries):
    client = client_as(recruiter)
    client.get("/tasks/")
    with assert_queries("admin_long_task"):
        client.get(f"/tasks/{task.pk}/")
    with assert_queries("admin_long_task_state"):
        client.get(f"/tasks/{task.pk}/state/")
