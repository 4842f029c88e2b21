"""The operators' pages: what waits on this machine, and what a month costs."""

import pytest
from django.db import connection
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def narrow(page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_an_operator_sees_what_waits_and_for_how_long(operator, sign_in, violations):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
            " VALUES ('ingest', 'x', 'todo', now() - interval '20 minutes')"
        )
    page = sign_in(operator)
    page.get_by_role("link", name="Operation").click()
    expect(page.get_by_role("heading", name="Operation", level=1)).to_be_visible()
    row = page.get_by_role("row", name="ingest")
    expect(row.locator(".badge.bad")).to_contain_text("s")
    expect(page.get_by_text("No worker runs")).to_be_visible()
    expect(page.get_by_text("The oldest task has waited 20 minutes.")).to_be_visible()


def test_costs_are_read_by_provider_and_by_month_on_a_phone_in_the_dark(operator, sign_in, violations):
    page = sign_in(operator, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto("/costs/")
    page.get_by_role("link", name="DigitalOcean", exact=True).click()
    expect(page.get_by_role("heading", name="DigitalOcean, first month")).to_be_visible()
    expect(page.get_by_text("Database: DigitalOcean PostgreSQL")).to_be_visible()
    assert narrow(page)
    page.get_by_role("link", name="Past 30 days").click()
    expect(page.get_by_text("What the past 30 days of this installation would cost")).to_be_visible()
    assert narrow(page)
    page.goto("/operation/")
    assert narrow(page)
