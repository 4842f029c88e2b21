"""Uploads and tasks that stand where they cannot: each is named and set going again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from candidates.models import UploadTicket
from hrassist.models import User
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
