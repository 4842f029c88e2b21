"""The API by scope and by field: what each scope alone opens, and which fields each role gets of each answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hrassist.models import User
from tests.authorisation.asking import Visitor, filled
from tests.authorisation.planting import Planted
from tests.factories import SCOPES, UserFactory
from tests.test_permissions import ROLES, routes
from tests.world import World

pytestmark = [pytest.mark.crawl, pytest.mark.django_db]

SCOPE_TABLE = Path(__file__).parent / "scopes.txt"
FIELD_TABLE = Path(__file__).parent / "fields.txt"
REWRITE = "HRASSIST_REWRITE=1 pytest tests/authorisation/test_api.py, then read the line"
# What a reader of a field could do harm with; a role that gets one must be meant to.
TELLING = ("email", "phone", "address", "number", "salary", "text", "json_resume", "note", "takeaways", "links")


def operations() -> list[tuple[str, str]]:
    return [(method, route) for route, methods in routes() if route.startswith("api/v1/") for method in methods]


def ask(visitor: Visitor, world: World, method: str, route: str) -> int:
    return visitor.ask(method, filled(route, world.values(route)), None if method == "GET" else {}).status


def opened_by_scope() -> dict[str, list[str]]:
    """Operation by operation, the scopes of which one alone is enough; "any" where none is needed."""
    user: User = UserFactory(role="Recruiter")
    world = World(user, "own")
    visitors = {scope: Visitor("recruiter", user=user, scopes=(scope,)) for scope in SCOPES}
    bare = Visitor("recruiter", user=user, scopes=())
    found = {}
    for method, route in operations():
        name = f"{method} {route}"
        if ask(bare, world, method, route) not in {401, 403}:
            found[name] = ["any"]
            continue
        found[name] = [scope for scope, one in visitors.items() if ask(one, world, method, route) != 403]
    return found


def fields_of(value: Any, name: str = "") -> Iterator[str]:
    """`emails[].address`: every field of an answer, however deep; what a person's own words hold is one field."""
    if isinstance(value, dict) and name.rpartition(".")[2] not in {"json_resume", "weights", "criteria"}:
        for key, inner in value.items():
            yield from fields_of(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from fields_of(inner, f"{name}[]")
    else:
        yield name


def given() -> dict[str, dict[str, list[str]]]:
    """Operation by operation and field by field, the roles that get it."""
    found: dict[str, dict[str, list[str]]] = {}
    for role in ROLES:
        visitor = Visitor(role)
        world = Planted(visitor.user, "own")
        for method, route in operations():
            answer = visitor.get("/" + world.path(route)) if method == "GET" and "schema" not in route else None
            if answer is None or not answer.is_shown or "json" not in answer.headers["Content-Type"]:
                continue
            for name in sorted(set(fields_of(orjson.loads(answer.body)))):
                found.setdefault(route, {}).setdefault(name, []).append(role)
    return found


def lines_of_scopes(found: dict[str, list[str]]) -> list[str]:
    return [f"{name} | {' '.join(scopes) or '-'}" for name, scopes in found.items()]


def lines_of_fields(found: dict[str, dict[str, list[str]]]) -> list[str]:
    return [
        f"{route} | {name} | {' '.join(roles)}" for route, fields in found.items() for name, roles in fields.items()
    ]


def declared(table: Path) -> list[str]:
    return [line for line in table.read_text().splitlines() if line and not line.startswith("#")]


if os.environ.get("HRASSIST_REWRITE"):

    def test_the_tables_were_rewritten() -> None:
        """Only after a wanted change."""
        head = "# Which scope of a token alone opens which operation, to a recruiter.\n"
        SCOPE_TABLE.write_text(head + "\n".join(lines_of_scopes(opened_by_scope())) + "\n")
        head = "# Which roles get which field of which answer: address | field | roles.\n"
        FIELD_TABLE.write_text(head + "\n".join(lines_of_fields(given())) + "\n")
        pytest.fail("scopes.txt and fields.txt were rewritten: read the differences, then run without HRASSIST_REWRITE")


def test_each_operation_is_opened_by_the_declared_scopes_alone() -> None:
    assert set(lines_of_scopes(opened_by_scope())) ^ set(declared(SCOPE_TABLE)) == set(), REWRITE


def test_no_operation_is_opened_by_a_scope_of_another_noun() -> None:
    for line in declared(SCOPE_TABLE):
        name, scopes = line.split(" | ")
        nouns = {scope.partition(":")[0] for scope in scopes.split() if ":" in scope}
        assert len(nouns) <= 1, line
        if name.split()[0] != "GET":
            assert all(not scope.endswith(":read") for scope in scopes.split()), line


def test_each_role_gets_the_declared_fields_and_no_other() -> None:
    assert set(lines_of_fields(given())) ^ set(declared(FIELD_TABLE)) == set(), REWRITE


def test_who_sees_no_people_gets_no_field_of_one() -> None:
    for line in declared(FIELD_TABLE):
        route, name, roles = line.split(" | ")
        if "/me" in route or "schema" in route:
            continue
        if any(word in name.rpartition(".")[2] for word in TELLING):
            assert not {"nobody", "outsider", "auditor", "operator"} & set(roles.split()), line
