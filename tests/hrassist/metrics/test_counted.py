"""What is counted as it happens: requests, statements and tasks, without a label that somebody invents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from hrassist.lib import storage
from hrassist.metrics import requests, statements, tasks
from tests.factories import ResumeFactory
from tests.hrassist.metrics.figures import value
from tests.uploading import md5_of, resume


def test_a_request_is_counted_by_its_view_with_its_statements(client_as, recruiter):
    view = "admin:index"
    labels = {"view": view, "method": "GET", "stream": "no"}
    before = value("hrassist_http_request_seconds_count", **labels)
    asked = value("hrassist_http_request_statements_sum", view=view)
    assert client_as(recruiter).get("/").status_code == 200
    assert value("hrassist_http_request_seconds_count", **labels) == before + 1
    assert value("hrassist_http_request_statements_sum", view=view) >= asked + 3
    assert value("hrassist_http_request_database_seconds_sum", view=view) > 0


def test_two_seconds_are_an_edge_because_an_alert_asks_about_them():
    assert 2 in requests.EDGES


def test_what_machines_ask_is_not_counted(client, db):
    before = value("hrassist_http_requests_total")
    client.get("/livez")
    client.get("/readyz")
    assert value("hrassist_http_requests_total") == before
    assert {*requests.OF_MACHINES, *requests.UPLOADS} <= _views(), "the names of these views changed"


def _views() -> set[str]:
    def walk(patterns: list[Any], names: tuple[str, ...]) -> Any:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, (*names, one.namespace) if one.namespace else names)
            elif isinstance(one, URLPattern):
                yield ":".join((*names, one.name or one.lookup_str))

    # Wrapped by the admin, which hides its name from the list of addresses.
    return {*walk(get_resolver().url_patterns, ()), "admin:django.contrib.admin.sites.catch_all_view"}


def test_nobody_can_invent_labels(client, db):
    before = {sample.labels["view"] for metric in requests.ANSWERS.collect() for sample in metric.samples}
    for path in ("/wp-login.php", "/api/v1/candidates/ada@example.com", "/careers/<script>", "/static/x.js"):
        client.get(path, {"q": "ada"})
        client.generic("BREW", path)
    told = {
        (sample.labels["view"], sample.labels["method"])
        for metric in requests.ANSWERS.collect()
        for sample in metric.samples
    }
    assert {view for view, _ in told} - before <= _views() | {requests.NO_VIEW, requests.STATIC}
    assert {method for _, method in told} <= requests.METHODS | {"other"}


def test_a_failure_is_counted(client, db, monkeypatch):
    before = value("hrassist_http_requests_failed_total")
    broken = Client(raise_request_exception=False)
    monkeypatch.setattr("jobs.views.careers.JobPost", None)
    assert broken.get("/careers/").status_code == 500
    assert value("hrassist_http_requests_failed_total") == before + 1


def test_a_file_is_labelled_as_a_stream(client_as, recruiter):
    resume = ResumeFactory(content=b"%PDF-1.7 x")
    labels = {"view": "files:original", "method": "GET", "stream": "yes"}
    before = value("hrassist_http_request_seconds_count", **labels)
    assert client_as(recruiter).get(f"/files/resumes/{resume.pk}").status_code == 200
    assert value("hrassist_http_request_seconds_count", **labels) == before + 1


def test_an_upload_is_labelled_as_one_whether_it_is_taken_or_not(client, db):
    """It takes as long as the line of whoever sends it, which no alert about our latency may ask about."""
    data = resume()
    signed = storage.incoming().ticket(
        "incoming/20261127/9b2d", size=len(data), content_type="text/plain", md5_b64=md5_of(data),
        expires_in=timedelta(minutes=15),
    )  # fmt: skip
    counted = [
        lambda label=label: value(
            "hrassist_http_request_seconds_count", view="storage-incoming", method="PUT", stream=label
        )
        for label in ("yes", "no")
    ]
    before = [one() for one in counted]
    for status in (201, 412):
        answer = client.put(signed.url, data, content_type="text/plain", headers={"Content-MD5": md5_of(data)})
        assert answer.status_code == status
    assert [one() for one in counted] == [before[0] + 2, before[1]]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT pg_sleep(5)", "timeout"),
        ("SELECT 1/0", "other"),
        (
            "INSERT INTO django_content_type (app_label, model) SELECT app_label, model FROM django_content_type",
            "constraint",
        ),
    ],
)
def test_an_error_of_the_database_is_counted_by_its_kind(db, statement, kind):
    from django.db import Error, transaction

    before = value("hrassist_database_errors_total", kind=kind)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(Error), transaction.atomic():
            cursor.execute(statement)
        # The test's end looks at all foreign keys in the same transaction, and may take longer than that.
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    assert value("hrassist_database_errors_total", kind=kind) == before + 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("connection failed: FATAL:  sorry, too many clients already", "full"),
        ('connection failed: FATAL:  too many connections for role "hrassist_app"', "full"),
        ("connection failed: FATAL: remaining connection slots are reserved", "full"),
        ("FATAL: no more connections allowed (max_client_conn)", "full"),
        ("connection failed: connection refused", "away"),
        ("division by zero", ""),
    ],
)
def test_why_there_was_no_connection(said, why):
    assert statements.why_refused(OperationalError(said)) == why
    assert statements.why_refused(ValueError(said)) == ""


def test_a_request_without_a_connection_is_counted(db, monkeypatch):
    def full(_request: Any) -> None:
        raise OperationalError("FATAL:  sorry, too many clients already")

    before = value("hrassist_database_refused_total", why="full")
    monkeypatch.setattr("hrassist.urls.urlpatterns", [])
    from django.core.handlers.exception import convert_exception_to_response

    answer = convert_exception_to_response(full)(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert value("hrassist_database_refused_total", why="full") == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_task_is_measured_by_its_outcome():
    from procrastinate.contrib.django import app

    name = "hrassist.tasks.sweep_throttle"
    before = value("hrassist_task_seconds_count", task=name, outcome="succeeded")
    app.tasks[name].defer(timestamp=0)
    call_command("procrastinate", "worker", "--one-shot", "--queues", "upkeep")
    # The worker itself asks for what is due this minute: now and then that is the same task once more.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'succeeded'", [name])
        done = cursor.fetchone()[0]
    assert done >= 1
    assert value("hrassist_task_seconds_count", task=name, outcome="succeeded") == before + done
    assert value("hrassist_tasks_running") == 0


def test_a_task_that_nobody_knows_is_no_label():
    import asyncio
    from types import SimpleNamespace

    async def fail() -> None:
        raise ValueError("x")

    context: Any = SimpleNamespace(job=SimpleNamespace(task_name="gone.with.ada"), app=SimpleNamespace(tasks={}))
    before = value("hrassist_task_seconds_count", task=tasks.UNKNOWN, outcome="failed")
    with pytest.raises(ValueError, match="x"):
        asyncio.run(tasks.measure(fail, context, None))
    assert value("hrassist_task_seconds_count", task=tasks.UNKNOWN, outcome="failed") == before + 1
