"""Accesses without a row, guards that are off, seals that are late or do not hold."""

from __future__ import annotations

import json

import psycopg
import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from audit import actions as audit
from audit.models import Event
from hrassist.models import User
from tests import factories
from tests.audit.sealing import conninfo
from tests.hrassist.ops.fsck.asking import asked, said

pytestmark = pytest.mark.django_db


def _log(request_id: str, path: str) -> list[str]:
    return [json.dumps({"request_id": request_id, "method": "GET", "path": path, "status": 200, "bytes": 9})]


def test_i5_bytes_that_left_without_a_row_are_named(recruiter: User) -> None:
    resume = factories.ResumeFactory(content=b"here")
    Event.objects.create(
        action="resume.downloaded", code="RES-DL-I", actor_type="user", request_id="seen", target_id=str(resume.pk),
        target_type="candidates.resume", method="GET",
    )  # fmt: skip
    path = f"/files/resumes/{resume.pk}"
    assert asked("I5", access_log=_log("seen", path)).holds
    found = said(asked("I5", access_log=[*_log("seen", path), *_log("unseen", path), *_log("other", "/livez"), "…"]))
    assert found == f"The answer to {path} (request unseen) is not on record."


def test_i5_a_guard_of_the_trail_that_is_switched_off_is_switched_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal")
        name = cursor.fetchone()[0]
        cursor.execute(f'ALTER TABLE audit_event DISABLE TRIGGER "{name}"')
    assert f"The trigger {name} of the audit trail is switched off" in said(asked("I5"))
    assert asked("I5", repair=True).holds


def test_i5_bytes_that_are_on_record_twice_are_named(recruiter: User) -> None:
    resume = factories.ResumeFactory(content=b"here")
    path = f"/files/resumes/{resume.pk}"
    for target in (str(resume.pk), "another"):
        Event.objects.create(
            action="resume.downloaded", code="RES-DL-I", actor_type="user", request_id="seen", target_id=target,
            target_type="candidates.resume", method="GET",
        )  # fmt: skip
    found = said(asked("I5", access_log=_log("seen", path)))
    assert found == f"The answer to {path} (request seen) is on record 2 times."


@pytest.mark.parametrize("harm", ["DROP INDEX event_one_per_access", "UPDATE pg_index SET indisvalid = false WHERE"])
def test_i5_what_keeps_an_access_from_being_on_record_twice_is_missed(harm: str) -> None:
    assert asked("I5").holds
    if harm.startswith("UPDATE"):
        harm += " indexrelid = 'event_one_per_access'::regclass"
    with connection.cursor() as cursor:
        cursor.execute(harm)
    assert "event_one_per_access is gone or not valid" in said(asked("I5"))


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
def test_i6_a_late_seal_is_made_and_an_edited_row_stays_broken(settings: Settings) -> None:
    audit.record("job.updated", number=1)
    with psycopg.connect(**conninfo(), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE audit_event SET ts = now() - interval '1 hour'")
        assert "wait for a seal" in said(asked("I6"))
        asked("I6", repair=True)
        owner.execute(
            "UPDATE audit_event SET actor_display = 'somebody else' WHERE id = (SELECT min(id) FROM audit_event)"
        )
    assert "The audit trail is not whole: edited row" in said(asked("I6", repair=True))
