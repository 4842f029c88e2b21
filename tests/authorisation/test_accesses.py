"""One access is one event: every address as every role, twice, by HEAD, refused, in any order, and without a trail."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.authorisation import accesses
from tests.authorisation.asking import Answer, Visitor, getters
from tests.authorisation.planting import SENSITIVE, Planted, kinds_in
from tests.test_permissions import ROLES

# Lists show whom there is, by name; what they show beyond that is on record.
BY_NAME = {"name", "headline", "place", "job", "meeting", "budget"}
SEQUENCES, SEED = 200, 20_261_102
# Refusals that ask for no particular thing, or answer a method that shows nothing, are no denial of anybody's data.
NO_DENIAL = {301, 302, 303, 400, 401, 405, 410}

pytestmark = [pytest.mark.crawl, pytest.mark.django_db]


@pytest.fixture
def trail_refuses() -> Iterator[None]:
    """Take the right to write the audit trail from whoever asks; the test's rollback gives it back."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE without_a_trail")
        cursor.execute("GRANT USAGE ON SCHEMA public TO without_a_trail")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO without_a_trail")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO without_a_trail")
        cursor.execute("REVOKE INSERT ON audit_event FROM without_a_trail")
        cursor.execute("SET LOCAL ROLE without_a_trail")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


if os.environ.get("HRASSIST_REWRITE"):

    def test_the_table_was_rewritten() -> None:
        """Only after a wanted change."""
        by_role = {}
        for role in ROLES:
            visitor = Visitor(role)
            by_role[role], _ = accesses.shown_to(visitor, Planted(visitor.user, "own"), getters())
        accesses.write(by_role)
        pytest.fail("accesses.txt was rewritten: read the difference, then run without HRASSIST_REWRITE")


def test_every_address_that_answers_says_what_it_shows() -> None:
    known, there = accesses.addresses(), set(getters())
    assert there - known == set(), (
        "A new address without a declaration of whose data it shows: run HRASSIST_REWRITE=1 pytest "
        "tests/authorisation/test_accesses.py and read its line in accesses.txt: does the event name the right "
        "action, target and person?"
    )
    assert known - there == set(), (
        "An address is gone: run HRASSIST_REWRITE=1 pytest tests/authorisation/test_accesses.py"
    )


def test_no_address_shows_contacts_pay_judgements_or_letters_without_an_event() -> None:
    silent = {
        (role, route, kind)
        for role, rows in accesses.table().items()
        for route, one in rows.items()
        for kind in one.kinds.split(",")
        if kind in SENSITIVE and not one.events
    }
    assert silent == set()
    assert set(accesses.table()["recruiter"]["jobs/offer/"].kinds.split(",")) - BY_NAME == {"salary"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_is_declared_and_leaves_exactly_the_declared_events(role: str) -> None:
    visitor = Visitor(role)
    rows, refused = accesses.shown_to(visitor, Planted(visitor.user, "own"), getters())
    declared = accesses.table()[role]
    found = {one.route: one for one in rows}
    assert {route: one for route, one in found.items() if one != declared.get(route)} == {}
    assert set(declared) - set(found) == set()
    assert {route: answer.status for route, answer in refused.items() if not is_one_denial(answer)} == {}


def is_one_denial(answer: Answer) -> bool:
    """Whether a refusal left one event that says so, and nothing that says it was shown."""
    outcomes = [one.outcome for one in answer.events]
    if answer.status in NO_DENIAL:
        return "allow" not in outcomes or answer.status in {302, 303}
    if answer.status == 404 and not answer.events:
        # Nothing particular was asked for, or nobody is signed in.
        return True
    return outcomes == ["deny"]


def with_events(role: str) -> list[str]:
    return [route for route, one in accesses.table()[role].items() if one.events]


@pytest.mark.parametrize("role", ["recruiter", "manager"])
def test_without_a_trail_nothing_of_a_person_leaves(role: str, trail_refuses: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    visitor = Visitor(role)
    world = Planted(visitor.user, "own")
    routes = with_events(role)
    assert len(routes) > 20
    delivered = {}
    for route in routes:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE without_a_trail")
        answer = visitor.get("/" + world.path(route))
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        leaked = kinds_in(answer.text, world.words)
        if answer.status != 503 or leaked or answer.body.startswith((b"%PDF", b"\x89PNG", b"PK")):
            delivered[route] = (answer.status, leaked)
    assert delivered == {}


def test_asking_twice_is_two_accesses_and_head_is_none() -> None:
    visitor = Visitor("recruiter")
    world = Planted(visitor.user, "own")
    twice, headed = {}, {}
    for route in with_events("recruiter"):
        path = "/" + world.path(route)
        first, second = visitor.get(path), visitor.get(path)
        if [one.action for one in first.events] != [one.action for one in second.events]:
            twice[route] = [one.action for one in second.events]
        head = visitor.ask("HEAD", path)
        if head.body or [one for one in head.events if one.outcome == "allow"]:
            headed[route] = [one.action for one in head.events]
    assert twice == {}
    assert headed == {}


@pytest.mark.parametrize("quarter", range(4))
def test_any_sequence_of_accesses_leaves_as_many_events_as_it_showed(quarter: int) -> None:
    dice = random.Random(SEED + quarter)
    visitors = [Visitor(role) for role in ("recruiter", "manager", "interviewer", "coordinator")]
    worlds = {visitor: {whose: Planted(visitor.user, whose) for whose in ("own", "other")} for visitor in visitors}
    table = accesses.table()
    wrong = []
    for number in range(SEQUENCES // 4):
        steps, expected, found = [], 0, 0
        for _ in range(dice.randint(1, 4)):
            visitor = dice.choice(visitors)
            route = dice.choice(with_events(visitor.role))
            whose = dice.choice(["own", "own", "own", "other"])
            steps.append((visitor.role, route, whose))
            answer = visitor.get("/" + worlds[visitor][whose].path(route))
            if whose == "own":
                expected += len(table[visitor.role][route].events.split("; "))
                found += sum(one.outcome == "allow" for one in answer.events)
            elif not answer.is_shown:
                expected += 1
                found += sum(one.outcome == "deny" for one in answer.events)
        if expected != found:
            wrong.append((number, steps, expected, found))
    assert wrong == []
