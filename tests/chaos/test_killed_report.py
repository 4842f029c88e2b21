"""A worker killed while it makes a report: no file is handed out by halves, and another worker makes it whole."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from hrassist.lib import storage
from hrassist.lib.storage.named import named
from hrassist.models import User
from jobs.actions import report_documents
from jobs.models import ReportDocument
from tests.chaos.test_killed_import import work
from tests.chaos.test_killed_workers import time_passes
from tests.factories import ApplicationFactory, JobFactory

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
State = ReportDocument.State


def test_a_killed_report_leaves_nothing_that_is_named_and_is_made_by_the_next(own_store: Path, recruiter: User):
    job = JobFactory()
    ApplicationFactory(job=job)
    document = report_documents.ask(kind="job", by=recruiter, now=timezone.now(), about=job)
    assert work(own_store, dies_at="report.stored") == -signal.SIGKILL
    document.refresh_from_db()
    assert (document.state, document.docx_key, document.pdf_key) == (State.MAKING, "", "")
    left = [f"clean/{one.name}" for one in (own_store / "clean").iterdir() if one.is_file()]
    assert len(left) == 2
    # Stored and named by no row: the sweep of the store takes them.
    assert named(left) == set()
    assert report_documents.take_up(now=timezone.now()) == 0
    ReportDocument.objects.filter(pk=document.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert report_documents.take_up(now=timezone.now()) == 1
    assert work(own_store) == 0
    document.refresh_from_db()
    assert (document.state, document.attempt) == (State.READY, 2)
    assert storage.clean().head(document.pdf_key) is not None
    assert report_documents.open_file(document_id=document.pk, kind="pdf", by=recruiter).size > 0
    # What the dead worker left is put back, and finds nothing to do.
    time_passes()
    assert work(own_store) == 0
    document.refresh_from_db()
    assert (document.state, document.attempt) == (State.READY, 2)
