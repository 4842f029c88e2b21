"""What somebody may not see answers exactly as what does not exist: status, body, headers and about the same work."""

from __future__ import annotations

import re

import pytest

from tests.authorisation.asking import Answer, Nothing, Visitor, filled, named
from tests.authorisation.planting import Planted, kinds_in
from tests.test_permissions import routes

pytestmark = [pytest.mark.crawl, pytest.mark.django_db]

# How many more or fewer statements are no difference that somebody could measure: one look, who holds the thing.
STATEMENTS = 4
# A merged or moved thing leads on to where it is now; a page of a file is asked for by number, not by key.
KNOWN_BY_SECRET = re.compile(r"<str:token>|<path:url>")


def asked() -> list[tuple[str, str]]:
    """Every address about a particular thing, with each method that it answers."""
    return [
        (route, method)
        for route, methods in routes()
        for method in methods
        if "<" in route and not KNOWN_BY_SECRET.search(route)
    ]


@pytest.mark.parametrize(
    ("role", "whose"),
    [
        ("nobody", "other"),
        ("operator", "other"),
        ("interviewer", "other"),
        ("manager", "open"),
        ("coordinator", "other"),
        ("recruiter", "other"),
    ],
)
def test_hidden_and_absent_are_told_in_the_same_words(role: str, whose: str) -> None:
    visitor = Visitor(role)
    hidden = Planted(visitor.user, whose)
    nothing = Nothing(hidden)
    compared, different = 0, {}
    seen: dict[str, bool] = {}
    for route, method in asked():
        noun = re.match(r"\w+/\w+/<path:object_id>/", route)
        if noun and noun[0] not in seen:
            page = noun[0] + "change/"
            seen[noun[0]] = visitor.get(filled(page, hidden.values(page))).is_shown
        if noun and seen[noun[0]]:
            # A tag or a template is everybody's: what may not be done to it may be said of it.
            continue
        there, gone = hidden.values(route), nothing.values(route)
        data = None if method == "GET" else {}
        first = visitor.ask(method, filled(route, there), data, counted=True)
        if first.is_shown or (first.status == 302 and not first.asks_to_sign_in):
            continue
        second = visitor.ask(method, filled(route, gone), data, counted=True)
        compared += 1
        if told := difference(first, second, named(route, there), named(route, gone)):
            different[method, route] = told
        elif kinds := kinds_in(first.text, hidden.words):
            different[method, route] = f"tells {kinds}"
    assert different == {}
    assert compared > 40


def difference(hidden: Answer, absent: Answer, there: list[object], gone: list[object]) -> str:
    if hidden.status != absent.status:
        return f"hidden is {hidden.status}, absent is {absent.status}"
    if hidden.without(*there) != absent.without(*gone):
        return f"{hidden.status} in other words or headers"
    more = len(hidden.statements) - len(absent.statements)
    return f"{more:+d} statements" if abs(more) > STATEMENTS else ""
