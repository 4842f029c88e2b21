"""Every address × method × whose thing it is × role: the answer's status, held in tests/permissions.txt.

An address without a line fails. After a wanted change: HRASSIST_REWRITE=1 pytest tests/test_permissions.py, then read
the difference line by line, because it is what people may do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from hrassist import roles
from tests.factories import (
    UserFactory,
    api_token,
)
from tests.world import World

TABLE = Path(__file__).parent / "permissions.txt"
ROLES = {
    "nobody": None,
    "outsider": "",
    "interviewer": "Interviewer",
    "manager": "Hiring manager",
    "coordinator": "Coordinator",
    "recruiter": "Recruiter",
    "auditor": "Auditor",
    "officer": "Privacy officer",
    "operator": "Operator",
}
# What stands in the table for a pattern that is a bare regular expression.
SAMPLES = {r"^(?P<app_label>": "jobs/", r"(?P<url>": "nothing-here"}
METHODS = {"storage/incoming/<str:token>": ["PUT"]}

# Of their own team's job; of an open job of others; of a confidential one of others.
WHOSE = ("own", "open", "other")

Key = tuple[str, str, str]


def routes() -> Iterator[tuple[str, list[str]]]:
    def walk(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            sample = next((path for start, path in SAMPLES.items() if route.startswith(start)), route)
            yield from walk(pattern, route) if hasattr(pattern, "url_patterns") else [(sample, pattern)]

    for route, pattern in walk(get_resolver()):
        view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        if route in METHODS:
            yield route, METHODS[route]
        elif view is not None and route.startswith("api/"):
            yield route, [name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
        else:
            yield route, ["GET"] if view is not None else ["GET", "POST"]


def keys() -> list[Key]:
    return [
        (route, method, whose)
        for route, methods in routes()
        for method in methods
        for whose in (WHOSE if "<" in route else ("-",))
    ]


class Person:
    """Somebody in a role, with things of their own and of others, who asks for one address after the other."""

    def __init__(self, role: str):
        group = ROLES[role]
        user = UserFactory(role=group) if group is not None else None
        self.worlds = {whose: World(user, whose) for whose in WHOSE}
        self.token = api_token(user) if user else ""
        client = Client()
        if user:
            client.force_login(user)
        self.cookies = client.cookies

    def ask(self, key: Key) -> int:
        """The status of one request, whose traces are undone."""
        route, method, whose = key
        with transaction.atomic():
            path = "/" + self.worlds["own" if whose == "-" else whose].path(route)
            if route.startswith("api/"):
                client: Any = APIClient(raise_request_exception=False)
                if self.token:
                    client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token}")
                response = getattr(client, method.lower())(path, *([] if method == "GET" else [{}]), format="json")
            else:
                client = Client(raise_request_exception=False)
                client.cookies = SimpleCookie(self.cookies.output(header="", sep=";"))
                response = getattr(client, method.lower())(path)
            transaction.set_rollback(True)
        return int(response.status_code)


def table() -> dict[Key, dict[str, int]]:
    read: dict[Key, dict[str, int]] = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            method, whose, *statuses, route = line.split(None, len(ROLES) + 2)
            read["" if route == "(start)" else route, method, whose] = dict(zip(ROLES, map(int, statuses), strict=True))
    return read


def rewrite() -> None:
    widths = [max(4, len(role)) for role in ROLES]
    head = (
        "# method whose  " + " ".join(role.ljust(width) for role, width in zip(ROLES, widths, strict=True)) + " route"
    )
    lines, asked = [head], list(keys())
    # One after the other: pages that ask for a recent sign-in must not find one that is old because this took long.
    found = [[person.ask(key) for key in asked] for person in map(Person, ROLES)]
    for key, row in zip(asked, zip(*found, strict=True), strict=True):
        statuses = " ".join(str(status).ljust(width) for status, width in zip(row, widths, strict=True))
        lines.append(f"{key[1].ljust(8)} {key[2].ljust(6)} {statuses} {key[0] or '(start)'}")
    TABLE.write_text("\n".join(lines) + "\n")


if os.environ.get("HRASSIST_REWRITE"):

    @pytest.mark.django_db
    def test_the_table_was_rewritten():
        """Only after a wanted change."""
        rewrite()
        pytest.fail("permissions.txt was rewritten: read the difference, then run without HRASSIST_REWRITE")


def test_no_role_is_left_out():
    assert {group for group in ROLES.values() if group} == set(roles.ROLES)


def test_every_address_has_its_line_and_every_line_its_address():
    known, there = set(table()), set(keys())
    assert there - known == set(), "A new address: HRASSIST_REWRITE=1 pytest tests/test_permissions.py, read its line."
    assert known - there == set(), "An address is gone: HRASSIST_REWRITE=1 pytest tests/test_permissions.py."


@pytest.mark.django_db
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_the_answers_of_the_table(role, half):
    person = Person(role)
    rows = list(table().items())[half::2]
    found = {key: status for key, row in rows if (status := person.ask(key)) != row[role]}
    assert found == {key: table()[key][role] for key in found}


def test_without_signing_in_nothing_but_the_doors_is_open():
    doors = {
        "livez",
        "readyz",
        "login/",
        "password/reset/",
        "my/",
        "careers/",
        "careers/<uuid:jobpost_id>/",
        "policy-reports",
    }
    open_to_all = {route for (route, _, _), row in table().items() if row["nobody"] < 300}
    assert open_to_all <= doors


def test_somebody_without_a_role_sees_no_record_of_anybody():
    own_account = {"", "api/v1/me", "password_change/", "password_change/done/", "logout/", "search/", "jsi18n/"} | {
        "notifications/", "notifications/latest/", "notifications/read/", "preferences/", "tasks/",
        "tasks/<uuid:task_id>/", "tasks/<uuid:task_id>/state/", "views/",
        "account/", "account/confirm/", "account/factors/add/", "account/signed-in-again/", "account/session/",
    }  # fmt: skip
    # The list of an app's pages shows only those that the person may open, here none.
    empty = {"jobs/", "api/v1/schema"}
    seen = {route for (route, _, _), row in table().items() if row["outsider"] < 300 and row["nobody"] >= 300}
    assert seen <= own_account | empty


def test_a_confidential_job_is_hidden_from_everybody_outside_its_team():
    things = r"job_id|application_id|resume_id|candidate_id|run_id|(jobs/(job|application)|candidates/candidate)/<path"
    leaks = {
        (key, role)
        for key, row in table().items()
        for role, status in row.items()
        if key[2] == "other" and re.search(things, key[0]) and status < 300
    }
    assert leaks == set()


def test_those_who_run_the_machine_or_audit_it_read_no_resume():
    leaks = {
        key
        for key, row in table().items()
        if re.search(r"resume|candidates/candidate/", key[0]) and (row["operator"] < 300 or row["auditor"] < 300)
    }
    assert leaks == set()


def test_no_answer_is_a_server_error():
    assert {key: row for key, row in table().items() if max(row.values()) >= 500} == {}
