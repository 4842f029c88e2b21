"""A worker killed in the middle of a tailored resume: another one goes on where it stopped, and files are made once."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hrassist.models import User
from jobs.actions import tailorings
from jobs.models import TailoringRun
from tests.chaos import test_killed_import
from tests.chaos.test_killed_workers import time_passes
from tests.factories import ApplicationFactory
from tests.jobs.tailoring.resumes import resume_of

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
State = TailoringRun.State


def work(store: Path, monkeypatch: pytest.MonkeyPatch, *, dies_at: str = "") -> int:
    monkeypatch.setenv("HRASSIST_TAILORING_OFFLINE_PACE_MS", "0")
    return test_killed_import.work(store, dies_at=dies_at, queue="tailoring")


def test_a_killed_run_is_taken_up_at_its_first_step_without_an_output(own_store, recruiter: User, monkeypatch):
    application = ApplicationFactory()
    resume_of(application.candidate, content=b"as it was sent")
    run = tailorings.start(application=application, by=recruiter, now=timezone.now())
    assert work(own_store, monkeypatch, dies_at="tailoring.implementation") == -signal.SIGKILL
    run.refresh_from_db()
    assert run.state == State.RUNNING
    assert [step.state for step in run.steps.all()] == ["done", "done", "running", "waiting", "waiting"]
    TailoringRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tailorings.take_up(now=timezone.now()) == 1
    assert work(own_store, monkeypatch) == 0
    run.refresh_from_db()
    assert run.state == State.REVIEW
    assert [step.attempt for step in run.steps.all()] == [1, 1, 2, 1, 1]

    tailorings.approve(run=run, by=recruiter, now=timezone.now())
    assert work(own_store, monkeypatch, dies_at="tailoring.stored") == -signal.SIGKILL
    run.refresh_from_db()
    assert (run.state, run.docx_key) == (State.APPROVED, "")
    later = timezone.now() + tailorings.FILES_WITHIN + timedelta(minutes=1)
    assert tailorings.take_up(now=timezone.now()) == 0
    assert tailorings.take_up(now=later) == 1
    assert work(own_store, monkeypatch) == 0
    run.refresh_from_db()
    assert run.state == State.READY
    for kind in ("docx", "pdf", "letter_docx", "letter_pdf"):
        assert tailorings.open_file(run_id=run.pk, kind=kind, by=recruiter).size > 0
    assert tailorings.take_up(now=later) == 0
    # What the dead workers left is put back, and finds nothing to do.
    time_passes()
    assert work(own_store, monkeypatch) == 0
