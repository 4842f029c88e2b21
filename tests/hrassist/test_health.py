"""Liveness says that the process answers, readiness names the part that does not."""

from __future__ import annotations

import pytest
from django.db import connection

from hrassist import health


def test_liveness_asks_nothing(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readiness_names_each_part(client, db):
    answer = client.get("/readyz")
    assert answer.json() == {"database": "ok", "queue": "ok", "storage": "ok", "disk": "ok"}
    assert answer.status_code == 200


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
