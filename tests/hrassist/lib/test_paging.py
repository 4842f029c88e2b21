from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from candidates.models import Candidate
from hrassist.models import User
from tests.conftest import NOON
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db
PEOPLE = "/api/v1/candidates"


@pytest.fixture
def api(recruiter: User, api_as: Callable[..., APIClient]) -> APIClient:
    return api_as(recruiter)


def walk(api: APIClient, address: str | None, *, to: str = "next") -> list[list[str]]:
    """The names on each page from this address on."""
    pages = []
    while address:
        answer = api.get(address).json()
        pages.append([one["full_name"] for one in answer["results"]])
        address = answer[to]
    return pages


@pytest.fixture
def seven() -> None:
    """A to G, oldest first; C, D and E of the same moment."""
    for minutes, name in zip((0, 1, 2, 2, 2, 5, 6), "ABCDEFG", strict=True):
        CandidateFactory(full_name=name, created_at=NOON + timedelta(minutes=minutes))


def test_pages_follow_each_other_without_gap_or_repeat_even_at_the_same_moment(api: APIClient, seven: None) -> None:
    assert walk(api, f"{PEOPLE}?limit=2&order=created_at") == [["A", "B"], ["C", "D"], ["E", "F"], ["G"]]
    assert walk(api, f"{PEOPLE}?limit=3") == [["G", "F", "E"], ["D", "C", "B"], ["A"]]


def test_previous_leads_back_over_the_same_pages(api: APIClient, seven: None) -> None:
    last = api.get(f"{PEOPLE}?limit=2&order=created_at").json()
    while last["next"]:
        last = api.get(last["next"]).json()
    assert walk(api, last["previous"], to="previous") == [["E", "F"], ["C", "D"], ["A", "B"]]


def test_the_first_page_has_no_previous_and_the_last_no_next(api: APIClient, seven: None) -> None:
    only = api.get(f"{PEOPLE}?limit=7").json()
    assert (only["next"], only["previous"]) == (None, None)
    empty = api.get(f"{PEOPLE}?q=nobody").json()
    assert (empty["next"], empty["previous"], empty["results"]) == (None, None, [])


def test_somebody_new_in_front_moves_nothing_on_later_pages(api: APIClient, seven: None) -> None:
    first = api.get(f"{PEOPLE}?limit=3").json()
    CandidateFactory(full_name="New", created_at=NOON + timedelta(hours=1))
    assert walk(api, first["next"]) == [["D", "C", "B"], ["A"]]


def test_who_changes_while_changes_are_followed_is_met_again(api: APIClient, seven: None) -> None:
    first = api.get(f"{PEOPLE}?limit=3&updated_after=2020-01-01T00:00:00Z").json()
    names = [one["full_name"] for one in first["results"]]
    changed = Candidate.objects.get(full_name=names[0])
    changed.save()
    rest = walk(api, first["next"])
    assert sorted([*names, *(name for page in rest for name in page)]) == sorted([*"ABCDEFG", names[0]])
    assert rest[-1][-1] == names[0]


def test_a_total_is_told_only_when_asked_for_and_only_once(api: APIClient, seven: None) -> None:
    assert "count" not in api.get(PEOPLE).json()
    first = api.get(f"{PEOPLE}?limit=2&count=true").json()
    assert first["count"] == 7
    assert "count" not in api.get(first["next"]).json()


@pytest.mark.parametrize("wrong", ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=²", "count=yes", "order=name"])
def test_a_page_that_cannot_be_is_refused_by_name(wrong: str, api: APIClient) -> None:
    answer = api.get(f"{PEOPLE}?{wrong}")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {wrong.split("=", maxsplit=1)[0]})


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        forged(),
        forged("full_name", 0, "A", "0198c0de-0000-7000-8000-000000000000"),
        forged("-created_at", 0, "yesterday", "0198c0de-0000-7000-8000-000000000000"),
        forged("-created_at", 0, "0001-01-01T00:00:00+23:59", "0198c0de-0000-7000-8000-000000000000"),
        forged("-created_at", 0, "2026-01-01T00:00:00Z", "'; DROP TABLE"),
        forged("-created_at", 0, {"a": 1}, [1]),
    ],
)
def test_a_cursor_we_have_not_made_is_refused(cursor: str, api: APIClient) -> None:
    answer = api.get(PEOPLE, {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    cursor=st.text(min_size=1, max_size=60) | st.binary(max_size=40).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_no_cursor_whatever_breaks_the_list(cursor: str, api: APIClient) -> None:
    assert api.get(PEOPLE, {"cursor": cursor}).status_code in {200, 400}
