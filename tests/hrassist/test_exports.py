import csv
import io
import re

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection

from candidates.models import CandidateEmail
from hrassist import exports, long_tasks, task_files
from hrassist.exports import Column, Selection
from hrassist.lib import storage
from hrassist.models import LongTask
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import CandidateTagFactory


@pytest.fixture
def export(noon):
    """Run an export to its end; gives the task and the rows of the file."""

    def run(user, model="candidates.candidate", *, query="", ids=(), columns=("full_name",), kind="csv"):
        task = exports.begin(
            export=exports.of(model),
            selection=Selection(query=query, ids=tuple(ids)),
            columns=columns,
            kind=kind,
            by=user,
            now=noon,
        )
        long_tasks.run(task.pk)
        task.refresh_from_db()
        assert task.state == LongTask.State.DONE, task.message
        content = b"".join(storage.clean().open(task.file_key))
        if kind == "xlsx":
            return task, [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.values]
        return task, list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    return run


def test_people_leave_with_what_was_chosen_and_nothing_that_runs(export, recruiter):
    one = CandidateFactory(full_name="=HYPERLINK(0)", email="jane@example.org", city="Köln")
    CandidateEmail.objects.create(candidate=one, address="old@example.org", status="outdated")
    CandidateTagFactory(candidate=one, tag__name="vip")
    _, rows = export(recruiter, columns=("full_name", "email", "city", "tags"))
    assert rows == [["Name", "E-mail", "City", "Tags"], ["'=HYPERLINK(0)", "jane@example.org", "Köln", "vip"]]


def test_the_lists_own_search_and_filters_decide(export, recruiter):
    CandidateFactory(full_name="Amara Okafor", source="Fair")
    CandidateFactory(full_name="Amara Weber", source="Board")
    CandidateFactory(full_name="Jonas Weber", source="Fair")
    _, rows = export(recruiter, query="q=amara&source=Fair")
    assert rows[1:] == [["Amara Okafor"]]


def test_only_rows_and_columns_that_the_user_sees_leave(export, hiring_manager, recruiter, noon):
    job, hidden = JobFactory(team={hiring_manager: "hiring_manager"}, title="Mine"), JobFactory(confidential=True)
    ApplicationFactory(job=job, candidate__full_name="Seen")
    ApplicationFactory(job=hidden, candidate__full_name="Hidden")
    with pytest.raises(PermissionDenied):
        export(hiring_manager)
    hiring_manager.user_permissions.add(Permission.objects.get(codename="export_candidate"))
    hiring_manager = type(hiring_manager).objects.get(pk=hiring_manager.pk)
    _, people = export(hiring_manager, columns=("full_name", "pipeline"))
    assert people[1:] == [["Seen", "Mine: Applied"]]
    _, applications = export(hiring_manager, "jobs.application", columns=("candidate_full_name", "job_title"))
    assert applications[1:] == [["Seen", "Mine"]]
    _, jobs = export(hiring_manager, "jobs.job", columns=("title", "free_seats"))
    assert jobs[1:] == [["Mine", "0"]]
    _, by_key = export(hiring_manager, "jobs.job", columns=("title",), ids=[str(hidden.pk), str(job.pk)])
    assert by_key[1:] == [["Mine"]]


def test_it_is_on_record_with_count_and_filters_and_without_what_was_typed(export, recruiter, events):
    CandidateFactory(full_name="Amara Okafor")
    task, _ = export(recruiter, query="q=amara")
    (event,) = events("candidate.exported")
    assert event.actor_id == str(recruiter.pk)
    assert event.target_id == str(task.pk)
    assert event.changes == {"rows": 1, "filters": ["q"], "selected": 0, "columns": ["full_name"], "format": "csv"}


def test_a_workbook_keeps_numbers_and_times(export, recruiter):
    job = JobFactory(title="-1 Engineer")
    ApplicationFactory(job=job)
    _, rows = export(recruiter, "jobs.job", columns=("title", "active", "created_at"), kind="xlsx")
    assert rows[1] == ["'-1 Engineer", 1, job.created_at.replace(tzinfo=None, microsecond=rows[1][2].microsecond)]


def test_a_right_lost_meanwhile_ends_it(recruiter, noon):
    task = exports.begin(
        export=exports.of("jobs.job"), selection=Selection(), columns=["title"], kind="csv", by=recruiter, now=noon
    )
    recruiter.groups.clear()
    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.file_key) == (LongTask.State.FAILED, "")


def test_rows_come_through_a_cursor_of_the_server_in_pieces(export, recruiter, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 10)
    for _ in range(25):
        CandidateFactory()
    pieces, cursors = [], []

    def look(_user, keys):
        pieces.append(len(keys))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs%'")
            cursors.append(cursor.fetchone()[0])
        return {}

    column = Column(key="looked", label="Looked", find=look)
    monkeypatch.setitem(exports._added, "candidates.candidate", [column])
    task, rows = export(recruiter, columns=("full_name", "looked"))
    assert (len(rows), task.done) == (26, 25)
    assert pieces == [10, 10, 5]
    assert cursors[0] == 1


def test_from_the_list_to_the_file(recruiter, client_as):
    for name in ("Amara Okafor", "Jonas Weber"):
        CandidateFactory(full_name=name)
    client = client_as(recruiter)
    page = client.get("/candidates/candidate/?q=amara").content.decode()
    address = re.search(r'href="(/exports/[^"]+)"', page)[1].replace("&amp;", "&")
    assert "Export 1 candidates" in client.get(address).content.decode()
    answer = client.post(address, {"format": "csv", "columns": ["full_name"]})
    task = LongTask.objects.get()
    assert answer["Location"] == f"/tasks/{task.pk}/"
    long_tasks.run(task.pk)
    got = client.get(f"/tasks/{task.pk}/file/")
    assert got["Content-Disposition"].startswith('attachment; filename="candidates-')
    assert b"".join(got.streaming_content).decode("utf-8-sig").split() == ["Name", "Amara", "Okafor"]


def test_the_selected_rows_alone_leave_by_the_lists_action(recruiter, client_as):
    one, _ = CandidateFactory(full_name="Amara Okafor"), CandidateFactory()
    client = client_as(recruiter)
    answer = client.post("/candidates/candidate/", {"action": "export_selected", "_selected_action": [str(one.pk)]})
    page = client.get(answer["Location"]).content.decode()
    assert "Export 1 candidates" in page
    assert "those that you selected" in page


@pytest.mark.parametrize("address", ["/exports/", "/exports/?export_list=hrassist.user", "/exports/?export_list=x"])
def test_what_is_no_export_is_not_there(recruiter, client_as, address):
    assert client_as(recruiter).get(address).status_code == 404


def test_who_may_not_export_finds_neither_link_nor_page(coordinator, client_as):
    client = client_as(coordinator)
    assert "/exports/" not in client.get("/candidates/candidate/").content.decode()
    assert client.get("/exports/?export_list=candidates.candidate").status_code == 403


def test_a_key_that_is_none_is_not_found(recruiter, client_as):
    answer = client_as(recruiter).get("/exports/?export_list=candidates.candidate&export_ids=nothing")
    assert answer.status_code == 404


def test_the_file_of_an_export_is_for_its_owner_alone(export, recruiter, coordinator, noon):
    export(recruiter)
    assert not LongTask.objects.visible_to(coordinator).exists()
    assert task_files.KEPT.total_seconds() == 24 * 3600


def test_the_file_is_closed_to_who_lost_the_right_since(export, recruiter, client_as):
    task, _ = export(recruiter)
    client = client_as(recruiter)
    assert client.get(f"/tasks/{task.pk}/file/").status_code == 200
    recruiter.groups.clear()
    # Another role ends the sessions; signing in again does not help.
    assert client.get(f"/tasks/{task.pk}/file/").status_code == 302
    assert client_as(recruiter).get(f"/tasks/{task.pk}/file/").status_code == 403
