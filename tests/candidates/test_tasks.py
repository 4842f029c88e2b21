"""The ingest task gives up the claim in every case, and what was left behind is found again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.jobs import Job
from pytest_django.fixtures import Settings

from candidates.models import Resume, UploadTicket
from candidates.resumes import claims, pipeline
from candidates.resumes.claims import MAX_ATTEMPTS, Held, claim
from candidates.tasks import UntilSettled, forgotten_uploads, ingest_upload
from hrassist.models import User
from tests.conftest import NOON
from tests.uploading import confirmed, resume

State = UploadTicket.State


@pytest.fixture
def waiting(recruiter: User) -> UploadTicket:
    return confirmed(resume(), by=recruiter, now=NOON)


@pytest.fixture
def broken_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A step that fails by a fault of ours, until mended."""
    steps = pipeline.STEPS

    def embed(context: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "STEPS", (*steps[:-2], embed, steps[-1]))
    return lambda: monkeypatch.setattr(pipeline, "STEPS", steps)


def lease_ran_out(ticket: UploadTicket) -> None:
    UploadTicket.objects.filter(pk=ticket.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))


def all_tasks_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def test_a_claimed_upload_is_held_until_the_lease_ends(waiting: UploadTicket) -> None:
    first = claim(waiting.pk)
    assert first is not None
    with pytest.raises(Held) as held:
        claim(waiting.pk)
    assert 0 < held.value.seconds <= claims.LEASE.total_seconds() + 1
    lease_ran_out(waiting)
    second = claim(waiting.pk)
    assert second is not None
    assert second.fence == first.fence + 1


def test_doing_it_twice_does_it_once(waiting: UploadTicket) -> None:
    ingest_upload(ticket_id=str(waiting.pk))
    ingest_upload(ticket_id=str(waiting.pk))
    assert Resume.objects.count() == 1


def test_a_task_for_an_upload_that_is_gone_ends_quietly(db: None) -> None:
    ingest_upload(ticket_id="0192b9a0-0000-7000-8000-000000000000")
    assert not Resume.objects.exists()


def test_a_fault_of_ours_is_tried_five_times_and_then_parked_with_its_name(
    waiting: UploadTicket, broken_step: Callable[[], None], events: Any
) -> None:
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(ZeroDivisionError):
            ingest_upload(ticket_id=str(waiting.pk))
    ingest_upload(ticket_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.parked_for) == (State.CONFIRMED, 5, "ZeroDivisionError")
    assert [event.reason_code for event in events("upload.parked")] == ["ZeroDivisionError"]
    ingest_upload(ticket_id=str(waiting.pk))
    assert len(events("upload.parked")) == 1


def test_a_parked_upload_is_read_after_the_fault_is_mended(
    waiting: UploadTicket, broken_step: Callable[[], None], operator: User
) -> None:
    from candidates.actions import uploads

    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(ZeroDivisionError):
            ingest_upload(ticket_id=str(waiting.pk))
    ingest_upload(ticket_id=str(waiting.pk))
    broken_step()
    uploads.retry(ticket_id=waiting.pk, by=operator, now=timezone.now())
    ingest_upload(ticket_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert waiting.state == State.AVAILABLE


def test_an_upload_that_killed_five_workers_is_parked(waiting: UploadTicket) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert claim(waiting.pk) is not None
        lease_ran_out(waiting)
    ingest_upload(ticket_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.parked_for, waiting.claimed_until) == ("worker_died", None)
    assert not Resume.objects.exists()


def test_a_store_that_is_away_costs_no_attempt(waiting: UploadTicket, settings: Settings, tmp_path: Path) -> None:
    from hrassist.lib.storage import StorageUnavailable

    kept = settings.DISK_STORAGE_DIR
    (tmp_path / "a-file").write_text("not a folder")
    settings.DISK_STORAGE_DIR = tmp_path / "a-file"
    with pytest.raises(StorageUnavailable):
        ingest_upload(ticket_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.claimed_until) == (State.CONFIRMED, 0, None)
    settings.DISK_STORAGE_DIR = kept
    ingest_upload(ticket_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert waiting.state == State.AVAILABLE


@pytest.mark.parametrize(("attempts", "least", "most"), [(0, 1, 3), (3, 10, 20), (30, 290, 301)])
def test_pauses_grow_up_to_five_minutes(attempts: int, least: int, most: int) -> None:
    job = Job(
        id=1,
        queue="ingest",
        lock=None,
        queueing_lock=None,
        task_name=ingest_upload.name,
        task_kwargs={},
        attempts=attempts,
    )
    decision = UntilSettled().get_retry_decision(exception=OSError(), job=job)
    assert decision is not None
    assert decision.retry_at is not None
    pause = (decision.retry_at - datetime.now(tz=NOON.tzinfo)).total_seconds()
    assert least <= pause <= most


def test_a_confirmed_upload_without_a_task_is_found(waiting: UploadTicket) -> None:
    now = NOON + timedelta(minutes=5)
    assert forgotten_uploads(now=now) == []
    all_tasks_gone()
    assert forgotten_uploads(now=now) == [str(waiting.pk)]
    assert forgotten_uploads(now=NOON + timedelta(minutes=1)) == []


def test_an_upload_that_somebody_holds_or_parked_is_not_forgotten(waiting: UploadTicket) -> None:
    all_tasks_gone()
    assert claim(waiting.pk) is not None
    assert forgotten_uploads(now=timezone.now()) == []
    lease_ran_out(waiting)
    assert forgotten_uploads(now=timezone.now()) == [str(waiting.pk)]
    UploadTicket.objects.filter(pk=waiting.pk).update(parked_at=NOON, parked_for="worker_died")
    assert forgotten_uploads(now=timezone.now()) == []
