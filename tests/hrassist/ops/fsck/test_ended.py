"""Work that failed and does not say why, and what happened twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit import actions as audit
from candidates.models import DataExport
from hrassist.models import LongTask
from jobs.models import IntakeSubmission
from tests import factories
from tests.hiring import MessageFactory, ReportDocumentFactory, TailoringRunFactory, TrackingLinkFactory
from tests.hrassist.ops.fsck.asking import asked, said

pytestmark = pytest.mark.django_db


def _long_work() -> LongTask:
    return LongTask.objects.create(kind="candidates.import", title="Import", created_by=factories.UserFactory())


def _submission() -> IntakeSubmission:
    link = TrackingLinkFactory()
    return IntakeSubmission.objects.create(
        link=link, job=link.job, full_name="Ada", email="ada@example.org", consented_at=timezone.now()
    )


def _data_export() -> DataExport:
    return DataExport.objects.create(candidate=factories.CandidateFactory(), channel="mail", due_at=timezone.now())


KINDS = {
    "Long work": (_long_work, "message"),
    "Message": (MessageFactory, "failed_for"),
    "Submission": (_submission, "failed_for"),
    "Copy of what is held": (_data_export, "failed_for"),
    "Tailored resume": (TailoringRunFactory, "failed_for"),
    "Report": (ReportDocumentFactory, "message"),
}


def _ends(row: Any, **columns: Any) -> None:
    if any(field.name == "ended_at" for field in row._meta.concrete_fields):
        columns = {"ended_at": timezone.now()} | columns
    type(row)._base_manager.filter(pk=row.pk).update(**columns)


@pytest.mark.parametrize("noun", KINDS)
def test_i7_what_failed_says_why(noun: str) -> None:
    make, column = KINDS[noun]
    row: Any = make()
    _ends(row, state="failed", **{column: "the_store_was_away"})
    assert asked("I7").holds
    _ends(row, **{column: ""})
    assert said(asked("I7")) == f"{noun} {row.pk} failed and does not say why."
    # Nor does a copy of the database know it.
    assert not asked("I7", as_of=timezone.now()).holds


def test_i7_a_mail_that_perhaps_left_says_why_unless_its_reader_is_erased() -> None:
    message = MessageFactory(state="unclear")
    assert said(asked("I7")) == f"Message {message.pk} failed and does not say why."
    type(message.candidate).objects.filter(pk=message.candidate_id).update(
        erased_at=timezone.now(), headline="", city="", external_id=""
    )
    assert asked("I7").holds


def _task(*, name: str = "x.y", ended: str = "failed", hours: float = 1, **args: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('upkeep', %s, %s, 'todo')"
            " RETURNING id",
            [name, json.dumps(args)],
        )
        pk = int(cursor.fetchone()[0])
        for status in ("doing", ended):
            cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, pk])
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(secs => %s) WHERE job_id = %s",
            [hours * 3600, pk],
        )
    return pk


def test_i7_a_failed_task_that_nothing_says_more_of_is_named() -> None:
    pk = _task(user_id="7", timestamp=1)
    found = f"Task {pk} (x.y) failed, nothing says why, and none like it came after it."
    assert said(asked("I7")) == found
    # Neither of another kind nor about another, nor one that failed as well.
    _task(name="z.y", ended="succeeded", user_id="7")
    _task(ended="succeeded", user_id="8")
    again = _task(user_id="7", timestamp=2)
    assert [one.what for one in asked("I7").broken["I7"]] == [found, found.replace(f"{pk}", f"{again}", 1)]
    # In a copy that nobody works in it says nothing of the copy.
    assert asked("I7", as_of=timezone.now()).holds
    _task(ended="succeeded", user_id="7", timestamp=3)
    assert asked("I7").holds


@pytest.mark.parametrize("args", [{"message_id": "1"}, {"long_task_id": "1"}, {"ticket_id": "1"}, {"run_id": "1"}])
def test_i7_a_failed_task_whose_row_says_how_it_stands_is_left_to_it(args: dict[str, str]) -> None:
    _task(**args)
    assert asked("I7").holds


def test_i7_what_failed_longer_ago_than_the_queue_remembers_is_not_judged() -> None:
    _task(hours=73)
    assert asked("I7").holds
    _task(hours=71)
    assert not asked("I7").holds


def test_i7_a_task_that_ended_well_twice_is_named() -> None:
    pk = _task(ended="succeeded")
    assert asked("I7").holds
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_events (job_id, type) VALUES (%s, 'succeeded')", [pk])
    assert said(asked("I7")) == f"Task {pk} ended well 2 times."


@pytest.mark.parametrize("between", [[], ["message.retried"], ["message.retried", "message.failed"]])
def test_i7_a_mail_leaves_as_often_as_somebody_asked(between: list[str], events: Callable[..., Any]) -> None:
    message = MessageFactory(state="sent")
    audit.record("message.sent", target=message)
    audit.record("message.sent", target=MessageFactory(state="sent"))
    for action in between:
        audit.record(action, target=message)
    assert asked("I7").holds
    audit.record("message.sent", target=message)
    if between:
        assert asked("I7").holds
        audit.record("message.sent", target=message)
    times = len(events("message.sent")) - 1
    assert said(asked("I7")) == f"Message {message.pk} left {times} times, and nobody asked for that."
    assert not asked("I7", as_of=timezone.now() - timedelta(days=1)).holds
