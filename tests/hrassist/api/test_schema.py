from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient
from schemathesis.checks import CHECKS

from candidates.actions.files import MEDIA_TYPES
from hrassist.api import urls
from hrassist.api.schema import document
from hrassist.lib.endpoints import ApiView, ListView
from hrassist.lib.tables import CSV, XLSX
from hrassist.models import User
from jobs.tailoring.export import TYPES
from tests.factories import api_token

VERBS = ("get", "post", "patch", "delete")
PATTERNS = [one for one in urls.urlpatterns if isinstance(one, URLPattern) and one.name]
DOCUMENT = document()
# What addresses of files answer with, by the last word of the address.
FILES = {"file": set(MEDIA_TYPES), "docx": {TYPES["docx"]}, "pdf": {TYPES["pdf"]}, "csv": {CSV}, "xlsx": {XLSX}}
OPERATIONS = [(path, verb, said) for path, verbs in DOCUMENT["paths"].items() for verb, said in verbs.items()]


def address(pattern: URLPattern) -> str:
    return "/api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))


def view(pattern: URLPattern) -> type[ApiView]:
    found: type[ApiView] = pattern.callback.view_class  # type: ignore[attr-defined]
    return found


def test_the_schema_tells_exactly_the_routes_and_methods_there_are() -> None:
    routes = {(address(one), verb) for one in PATTERNS for verb in VERBS if hasattr(view(one), verb)}
    assert {(path, verb) for path, verb, _ in OPERATIONS} == routes


def test_the_schema_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate_schema(DOCUMENT)


def test_operation_ids_are_unique_names() -> None:
    names = [said["operationId"] for _, _, said in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names)


@pytest.mark.parametrize(("path", "verb", "said"), OPERATIONS, ids=[f"{verb} {path}" for path, verb, _ in OPERATIONS])
def test_an_operation_is_described_with_its_answers_and_refusals(path: str, verb: str, said: dict[str, Any]) -> None:
    assert said["description"].strip().endswith(".")
    assert any(status.startswith("2") for status in said["responses"])
    assert {"400", "401", "403", "429", "503"} <= set(said["responses"])
    assert ("404" in said["responses"]) == ("{" in path)
    for status, answer in said["responses"].items():
        if status >= "400":
            assert answer["description"]
            assert answer["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
        elif status not in {"204", "301"}:
            kinds = FILES.get(path.rpartition("/")[2], {"application/json"})
            assert set(answer["content"]) == kinds
            assert all(one["schema"] for one in answer["content"].values())
    names = {one["name"] for one in said.get("parameters", [])}
    assert ("Idempotency-Key" in names) == (verb == "post")
    assert said["security"] == [{"token": []}, {"session": []}]


@pytest.mark.parametrize("pattern", PATTERNS, ids=address)
def test_every_method_of_every_address_names_its_permission_and_scope(pattern: URLPattern) -> None:
    found = view(pattern)
    methods = {verb.upper() for verb in VERBS if hasattr(found, verb)}
    assert set(found.permissions) == methods
    open_to_all = {"MeView", "SchemaView"}
    assert bool(found.noun) == (found.__name__ not in open_to_all)
    assert all(found.permissions.values()) == (found.__name__ not in open_to_all)


@pytest.mark.parametrize("pattern", [one for one in PATTERNS if issubclass(view(one), ListView)], ids=address)
def test_every_list_pages_and_tells_its_filters(pattern: URLPattern) -> None:
    said = DOCUMENT["paths"][address(pattern)]["get"]
    names = {one["name"] for one in said["parameters"]}
    assert {"cursor", "limit", "count", "order"} <= names
    assert {one.name for one in view(pattern).filters} <= names  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_schema_is_served_to_whoever_signs_in(
    outsider: User, client: Client, api_as: Callable[..., APIClient]
) -> None:
    assert client.get("/api/v1/schema").status_code == 401
    assert api_as(outsider).get("/api/v1/schema").json()["info"]["title"] == "hrassist"


# --- The API against its own schema -----------------------------------------------------------------------------------

# Not asked: whether every value of the right type is accepted (identifiers are invented), and whether every other type
# is refused (a number is taken for its text).
ASKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)


described = schemathesis.openapi.from_dict(DOCUMENT)
described.app = WSGIHandler()


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A request through WSGI closes connections that are in a transaction; the test's own one always is."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.django_db
@described.parametrize()
@settings(max_examples=3, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_the_answer_is_one_the_schema_tells(case: Any, recruiter: User, kept_connection: None) -> None:
    token = api_token(recruiter)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {token}"}, checks=[CHECKS.get_one(name) for name in ASKED]
    )
