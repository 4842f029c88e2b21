"""Uploads and tasks that stand where they cannot: each is named and set going again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit import actions as audit
from candidates.models import Resume, UploadTicket
from hrassist.models import LongTask, User
from hrassist.ops import fsck
from hrassist.ops.fsck import work
from tests import factories
from tests.hrassist.ops.fsck.asking import State, asked, said, settled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"state": State.CONFIRMED, "confirmed_at": None, "settled_at": None}, "no moment of it"),
        ({"state": State.AVAILABLE, "settled_at": None}, "ended and has no moment"),
        ({"state": State.ISSUED}, "open and has a moment of its end"),
        ({"state": State.AVAILABLE, "settled_at": timezone.now() - timedelta(days=1)}, "ended before it was confirmed"),
    ],
)
def test_i4_moments_that_do_not_fit_the_state(recruiter: User, columns: dict, what: str) -> None:
    settled(factories.UploadTicketFactory(created_by=recruiter), **columns)
    assert what in said(asked("I4"))


def test_i4_an_upload_that_waits_although_its_resume_is_there_is_settled(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED, settled_at=None)
    UploadTicket.objects.filter(pk=ticket.pk).update(confirmed_at=timezone.now() - timedelta(minutes=1))
    factories.ResumeFactory(ticket=ticket)
    assert "waits although its resume is available" in said(asked("I4"))
    assert asked("I4", repair=True).holds
    ticket.refresh_from_db()
    assert ticket.state == State.AVAILABLE


def test_i4_an_upload_that_was_refused_has_no_resume_to_be_read(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.REJECTED)
    assert asked("I4").holds
    resume = factories.ResumeFactory(ticket=ticket)
    assert said(asked("I4")) == f"Upload {ticket.pk} was refused and has a resume."
    Resume.objects.filter(pk=resume.pk).update(state=Resume.State.UNREADABLE)
    assert asked("I4").holds


def test_i4_an_upload_that_brought_two_versions(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.AVAILABLE)
    factories.ResumeFactory(ticket=ticket)
    assert asked("I4").holds
    with connection.cursor() as cursor:
        # As in a database that lost the constraint.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conname::text FROM pg_constraint WHERE conrelid = 'candidates_resume'::regclass AND contype = 'u'"
            " AND conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND attname = 'ticket_id')]"
        )
        cursor.execute(f'ALTER TABLE candidates_resume DROP CONSTRAINT "{cursor.fetchone()[0]}"')
    factories.ResumeFactory(ticket=ticket)
    assert f"Upload {ticket.pk} brought 2 versions" in said(asked("I4"))


def _task(status: str = "todo", **args: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('upkeep', 'x.y', %s, %s, now() - interval '1 hour') RETURNING id",
            [json.dumps(args), status],
        )
        return int(cursor.fetchone()[0])


def test_i7_a_task_of_a_dead_worker_waits_again() -> None:
    job = _task("doing")
    assert f"Task {job} (x.y) is held by a worker that is dead" in said(asked("I7"))
    verdict = asked("I7", repair=True)
    assert verdict.mended == [f"task {job} waits again"]
    assert "held by" not in said(verdict)


def test_i7_a_confirmed_upload_without_a_task_gets_one(
    recruiter: User, deferred_tasks: Callable[[str], list[dict]]
) -> None:
    ticket = settled(
        factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED,
        confirmed_at=timezone.now() - timedelta(minutes=5), settled_at=None,
    )  # fmt: skip
    assert f"Upload {ticket.pk} waits and has no task" in said(asked("I7"))
    assert asked("I7", repair=True).holds
    assert deferred_tasks("ingest_upload") == [{"ticket_id": str(ticket.pk)}]


def test_i7_a_lease_beyond_all_leases_is_freed(recruiter: User) -> None:
    now = timezone.now()
    ticket = settled(
        factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED, settled_at=None, confirmed_at=now,
        claimed_until=now + timedelta(days=1),
    )  # fmt: skip
    assert "longer than any lease" in said(asked("I7"))
    assert asked("I7", repair=True).holds
    ticket.refresh_from_db()
    assert ticket.claimed_until is None


@pytest.fixture
def up_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the tests may have been started a minute ago: here it is asked as one that runs for days."""
    monkeypatch.setattr(work, "STARTED", "SELECT now() - interval '3 days' > %s")


def _waits(minutes: int) -> int:
    job = _task()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE job_id = %s", [minutes, job]
        )
    return job


def test_i7_a_task_that_waits_is_named_after_a_quarter_of_an_hour(up_for_long: None) -> None:
    job, _ = _waits(16), _waits(14)
    assert said(asked("I7")) == f"Task {job} (x.y) has waited for over 15 minutes."
    with connection.cursor() as cursor:
        # What is to run tomorrow does not wait.
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE id = %s", [job])
    assert asked("I7").holds


def test_i7_after_a_restore_tasks_have_a_quarter_of_an_hour_anew(up_for_long: None) -> None:
    _waits(16)
    audit.record("backup.restored", moment="")
    assert asked("I7").holds
    later = timezone.now() + timedelta(minutes=16)
    assert "has waited for over 15 minutes" in said(fsck.judge(now=later, only=["I7"]))


def test_i7_after_the_server_was_started_too() -> None:
    _waits(60 * 24 * 365 * 50)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        (started,) = cursor.fetchone()
    for minutes, holds in ((14, True), (16, False)):
        assert fsck.judge(now=started + timedelta(minutes=minutes), only=["I7"]).holds is holds


def test_i7_long_work_whose_worker_went_away_is_ended(recruiter: User) -> None:
    now = timezone.now()
    task = LongTask.objects.create(
        kind="candidates.import", title="Import", created_by=recruiter, created_at=now - timedelta(hours=1)
    )
    LongTask.objects.filter(pk=task.pk).update(
        state=LongTask.State.RUNNING, started_at=now - timedelta(hours=1), heartbeat_at=now - timedelta(seconds=30)
    )
    assert asked("I7").holds
    LongTask.objects.filter(pk=task.pk).update(heartbeat_at=now - timedelta(minutes=3))
    assert said(asked("I7")) == f"Long work {task.pk} (candidates.import) has no worker any more."
    verdict = asked("I7", repair=True)
    assert (verdict.holds, verdict.mended) == (True, ["work without a worker was ended"])
    task.refresh_from_db()
    assert task.state == LongTask.State.FAILED
