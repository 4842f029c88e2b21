"""Liveness says that the process answers, readiness names the part that does not."""

from __future__ import annotations

import pytest
from django.db import connection

from hrassist import health


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
        "database": "ok", "queue": "ok", "storage": "ok", "disk": "ok", "audit_seals": "ok",
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


@pytest.mark.django_db
def test_a_queue_that_stands_still_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('ingest', 'x', '{}', 'todo', now() - interval '20 minutes')"
        )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "20 minutes" in answer.json()["queue"]


def test_a_part_that_fails_is_named_without_its_secrets(client, db, monkeypatch):
    def fail() -> str:
        raise ConnectionError("password=hunter2")

    monkeypatch.setitem(health.PARTS, "storage", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["storage"] == "does not answer (ConnectionError)"
