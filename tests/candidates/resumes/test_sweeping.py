"""What nobody needs is cleared, what somebody needs stays."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from io import StringIO

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.models import Resume, erasing
from candidates.resumes import sweeping
from hrassist.lib import storage
from hrassist.lib.storage.named import named
from hrassist.models import User
from tests.uploading import confirmed, ingested, issue, put, resume


def age(key: str, *, days: float) -> None:
    path = storage.clean().path(key)  # type: ignore[attr-defined]
    moment = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))


def stored(key: str, *, days: float) -> str:
    storage.clean().put(key, b"bytes", content_type="text/plain")
    age(key, days=days)
    return key


def sweep(now: datetime | None = None) -> sweeping.Swept:
    return sweeping.sweep(now=now or timezone.now())


def test_a_stored_object_without_a_row_is_reported_and_later_deleted(db: None) -> None:
    fresh, old, older = (stored(f"clean/{n}", days=n) for n in (0.5, 2, 8))
    swept = sweep()
    assert set(swept.orphans) == {old, older}
    assert swept.deleted == 1
    assert [storage.clean().head(key) is not None for key in (fresh, old, older)] == [True, True, False]


def test_what_a_row_names_is_never_an_orphan(recruiter: User) -> None:
    ingested(resume(), by=recruiter, now=timezone.now())
    key = Resume.objects.get().key
    age(key, days=30)
    assert sweep() == sweeping.Swept(expired=0, incoming=0, orphans=(), deleted=0)
    assert storage.clean().head(key) is not None


def test_an_incoming_object_without_a_waiting_ticket_goes_after_a_day(recruiter: User) -> None:
    now = timezone.now()
    waits = confirmed(resume(), by=recruiter, now=now)
    abandoned, signed = issue(resume(also="x"), by=recruiter, now=now)
    put(signed, resume(also="x"))
    for ticket in (waits, abandoned):
        age(ticket.key, days=2)
    abandoned.expires_at = now + timedelta(days=1)
    abandoned.save()
    assert sweep(now).incoming == 1
    assert storage.incoming().head(abandoned.key) is None
    assert storage.incoming().head(waits.key) is not None


def test_the_command_only_says_what_it_would_do_when_asked_to(recruiter: User) -> None:
    issue(resume(), by=recruiter, now=timezone.now() - timedelta(days=1))
    key, out = stored("clean/1", days=8), StringIO()
    call_command("sweep_uploads", "--dry-run", stdout=out)
    assert "1 abandoned uploads would be expired" in out.getvalue()
    assert key in out.getvalue()
    assert storage.clean().head(key) is not None
    call_command("sweep_uploads", stdout=out)
    assert storage.clean().head(key) is None


# Never in the store of clean files.
ARRIVING = {("candidates_uploadticket", "key")}


def test_every_file_that_an_erasure_deletes_is_known_to_the_sweep_as_somebodys(db):
    """One that erasure knows and the sweep does not would be gone after a week, under a row that still names it."""
    with CaptureQueriesContext(connection) as asked:
        named(["clean/of-nobody"])
    said = " ".join(query["sql"] for query in asked.captured_queries)
    columns = {
        (apps.get_model(one.model)._meta.db_table, column) for one in erasing.registered() for column in one.keys
    } - ARRIVING
    assert len(columns) >= 12
    assert {(table, column) for table, column in columns if f'"{table}"."{column}" IN (' not in said} == set()
