"""Accesses without a row, guards that are off, seals that are late or do not hold."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit import actions as audit
from audit.models import Event
from candidates.models import Resume
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
    assert asked("I5", access_logs=[_log("seen", path)]).holds
    found = said(asked("I5", access_logs=[[*_log("seen", path), *_log("unseen", path), *_log("other", "/livez"), "…"]]))
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
    found = said(asked("I5", access_logs=[_log("seen", path)]))
    assert found == f"The answer to {path} (request seen) is on record 2 times."


NOW = timezone.now()


def _at(minutes: int, request_id: str, path: str = "/livez", **said: object) -> str:
    """A line of the web server, so many minutes ago."""
    ts = (NOW - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    line = {"ts": ts, "request_id": request_id, "method": "GET", "path": path, "status": 200, "bytes": 9}
    return json.dumps(line | said)


def _row(minutes: int, request_id: str, target: Resume, **columns: object) -> Event:
    columns = {"action": "resume.downloaded", "actor_display": "rosa", "actor_id": "7", "method": "GET"} | columns
    return Event.objects.create(
        code="RES-DL-I", actor_type="user", request_id=request_id, target_id=str(target.pk),
        target_type="candidates.resume", ts=NOW - timedelta(minutes=minutes), **columns,
    )  # fmt: skip


@pytest.fixture
def hour() -> tuple[str, str]:
    """The first and the last line of a log of an hour."""
    return _at(90, "first"), _at(0, "last")


def test_i5_an_access_on_record_that_no_web_server_answered_is_named(hour: tuple[str, str]) -> None:
    resume = factories.ResumeFactory(content=b"here")
    path = f"/files/resumes/{resume.pk}"
    _row(60, "answered", resume)
    _row(60, "past-the-web-server", resume, actor_id="8")
    _row(60, "a-page", resume, action="resume.page_viewed", actor_id="9")
    answered = _at(59, "answered", path)
    found = said(asked("I5", access_logs=[[*hour, answered, _at(60, "a-page", f"{path}/pages/1")]]))
    assert found.startswith(f"candidates.resume {resume.pk} went to rosa at ")
    assert found.endswith("(request past-the-web-server, resume.downloaded), and no web server answered that.")
    # A line of that request elsewhere is no answer with a file.
    assert "(request a-page, resume.page_viewed)" in said(asked("I5", access_logs=[[*hour, _at(60, "a-page")]]))
    # Without a log nothing is said of answers; nor without the moments of its lines.
    assert asked("I5").holds
    assert asked("I5", access_logs=[_log("answered", path)]).holds


@pytest.mark.parametrize("became", [{"status": 499, "bytes": 0}, {"status": 502}, {"status": 503}, {"status": 206}])
def test_i5_an_answer_that_broke_off_after_its_row_is_an_answer(hour: tuple[str, str], became: dict) -> None:
    resume = factories.ResumeFactory(content=b"here")
    _row(60, "begun", resume)
    assert asked("I5", access_logs=[[*hour, _at(58, "begun", f"/files/resumes/{resume.pk}", **became)]]).holds


def test_i5_what_needs_no_row_or_no_line_is_not_missed(hour: tuple[str, str]) -> None:
    resume = factories.ResumeFactory(content=b"here")
    path = f"/files/resumes/{resume.pk}"
    lines = [_at(60, "a-head", path, method="HEAD"), _at(60, "too-many", path, status=429, bytes=162)]
    # By a command, a refusal, and another kind of look.
    _row(60, "", resume, method="")
    _row(60, "refused", resume, outcome="deny")
    _row(60, "text", resume, action="resume.text_viewed")
    assert asked("I5", access_logs=[[*hour, *lines]]).holds


def test_i5_only_the_time_that_every_log_tells_of_is_held_to_them(hour: tuple[str, str]) -> None:
    resume = factories.ResumeFactory(content=b"here")
    # Before the first line; while the answer may still go on; before the other web server's log begins.
    for minutes in (95, 5):
        _row(minutes, f"{minutes}", resume)
    assert asked("I5", access_logs=[[*hour]]).holds
    _row(60, "sixty", resume)
    other = [_at(50, "other"), _at(0, "end")]
    assert asked("I5", access_logs=[[*hour], other]).holds
    assert "(request sixty, " in said(asked("I5", access_logs=[[*hour]]))
    longer = [_at(80, "other"), _at(60, "sixty", f"/files/resumes/{resume.pk}"), _at(0, "end")]
    assert asked("I5", access_logs=[[*hour], longer]).holds


def test_i5_a_process_that_died_over_it_and_the_one_that_answered_are_two_rows_of_one_answer(
    hour: tuple[str, str],
) -> None:
    resume = factories.ResumeFactory(content=b"here")
    _row(60, "asked", resume)
    _row(59, "asked-anew", resume)
    answered = [*hour, _at(59, "asked", f"/files/resumes/{resume.pk}")]
    assert asked("I5", access_logs=[answered]).holds
    _row(59, "of-another", resume, actor_id="8")
    assert "(request of-another, " in said(asked("I5", access_logs=[answered]))
    _row(40, "much-later", resume)
    assert "(request much-later, " in said(asked("I5", access_logs=[answered]))


def test_i5_the_command_reads_the_logs_of_all_web_servers(tmp_path: Path, hour: tuple[str, str]) -> None:
    resume = factories.ResumeFactory(content=b"here")
    _row(60, "answered", resume)
    for name, more in {"one": [], "two": [_at(60, "answered", f"/files/resumes/{resume.pk}")]}.items():
        (tmp_path / name).write_text("\n".join([*hour, *more]))
    call_command("fsck", "--only", "I5", "--access-log", str(tmp_path / "one"), str(tmp_path / "two"))
    with pytest.raises(CommandError, match=r"Broken: I5\."):
        call_command("fsck", "--only", "I5", "--access-log", str(tmp_path / "one"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("fsck", "--only", "I5", "--access-log", str(tmp_path / "none"))


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
