"""Figures of the site: what they count, what they never say, and what becomes of them when a part is away."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from hrassist.metrics import exporter, machine, people, requests, state, statements, tasks
from hrassist.models import Session
from jobs.models import Application
from tests.factories import ApplicationFactory, CandidateFactory, ResumeFactory, UserFactory
from tests.hiring import ModelEndpointFactory, TailoringRunFactory


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def samples(ask: Any) -> dict[str, float]:
    """Figures of one group by name and label."""
    return {
        f"{sample.name}{':' if sample.labels else ''}{','.join(sample.labels.values())}": sample.value
        for metric in ask()
        for sample in metric.samples
    }


# --- Requests ---------------------------------------------------------------------------------------------------------


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
    assert set(requests.OF_MACHINES) <= _views(), "the names of these views changed"


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


# --- Statements and tasks ---------------------------------------------------------------------------------------------


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


# --- State ------------------------------------------------------------------------------------------------------------


def test_applications_are_told_by_step_and_day(db):
    ApplicationFactory(status="active")
    ApplicationFactory(status="active", applied_at=timezone.now() - timedelta(days=3))
    found = samples(people.hiring) | samples(people.activity)
    assert (
        found["hrassist_candidates_in_stage:applied"] == Application.objects.filter(stage__kind="applied").count() == 2
    )
    assert found["hrassist_candidates"] == 2
    assert found["hrassist_applications:active"] == 2
    assert found["hrassist_applications_day"] == 1


def test_users_are_active_who_used_their_session(db):
    now = timezone.now()
    for minutes in (1, 60, 3 * 24 * 60):
        user = UserFactory()
        for number in range(2):
            Session.objects.create(
                session_key=f"{user.pk}-{number}", session_data="", user=user, expire_date=now + timedelta(days=9),
                last_used_at=now - timedelta(minutes=minutes),
            )  # fmt: skip
    found = samples(people.activity)
    assert [found[f"hrassist_users_active:{window}"] for window in ("15m", "1d", "7d")] == [1, 2, 3]


def test_files_are_told_with_their_bytes(db):
    ResumeFactory(size=1_500_000)
    found = samples(people.files)
    assert found["hrassist_storage_bytes"] == 1_500_000
    assert found["hrassist_resumes:ready"] == 1
    assert found["hrassist_resumes_read_hour:ready"] == 1


def test_the_oldest_ready_task_is_told_also_where_it_has_no_date(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('ingest', 'x'), ('mail', 'y') RETURNING id"
        )
        first = cursor.fetchall()[0][0]
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '90 seconds' WHERE job_id = %s", [first])
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at)"
            " VALUES ('mail', 'later', now() + interval '1 day')"
        )
    found = samples(machine.queue)
    assert 89 <= found["hrassist_queue_oldest_ready_seconds:ingest"] <= 100
    assert found["hrassist_queue_oldest_ready_seconds:mail"] < 5
    assert found["hrassist_queue_tasks:mail,ready"] == 1
    assert found["hrassist_queue_tasks:mail,scheduled"] == 1
    assert found["hrassist_queue_workers"] == 0


def test_a_task_whose_worker_died_is_stalled(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        dead = cursor.fetchone()[0]
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        alive = cursor.fetchone()[0]
        for worker in (dead, alive):
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
                " VALUES ('q', 'x', 'doing', %s)",
                [worker],
            )
    found = samples(machine.queue)
    assert (found["hrassist_queue_stalled_tasks"], found["hrassist_queue_workers"]) == (1, 1)


def test_backups_are_told_where_somebody_wrote_them_down(settings, tmp_path):
    settings.BACKUP_STATUS_FILE = tmp_path / "status.json"
    assert samples(machine.backups) == {}
    settings.BACKUP_STATUS_FILE.write_text(
        json.dumps({"backup": {"finished_at": "2026-11-25T02:00:00Z", "bytes": 12}, "drill": {"finished_at": "soon"}})
    )
    assert samples(machine.backups) == {
        "hrassist_backup_success_timestamp_seconds:backup": 1795572000.0, "hrassist_backup_bytes:backup": 12.0,
    }  # fmt: skip


def test_a_service_that_is_away_is_down_and_takes_no_other_figure_with_it(db, settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "nothing.ctl")
    found = samples(machine.services)
    assert found["hrassist_service_up:scanner"] == 0
    assert found["hrassist_service_up:database"] == found["hrassist_service_up:storage"] == 1


def test_language_models_tell_what_they_take_and_may_each_by_its_name(db):
    small = ModelEndpointFactory(
        name="Small",
        enabled=True,
        month_budget=20,
        month_tokens=5000,
        tested_at=timezone.now(),
        test_said="It is away.",
    )
    off = ModelEndpointFactory(name="Off", enabled=False)
    ModelEndpointFactory(name="Untested", enabled=True, month_budget=0)
    for row, cost in ((small, "16.5"), (off, "3")):
        for ago in (timedelta(0), timedelta(days=40)):
            at = timezone.now() - ago
            step = TailoringRunFactory(provider=row.name, endpoint=row, created_at=at).steps.earliest("position")
            for _ in range(5):
                step.calls.create(endpoint=row, tokens_in=500, tokens_out=100, cost=Decimal(cost) / 5, at=at)
    found = samples(people.models)
    told = {name.removeprefix("hrassist_llm_"): value for name, value in found.items() if value}
    assert told == {
        "runs_day:review": 2,
        "month_cost:Small": 16.5, "month_cost:Off": 3, "month_tokens:Small": 3000, "month_tokens:Off": 3000,
        # One that is switched off has no budget to pass.
        "month_budget:Small": 20, "month_tokens_budget:Small": 5000, "month_tokens_budget:Untested": 2_000_000,
    }  # fmt: skip
    assert (found["hrassist_llm_up:Small"], "hrassist_llm_up:Untested" in found) == (0, False)
    small.test_said = ""
    small.save()
    assert samples(people.models)["hrassist_llm_up:Small"] == 1


@pytest.fixture
def one_thread(monkeypatch):
    """Ask in the test's own thread: its transaction is seen by no other."""

    class Here:
        def submit(self, what: Any) -> Any:
            from concurrent.futures import Future

            done: Future[Any] = Future()
            done.set_result(what())
            return done

    monkeypatch.setattr(state, "ThreadPoolExecutor", lambda **_kwargs: Here())
    monkeypatch.setattr(state, "close_old_connections", lambda: None)
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


def test_a_group_that_breaks_is_told_and_left_out(db, one_thread, monkeypatch, caplog):
    def broken() -> Any:
        raise OperationalError("password=hunter2")
        yield

    monkeypatch.setitem(state._groups, "clock", state.Group("clock", broken))
    registry = CollectorRegistry()
    registry.register(state.StateCollector())
    text = generate_latest(registry).decode()
    assert 'hrassist_state_broken{group="clock"} 1.0' in text
    assert 'hrassist_state_broken{group="queue"} 0.0' in text
    assert "hrassist_clock_skew_seconds" not in text
    assert "hunter2" not in caplog.text + text


def test_figures_are_kept_for_ten_seconds(db, one_thread, monkeypatch):
    calls = []

    def ask() -> Any:
        calls.append(1)
        return [state.gauge("hrassist_x", "x", len(calls))]

    monkeypatch.setattr(state, "_groups", {"x": state.Group("x", ask)})
    collector = state.StateCollector()
    for _ in range(3):
        list(collector.collect())
    assert len(calls) == 1
    monkeypatch.setattr(state.time, "monotonic", lambda: 10**9)
    list(collector.collect())
    assert len(calls) == 2


def test_no_name_of_a_person_is_a_label(db, one_thread, recruiter):
    person = CandidateFactory(full_name="Ada Lovelace")
    ApplicationFactory(candidate=person)
    text = generate_latest(exporter.registry()).decode()
    for secret in ("Ada", "Lovelace", recruiter.username, recruiter.email, str(person.pk)):
        assert secret not in text
    labels = set(re.findall(r'[{,](\w+)="', text))
    assert labels <= {
        "version", "environment", "group", "window", "state", "outcome", "source", "kind", "stage", "status", "queue",
        "service", "implementation", "major", "minor", "patchlevel", "process", "view", "method", "stream", "verb",
        "why", "how", "task", "le", "model",
    }  # fmt: skip


def test_all_figures_take_few_statements(db, one_thread, assert_queries):
    with assert_queries("metrics_scrape"):
        generate_latest(exporter.registry())


# --- The exporter -----------------------------------------------------------------------------------------------------


def asked(path: str = "/metrics", *, method: str = "GET", token: str = "", given: str = "") -> tuple[str, bytes]:
    said: list[str] = []
    answer = exporter.application(CollectorRegistry(), token=token)
    body = answer(
        {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_AUTHORIZATION": given},
        lambda status, _h: said.append(status),
    )
    return said[0], b"".join(body)


def test_a_token_is_asked_for_where_there_is_one():
    assert asked()[0] == "200 OK"
    assert asked(token="s3cret")[0] == "401 Unauthorized"
    assert asked(token="s3cret", given="Bearer other")[0] == "401 Unauthorized"
    assert asked(token="s3cret", given="Bearer s3cret")[0] == "200 OK"
    assert asked("/metrics/x")[0] == "404 Not Found"
    assert asked(method="POST")[0] == "405 Method Not Allowed"


@pytest.mark.parametrize(
    ("host", "internal"),
    [("127.0.0.1", True), ("10.0.0.7", True), ("::1", True), ("0.0.0.0", False), ("8.8.8.8", False), ("hr", False)],  # noqa: S104  nobody binds here
)
def test_which_addresses_are_internal(host, internal):
    assert exporter.is_internal(host) is internal


@pytest.mark.parametrize("bind", ["9108", ":9108", "127.0.0.1:web", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_refused(bind):
    with pytest.raises(CommandError, match="Write HOST:PORT"):
        call_command("metrics", bind=bind)


@pytest.mark.parametrize(("only", "state", "processes"), [("processes", False, True), ("state", True, False)])
def test_a_pod_tells_of_its_processes_alone(db, one_thread, settings, tmp_path, only, state, processes):
    settings.METRICS_DIR = tmp_path
    out = io.StringIO()
    call_command("metrics", once=True, only=only, stdout=out)
    assert ("hrassist_queue_workers" in out.getvalue()) is state
    assert ("hrassist_processes" in out.getvalue()) is processes


def test_the_figures_can_be_printed_once(db, one_thread):
    out = io.StringIO()
    call_command("metrics", once=True, stdout=out)
    assert "hrassist_build_info{" in out.getvalue()
