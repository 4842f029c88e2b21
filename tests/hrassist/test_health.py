"""Liveness says that the process answers, readiness names the part that does not."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from candidates.actions import erasures
from candidates.erasure import ledger
from candidates.models import Erasure
from hrassist import health
from jobs.models import ModelEndpoint
from tests import factories
from tests.hiring import ModelEndpointFactory


@pytest.fixture
def connected_limit():
    """How long a statement of the test's connection may take."""

    def read() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    return read


def test_liveness_asks_nothing(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def unsealed_for(minutes: int) -> None:
    """Let all events, those of the migrations too, be so old; nothing is sealed in a test's database."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_event SET ts = clock_timestamp() - make_interval(mins => %s)", [minutes])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_readiness_names_each_part(client, db):
    unsealed_for(0)
    answer = client.get("/readyz")
    assert answer.json() == {
        "database": "ok", "erasures": "ok", "storage": "ok", "disk": "ok", "erasure_ledger": "ok", "queue": "ok",
        "scanner": "ok", "redis": "ok", "clock": "ok", "audit_seals": "ok", "language_model": "ok",
        # The tests' own connection is the owner's.
        "database_role": "warning: The application's database role could rewrite the audit trail.",
    }  # fmt: skip
    assert answer.status_code == 200


def test_seals_that_are_late_are_a_warning_and_no_reason_to_take_the_site_down(client, db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_insert('job.opened', '', '', '', '{}')")
    unsealed_for(7)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["audit_seals"]) == (200, "warning: Not sealed for 7 minutes.")


def defer(*, minutes: int, scheduled: bool = False) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('ingest', 'x', '{}', 'todo', CASE WHEN %s THEN now() - make_interval(mins => %s) END)"
            " RETURNING id",
            [scheduled, minutes],
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE job_id = %s",
            [minutes, cursor.fetchone()[0]],
        )


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_queue_that_stands_still_is_a_warning_and_takes_no_page_away(client, db, scheduled):
    unsealed_for(0)
    defer(minutes=20, scheduled=scheduled)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["queue"] == "warning: The oldest task has waited 20 minutes. Is a worker running?"


def test_a_task_for_later_is_not_late(client, db):
    unsealed_for(0)
    defer(minutes=-20, scheduled=True)
    assert client.get("/readyz").json()["queue"] == "ok"


def test_a_scanner_that_does_not_answer_is_a_warning(client, db, settings, tmp_path):
    unsealed_for(0)
    settings.CLAMD_SOCKET = str(tmp_path / "clamd.ctl")
    answer = client.get("/readyz")
    assert answer.json()["scanner"] == "warning: does not answer (ScannerUnavailable)"
    assert answer.status_code == 200


def test_a_redis_that_dies_is_a_warning_and_takes_no_page_away(client, db, settings):
    unsealed_for(0)
    assert client.get("/readyz").json()["redis"] == "ok"
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    answer = client.get("/readyz")
    assert answer.json()["redis"] == "warning: Redis does not answer. Start it, or take REDIS_URL away."
    assert answer.status_code == 200


def test_a_clock_that_is_off_is_a_warning(client, db):
    unsealed_for(0)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(minutes=5), tick=True):
        said = client.get("/readyz").json()["clock"]
    assert said == "warning: This clock and the database's differ by 300 seconds. Start NTP."


def test_a_language_model_that_failed_its_test_is_a_warning_while_it_is_switched_on(client, db, settings):
    settings.READY_SECONDS = 0
    unsealed_for(0)
    row = ModelEndpointFactory(
        enabled=True, tested_at=timezone.now(), test_said="The language model cannot be reached."
    )
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["language_model"].startswith("warning: A language model failed when it was last asked.")
    assert row.name not in answer.content.decode()
    ModelEndpoint.objects.update(enabled=False)
    assert client.get("/readyz").json()["language_model"] == "ok"
    ModelEndpoint.objects.update(enabled=True, test_said="")
    assert client.get("/readyz").json()["language_model"] == "ok"


def test_a_statement_that_takes_too_long_is_ended(client, db, monkeypatch):
    def slow() -> str:
        with health._briefly() as cursor:
            cursor.execute("SELECT pg_sleep(30)")
        return ""

    monkeypatch.setattr(health, "STATEMENT", "100ms")
    monkeypatch.setitem(health.PARTS, "database", slow)
    began = time.monotonic()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer (OperationalError)"
    assert time.monotonic() - began < 5


def test_the_limit_of_a_look_ends_with_it_in_a_transaction_that_goes_on(db, connected_limit):
    before = connected_limit()
    with health._briefly():
        assert connected_limit() == health.STATEMENT
    assert connected_limit() == before
    with pytest.raises(RuntimeError), health._briefly():
        raise RuntimeError
    assert connected_limit() == before


def test_an_answer_is_given_again_for_a_moment(client, db, settings, monkeypatch):
    calls = []
    monkeypatch.setattr(health, "_kept", health._Kept())
    monkeypatch.setitem(health.PARTS, "storage", lambda: calls.append(1) or "")
    settings.READY_SECONDS = 60
    assert [client.get("/readyz").status_code for _ in range(5)] == [200] * 5
    assert len(calls) == 1


def test_a_process_that_ends_wants_no_new_work(client, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "_leaving", [*health._leaving])
    settings.DRAIN_FILE = tmp_path / "drain"
    settings.DRAIN_FILE.touch()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"process": "is about to end and takes no new work"}
    assert answer.headers["Connection"] == "close"
    settings.DRAIN_FILE.unlink()
    health.leave_when(lambda: True)
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200


def test_a_part_that_fails_is_named_without_its_secrets(client, db, monkeypatch):
    def fail() -> str:
        raise ConnectionError("password=hunter2")

    monkeypatch.setitem(health.PARTS, "storage", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["storage"] == "does not answer (ConnectionError)"


@pytest.fixture
def own_ledger(settings, tmp_path, monkeypatch):
    """A ledger of this test, and a process that has not looked into it yet."""
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    monkeypatch.setattr(health, "_restored", health._Restored())
    return ledger.ledger()


def test_nobody_is_served_while_erased_people_are_back_after_a_restore(client, db, own_ledger):
    unsealed_for(0)
    back, stays = factories.CandidateFactory(), factories.CandidateFactory()
    # Came and went after the moment that was restored: nobody to be found.
    own_ledger.append([ledger.reference(back.pk), ledger.reference(uuid4())], at=timezone.now())
    for _ in range(2):
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["erasures"] == (
            "1 erased people are here again after a restore. Run manage.py replay_erasures."
        )
    call_command("replay_erasures")
    assert client.get("/readyz").status_code == 200
    stays.refresh_from_db()
    assert stays.erased_at is None


def test_an_erasure_that_is_under_way_takes_nobody_away(client, db, own_ledger):
    unsealed_for(0)
    person = factories.CandidateFactory()
    made = erasures.request(
        candidate=person, by=None, channel=erasures.Channel.MAIL, reason="", now=timezone.now(), wait=timedelta(0)
    )
    Erasure.objects.filter(pk=made.pk).update(state=Erasure.State.RUNNING, started_at=timezone.now())
    own_ledger.append([ledger.reference(person.pk)], at=timezone.now())
    assert client.get("/readyz").status_code == 200


def test_the_ledger_is_compared_once_for_each_process(client, db, own_ledger):
    unsealed_for(0)
    person = factories.CandidateFactory()
    assert client.get("/readyz").status_code == 200
    own_ledger.append([ledger.reference(person.pk)], at=timezone.now())
    assert client.get("/readyz").status_code == 200


def test_a_ledger_that_cannot_be_read_is_a_warning_until_it_can_and_one_that_was_changed_is_not(client, db, own_ledger):
    unsealed_for(0)
    own_ledger.path.mkdir(parents=True)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["erasure_ledger"].startswith("warning: The ledger of erasures cannot be read")
    own_ledger.path.rmdir()
    own_ledger.path.write_text('{"at": "2026-01-01T00:00:00+00:00", "person": "x", "after": "y"}\n')
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["erasures"] == "The ledger of erasures was changed. docs/privacy.md"


def test_a_shell_is_told_the_same(db, monkeypatch):
    unsealed_for(0)
    out = io.StringIO()
    call_command("health", stdout=out)
    assert "storage         ok" in out.getvalue()
    monkeypatch.setitem(health.PARTS, "disk", lambda: "Only 3 MB of disk are left.")
    with pytest.raises(CommandError, match="Not ready"):
        call_command("health", stdout=out)
    assert "Only 3 MB of disk are left." in out.getvalue()
