"""The operators' two pages: who may open them, and what they tell."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from hrassist import health
from hrassist.metrics import pages
from tests.factories import ResumeFactory

pytestmark = pytest.mark.django_db
PAGES = ("/operation/", "/costs/")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_operators_and_auditors_open_them_and_find_them_in_the_side_bar(role, path, request, client_as):
    page = client_as(request.getfixturevalue(role)).get(path)
    assert page.status_code == 200
    for one in PAGES:
        assert f'href="{one}"'.encode() in page.content


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["recruiter", "coordinator", "hiring_manager", "interviewer", "outsider"])
def test_nobody_else_does(role, path, request, client_as):
    client = client_as(request.getfixturevalue(role))
    assert client.get(path).status_code == 403
    assert f'href="{path}"'.encode() not in client.get("/").content


@pytest.mark.parametrize("path", PAGES)
def test_they_only_read(path, operator, client_as):
    assert client_as(operator).post(path).status_code == 405


def test_each_part_that_is_asked_has_a_name_that_people_read():
    assert set(pages.NAMES) == {*health.PARTS, *health.WARNINGS}


def test_operation_tells_what_waits_and_that_no_worker_runs(operator, client_as):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
            " VALUES ('ingest', 'x', 'todo', now() - interval '20 minutes')"
        )
    page = client_as(operator).get("/operation/").content.decode()
    assert "No worker runs" in page
    assert '<th scope="row">ingest</th>' in page
    assert "The oldest task has waited 20 minutes." in page
    assert "to mend" in page


def test_operation_with_nothing_to_do_says_so(operator, client_as):
    page = client_as(operator).get("/operation/").content.decode()
    assert "Nothing waits" in page


def test_a_part_that_is_away_is_told_without_what_its_error_quotes(operator, client_as, monkeypatch):
    def away() -> str:
        raise ConnectionError("password=hunter2")

    monkeypatch.setitem(health.PARTS, "storage", away)
    page = client_as(operator).get("/operation/").content.decode()
    assert "Not ready" in page
    assert "does not answer (ConnectionError)" in page
    assert "hunter2" not in page


def test_costs_show_the_worst_month_and_the_parts_of_a_plan(operator, client_as):
    page = client_as(operator).get("/costs/?plan=DigitalOcean").content.decode()
    for said in (
        "8.25 GB",
        "69.03",
        "DigitalOcean PostgreSQL",
        "Backups: Backblaze B2",
        "2,033",
        "1,278",
        "chart-bars",
        "Gemini 2.5 Flash",
    ):
        assert said in page


def test_costs_of_the_past_month_are_counted(operator, client_as):
    ResumeFactory(size=1_000_000)
    page = client_as(operator).get("/costs/?usage=real&plan=nowhere").content.decode()
    assert "past 30 days of this installation" in page
    assert "Tokens of language models" in page
    assert "As the specification states it" not in page


@pytest.mark.parametrize(("path", "name"), [("/operation/", "admin_operation"), ("/costs/", "admin_costs")])
def test_they_take_few_statements(path, name, operator, client_as, assert_queries):
    client = client_as(operator)
    client.get(path)
    with assert_queries(name):
        client.get(path)


def test_the_card_on_the_dashboard_sees_a_late_task_that_has_no_date(operator, client_as):
    assert "is a worker running?" not in client_as(operator).get("/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('ingest', 'x') RETURNING id")
        job = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '25 minutes' WHERE job_id = %s", [job])
    cache.clear()
    page = client_as(operator).get("/").content.decode()
    assert "is a worker running?" in page
    assert "25 minutes" in page


def test_the_page_says_before_its_table_that_prices_are_old(operator, client_as, settings, tmp_path):
    text = re.sub(r"(?m)^dated = \S+", f"dated = {timezone.now().date()}", settings.PRICES_CONFIG.read_text())
    settings.PRICES_CONFIG = tmp_path / "prices.toml"
    settings.PRICES_CONFIG.write_text(text)
    assert 'id="old-prices"' not in client_as(operator).get("/costs/").content.decode()
    settings.PRICES_CONFIG.write_text(text.replace(f"{timezone.now().date()}", "2020-01-01", 2))
    page = client_as(operator).get("/costs/").content.decode()
    assert page.index('id="old-prices"') < page.index("By provider")
    assert "older than 180 days" in page
    assert "AWS S3 (2020-01-01)" in page
