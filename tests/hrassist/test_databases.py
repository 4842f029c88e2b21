"""A page may not ask the database for ever; what works in the background may."""

from contextlib import contextmanager

import pytest
from django.db import connection, connections

from hrassist.databases import limit_statements
from tests.factories import CandidateFactory


@contextmanager
def limited(monkeypatch, settings, *, seconds):
    settings.DB_STATEMENT_TIMEOUT = seconds
    for alias in connections:
        monkeypatch.setitem(connections.settings[alias], "OPTIONS", {"application_name": "kept"})
    limit_statements()
    yield {alias: connections.settings[alias]["OPTIONS"] for alias in connections}


def test_every_connection_of_a_web_process_has_the_limit_beside_what_it_had(monkeypatch, settings):
    with limited(monkeypatch, settings, seconds=5) as options:
        assert options["default"] == {"application_name": "kept", "options": "-c statement_timeout=5s"}
        assert options["audit"] == options["default"]


def test_no_limit_leaves_the_connections_as_they_are(monkeypatch, settings):
    with limited(monkeypatch, settings, seconds=0) as options:
        assert options["default"] == {"application_name": "kept"}


@pytest.mark.django_db
def test_a_list_that_takes_too_long_says_so_instead_of_breaking(client_as, recruiter):
    CandidateFactory()
    client = client_as(recruiter)

    def slow(execute, sql, params, many, context):
        if 'FROM "candidates_candidate"' in sql and "nobody-is-called-so" in str(params).lower():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '20ms'")
            return execute("SELECT pg_sleep(2)", None, many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(slow):
        answer = client.get("/candidates/candidate/?q=nobody-is-called-so")
    assert answer.status_code == 302
    assert answer["location"] == "/candidates/candidate/"
