"""What browsers tell of the content policy is counted, and nothing else is kept of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hrassist.admin import security_sections
from hrassist.admin.security import Level
from hrassist.lib import tally
from hrassist.models import Tally

pytestmark = pytest.mark.django_db
SECRET = "a-secret-that-only-the-applicant-has"


def old(**about: str) -> dict[str, object]:
    return {
        "csp-report": {
            "violated-directive": "script-src",
            "blocked-uri": "inline",
            "document-uri": "https://hr.example.com/",
        }
        | about
    }


def new(**about: str) -> dict[str, object]:
    return {
        "type": "csp-violation",
        "age": 1,
        "url": "https://hr.example.com/",
        "body": {
            "effectiveDirective": "img-src",
            "blockedURL": "https://evil.example/p.png",
            "documentURL": "https://hr.example.com/",
        }
        | about,
    }


def send(report: object, **headers: str) -> int:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    return Client().post("/policy-reports", body, content_type="application/csp-report", headers=headers).status_code


def counted() -> dict[str, int]:
    return dict(Tally.objects.filter(kind="policy").values_list("what", "count"))


def test_both_forms_of_a_report_are_counted():
    assert send(old()) == 204
    assert send([new(), new(), {"type": "deprecation", "body": {}}]) == 204
    assert counted() == {"script-src, inline, on the first page": 1, "img-src, another site, on the first page": 2}


def test_what_stood_in_an_address_is_not_kept():
    page = f"https://hr.example.com/apply/status/{SECRET}/?q=Mara+Lindt#x"
    send(old(**{"document-uri": page, "blocked-uri": f"https://evil.example/{SECRET}", "script-sample": "Mara Lindt"}))
    (what,) = counted()
    assert what == "script-src, another site, on apply/status/<str:token>/"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"[",
        b"null",
        b"1",
        b'"x"',
        b"{}",
        b"[[]]",
        b'{"csp-report": 1}',
        b'{"csp-report": {"violated-directive": "' + b"x" * 300 + b'"}}',
        b"[" * 20_000,
        b"\xff\xfe",
    ],
)
def test_nonsense_counts_nothing_and_breaks_nothing(nonsense):
    assert send(nonsense) == 204
    assert counted() == {}


def test_no_report_makes_more_than_twenty_counts_or_is_read_when_it_is_large():
    send([new() for _ in range(500)])
    assert sum(counted().values()) <= 20
    Tally.objects.all().delete()
    send(old(**{"script-sample": "x" * 40_000}))
    assert counted() == {}


@pytest.mark.parametrize("host", ["https://x@[", "nonsense", "https://hr.example.com/nowhere/at/all"])
def test_pages_that_are_not_ours_are_one_page(host):
    send(old(**{"document-uri": host}))
    assert sum(counted().values()) == 1
    assert len(counted()) == 1


def test_a_flood_is_slowed_down(settings):
    settings.LIMITS = {"policy": (3, 60)}
    assert [send(old()) for _ in range(5)] == [204, 204, 204, 429, 429]
    assert counted() == {"script-src, inline, on the first page": 3}


def test_reading_is_not_what_it_is_for(client):
    assert client.get("/policy-reports").status_code == 405


def test_the_security_page_tells_of_a_week_and_calls_many_serious():
    assert security_sections.policy()[0].level == Level.GOOD
    send(old())
    first, second = security_sections.policy()
    assert (first.level, second.what) == (Level.NOTICE, "script-src, inline, on the first page: once")
    Tally.objects.update(count=100)
    assert security_sections.policy()[0].level == Level.SERIOUS
    Tally.objects.update(hour=timezone.now() - timedelta(days=8))
    assert security_sections.policy()[0].level == Level.GOOD


def test_counters_that_no_page_shows_are_forgotten():
    send(old())
    assert tally.forget(before=timezone.now() - tally.KEPT) == 0
    Tally.objects.update(hour=timezone.now() - timedelta(days=40))
    assert tally.forget(before=timezone.now() - tally.KEPT) == 1
