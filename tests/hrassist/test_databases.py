"""A page may not ask the database for ever, and nobody holds rows after their death; background work may take long."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections

from hrassist.databases import limit_statements
from tests.browser.conftest import environment_of_the_test
from tests.factories import CandidateFactory
from tests.repo.sources import ROOT

# What the server and the socket say themselves of a connection that a process of the application made.
LOOK = """
import json, socket
from django.db import connection
names = ("idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_keepalives_count", "tcp_user_timeout")
said = {}
with connection.cursor() as cursor:
    for name in names:
        cursor.execute("SELECT current_setting(%s)", [name])
        said[name] = cursor.fetchone()[0]
with socket.socket(fileno=connection.connection.fileno()) as ours:
    said["ours"] = [
        ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
    ]
    ours.detach()
print(json.dumps(said))
"""


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


def looked_at(**environment):
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", LOOK],
        cwd=ROOT, env=environment_of_the_test(Path("/nowhere")) | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.django_db
def test_a_process_without_power_is_given_up_by_the_server_and_a_server_without_power_by_the_process():
    assert looked_at() == {
        "idle_in_transaction_session_timeout": "1min",
        "tcp_keepalives_idle": "20",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "30000",
        "ours": [1, 20, 30000],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("environment", [{"HRASSIST_DB_POOLED": "on"}, {"HRASSIST_DB_IDLE_TRANSACTION_TIMEOUT": "0"}])
def test_a_pooler_gets_no_startup_parameter_and_nobody_need_have_the_limit(environment):
    assert looked_at(**environment)["idle_in_transaction_session_timeout"] == "0"
