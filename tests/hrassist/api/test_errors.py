from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from hrassist.lib.endpoints import ApiView
from hrassist.lib.errors import DomainError, Gone, Unavailable
from hrassist.models import User

pytestmark = pytest.mark.django_db
MEMBERS = {"type", "title", "status", "code", "detail", "instance", "request_id"}


class BreakingView(ApiView):
    permissions = {"GET": ""}  # noqa: RUF012

    def get(self, _request: Any, how: str) -> Any:
        raise {
            "gone": Gone("Too late."),
            "down": Unavailable(),
            "rule": DomainError("Not on Sundays.", code="sunday", fields={"day": ["Choose another one."]}),
            "bug": RuntimeError("the password is hunter2"),
        }[how]


handler404 = "hrassist.api.errors.not_found"
handler500 = "hrassist.api.errors.server_error"
urlpatterns = [path("api/v1/break/<str:how>", BreakingView.as_view())]


def problem(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) >= MEMBERS
    assert body["status"] == answer.status_code
    assert body["type"] == "urn:hrassist:problem:" + body["code"].replace("_", "-")
    assert body["request_id"] == answer["X-Request-ID"]
    return body


@pytest.fixture
def api(recruiter: User, api_as: Callable[..., APIClient]) -> APIClient:
    client = api_as(recruiter)
    client.raise_request_exception = False
    return client


def test_a_field_that_does_not_fit_is_named_with_its_place(api: APIClient) -> None:
    body = {"full_name": "", "emails": [{"address": "a@example.org"}, {"address": "no address"}]}
    answer = problem(api.post("/api/v1/candidates", body))
    assert (answer["status"], answer["code"]) == (400, "invalid")
    assert set(answer["errors"]) == {"full_name", "emails.1.address"}
    assert answer["instance"] == "/api/v1/candidates"


@pytest.mark.parametrize(
    ("method", "address", "kind", "body", "status", "code"),
    [
        ("get", "/api/v1/jobs/0198c0de-0000-7000-8000-000000000000", "application/json", "", 404, "not_found"),
        ("get", "/api/v1/nothing/here", "application/json", "", 404, "not_found"),
        ("delete", "/api/v1/jobs", "application/json", "", 405, "method_not_allowed"),
        ("options", "/api/v1/jobs", "application/json", "", 405, "method_not_allowed"),
        ("post", "/api/v1/jobs", "text/csv", "title", 415, "unsupported_media_type"),
        ("post", "/api/v1/jobs", "application/json", "{", 400, "parse_error"),
        ("post", "/api/v1/jobs", "application/json", "[]", 400, "invalid"),
        ("get", "/api/v1/jobs?colour=red", "application/json", "", 400, "unknown_parameter"),
        ("get", "/api/v1/jobs?cursor=AAAA", "application/json", "", 400, "invalid_cursor"),
    ],
)
def test_every_refusal_is_a_problem_document(
    api: APIClient, method: str, address: str, kind: str, body: str, status: int, code: str
) -> None:
    answer = problem(api.generic(method.upper(), address, body, content_type=kind))
    assert (answer["status"], answer["code"]) == (status, code)


@pytest.mark.parametrize(
    ("how", "status", "code"), [("gone", 410, "gone"), ("down", 503, "unavailable"), ("rule", 422, "sunday")]
)
def test_a_rule_of_ours_keeps_its_code_and_sentence(
    api: APIClient, settings: Settings, how: str, status: int, code: str
) -> None:
    settings.ROOT_URLCONF = __name__
    answer = api.get(f"/api/v1/break/{how}")
    found = problem(answer)
    assert (found["status"], found["code"]) == (status, code)
    assert ("errors" in found) == (how == "rule")
    assert ("Retry-After" in answer) == (how == "down")


def test_a_bug_is_a_500_that_tells_nothing_but_its_request(api: APIClient, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    answer = api.get("/api/v1/break/bug")
    assert problem(answer)["code"] == "server_error"
    assert b"hunter2" not in answer.content
    assert b"RuntimeError" not in answer.content


def test_pages_outside_of_the_api_keep_their_own_errors(client: Client) -> None:
    answer = client.get("/no-such-page-of-the-site", follow=True)
    assert "json" not in answer["Content-Type"]


def test_too_many_requests_say_when_to_come_back(api: APIClient, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    first = api.get("/api/v1/me")
    assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(first["X-RateLimit-Reset"]) <= 60
    api.get("/api/v1/me")
    refused = api.get("/api/v1/me")
    assert problem(refused)["code"] == "throttled"
    assert refused["X-RateLimit-Remaining"] == "0"
    assert 0 < int(refused["Retry-After"]) <= 60


def test_one_tokens_limit_is_not_anothers(
    recruiter: User, coordinator: User, settings: Settings, api_as: Callable[..., APIClient]
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    assert [api_as(who).get("/api/v1/me").status_code for who in (recruiter, coordinator)] == [200, 200]
