"""What is read when it is asked for, and what becomes of the rest when a part of it is away."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from candidates.actions.vectors import embed_again
from candidates.models import ResumeVector
from hrassist.lib.embeddings import FakeEmbedder
from hrassist.metrics import exporter, machine, people, state
from hrassist.models import Session
from jobs.models import Application
from tests.factories import ApplicationFactory, CandidateFactory, ResumeFactory, UserFactory
from tests.hiring import ModelEndpointFactory, TailoringRunFactory
from tests.hrassist.metrics.figures import samples


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


def test_vectors_are_told_by_when_they_were_made_and_not_by_when_the_resume_came(db):
    """The whole of an installation embedded again by another model is what the figure is looked at for."""
    with time_machine.travel(timezone.now() - timedelta(days=400)):
        old, missing, kept = (ResumeFactory(text=text) for text in ("Python engineer", "Pastry chef", "Nurse"))
        for one in (old, kept):
            ResumeVector.objects.create(resume=one, embedding=[1.0] + [0.0] * 383, model_hash="of a former model")
    # One of before its moment was kept.
    ResumeVector.objects.filter(resume=kept).update(made_at=None, model_hash=FakeEmbedder().model_hash)
    found = samples(people.files)
    assert (found["hrassist_vectors_hour"], found["hrassist_vectors_missing"]) == (0, 1)
    assert embed_again(embedder=FakeEmbedder()) == 2
    found = samples(people.files)
    assert (found["hrassist_vectors_hour"], found["hrassist_vectors_missing"]) == (2, 0)
    assert found["hrassist_resumes_read_hour:ready"] == 0
    ResumeVector.objects.filter(resume=missing).update(made_at=timezone.now() - timedelta(minutes=61))
    assert samples(people.files)["hrassist_vectors_hour"] == 1


def test_counting_what_was_made_lately_reads_the_index_and_no_vector(db):
    ResumeFactory(vector=[1.0] + [0.0] * 383)
    asked = ResumeVector.objects.filter(made_at__gt=timezone.now() - timedelta(hours=1))
    with connection.cursor() as cursor:
        # A table of one row is read whole otherwise.
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "resumevector_made" in asked.order_by().explain()


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


def test_a_redis_that_is_away_is_down_and_where_none_is_wanted_none_is_told(db, settings):
    assert "hrassist_service_up:redis" not in samples(machine.services)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert samples(machine.services)["hrassist_service_up:redis"] == 0


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
        "why", "how", "task", "le", "model", "check", "database",
    }  # fmt: skip


def test_all_figures_take_few_statements(db, one_thread, assert_queries):
    with assert_queries("metrics_scrape"):
        generate_latest(exporter.registry())
