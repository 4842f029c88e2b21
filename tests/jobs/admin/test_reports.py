import csv
import io

import pytest
from django.db import connection

from jobs.admin.report_tables import REPORTS, days, percent
from tests.factories import JobFactory
from tests.jobs.reports.conftest import DAY_ZERO, life, scope

__all__ = ["life", "scope"]

SEPTEMBER = f"since={DAY_ZERO:%Y-%m-%d}&until=2026-09-30"
ADDRESSES = [f"/reports/{report.name}/" for report in REPORTS]


@pytest.fixture
def hired(life, recruiter):
    job = JobFactory(title="=Nurse", department="Care", team={recruiter: "recruiter"})
    life(job, (1, "interview"), (3, "offer"), (8, "hired"), source="Fair")
    life(job, (2, "rejected"), source="Fair")
    return job


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_report_says_what_it_counts_and_shows_it_as_chart_table_and_csv(hired, recruiter, client_as, address):
    client = client_as(recruiter)
    page = client.get(f"{address}?{SEPTEMBER}").content.decode()
    assert "1 Sep 2026 to 30 Sep 2026" in page
    if "drives" in address:
        assert "No drive runs in this period." in page
        return
    assert "<table>" in page
    assert "<svg class=" in page
    answer = client.get(f"{address}?{SEPTEMBER}&csv=1")
    assert answer["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


@pytest.mark.parametrize("address", [*ADDRESSES, "/reports/"])
def test_who_may_not_see_reports_does_not(interviewer, coordinator, client_as, address):
    for user in (interviewer, coordinator):
        assert client_as(user).get(address).status_code == 403


def test_a_hiring_manager_sees_figures_and_filters_of_own_jobs_alone(hired, life, hiring_manager, client_as):
    mine = JobFactory(title="Mine", department="IT", team={hiring_manager: "hiring_manager"})
    life(mine, source="Board")
    page = client_as(hiring_manager).get(f"/reports/sources/?{SEPTEMBER}").content.decode()
    assert "Board" in page
    assert "Fair" not in page
    assert "Nurse" not in page
    assert "Care" not in page
    asked = client_as(hiring_manager).get(f"/reports/sources/?{SEPTEMBER}&job={hired.pk}").content.decode()
    assert "Fair" not in asked
    assert "Select a valid choice" in asked


@pytest.mark.parametrize("query", ["since=2026-09-30&until=2026-09-01", "since=never", "since=2001-01-01", "job=1"])
def test_a_period_that_is_none_is_told_and_the_default_shown(recruiter, client_as, query):
    answer = client_as(recruiter).get(f"/reports/funnel/?{query}")
    assert answer.status_code == 200
    assert "The report shows the last 90 days instead." in answer.content.decode()


def test_taking_a_report_along_is_on_record(hired, recruiter, client_as, events):
    client_as(recruiter).get(f"/reports/funnel/?{SEPTEMBER}&csv=1")
    (event,) = events("report.downloaded")
    assert event.changes == {"report": "funnel", "since": "2026-09-01", "until": "2026-09-30", "rows": 5}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_report_takes_few_queries(hired, recruiter, client_as, assert_queries, report):
    client = client_as(recruiter)
    client.get("/tasks/")
    with assert_queries(f"admin_report_{report.name.replace('-', '_')}"):
        client.get(f"/reports/{report.name}/?{SEPTEMBER}")


def test_figures_are_written_as_people_read_them():
    assert [percent(share) for share in (None, 0, 0.004, 0.05, 0.5, 1)] == [
        "–",
        "0 %",
        "0.4 %",
        "5.0 %",
        "50 %",
        "100 %",
    ]
    assert [days(value) for value in (None, 0.25, 9.96, 12.4)] == ["–", "0.2", "10.0", "12"]


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_a_count_that_the_database_stops_is_told_with_what_to_do(recruiter, client_as):
    def slowly(execute, sql, params, many, context):
        if "entered AS" not in sql:
            return execute(sql, params, many, context)
        execute("SET statement_timeout = 50", None, False, context)
        try:
            return execute("SELECT pg_sleep(20)", None, False, context)
        finally:
            execute("RESET statement_timeout", None, False, context)

    client = client_as(recruiter)
    with connection.execute_wrapper(slowly):
        answer = client.get("/reports/funnel/")
    assert answer.status_code == 503
    assert "Choose a shorter period" in answer.content.decode()
