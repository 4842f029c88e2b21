"""What somebody may not see changes nothing of what they get: every answer is the same whether it exists or not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from tests.authorisation import hiding
from tests.authorisation.asking import Visitor, getters
from tests.authorisation.planting import Planted
from tests.test_permissions import routes

pytestmark = pytest.mark.django_db

LISTS = re.compile(r"^(\w+/\w+/|api/v1/[\w-]+|reports/.*|search/|review/|pipeline/|notifications/.*|)$")
# What a colleague may know of a colleague without knowing why, each with its reason.
TOLD = {
    # When somebody is busy, but not with whom: two meetings at one time would be worse.
    "jobs/application/<uuid:application_id>/interviews/schedule/",
    "jobs/interview/<uuid:interview_id>/edit/",
}


def asked_by(visitor: Visitor, world: Planted, *, only_lists: bool) -> dict[str, str]:
    """Address by address, the route it came from."""
    wanted = [one for one in getters() if one not in TOLD and (LISTS.match(one) or not only_lists)]
    return {"/" + world.path(route): route for route in wanted}


def differences(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line[:200] for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}][:6]


@pytest.mark.parametrize(
    ("role", "confidential", "only_lists"),
    [
        ("manager", False, False),
        ("recruiter", True, False),
        ("interviewer", False, True),
        ("coordinator", True, True),
    ],
)
def test_what_is_hidden_changes_no_answer(role: str, confidential: bool, only_lists: bool) -> None:
    # A clock that stands still: "just now" must not become "1 min ago" in between.
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        leaks = leaks_to(role, confidential=confidential, only_lists=only_lists)
    assert leaks == {}


def leaks_to(role: str, *, confidential: bool, only_lists: bool) -> dict[str, object]:
    """Address by address, what it tells of a hidden hiring: words and identifiers, or only that something differs."""
    visitor = Visitor(role)
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    common = hiding.shared(world)
    pages = asked_by(visitor, world, only_lists=only_lists)
    with transaction.atomic():
        # Made once to know its identifiers and the lists' links, and unmade: the answers before know nothing of it.
        unmade = hiding.hide(common, visitor.user, confidential=confidential)
        html = {path: visitor.get(path).text for path in pages if LISTS.match(path.strip("/") + "/")}
        asked = [*pages, *hiding.questions(html, unmade)]
        transaction.set_rollback(True)
    without = {path: visitor.get(path).without() for path in asked}
    hidden = hiding.hide(common, visitor.user, confidential=confidential)
    swap = again(unmade, hidden)
    leaks: dict[str, object] = {}
    for path, before in without.items():
        answer = visitor.get(swap(path))
        after = answer.without()
        # What was asked for may be said back.
        if told := [one for one in hidden.in_text(answer.text) if one not in unquote_plus(swap(path))]:
            leaks[path] = told
        elif swap(before) != after:
            leaks[path] = differences(swap(before), after)
    assert len(without) > 60
    return leaks


def again(unmade: hiding.Hidden, made: hiding.Hidden) -> Callable[[str], str]:
    """Puts the identifiers of what is there now in the place of those that were unmade."""
    pairs = [(unmade.ids[name], pk) for name, pk in made.ids.items() if len(pk) > 30]

    def swap(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return swap


def test_the_questions_reach_every_list_of_the_admin_and_of_the_api() -> None:
    visitor = Visitor("recruiter")
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    common = hiding.shared(world)
    hidden = hiding.hide(common, visitor.user, confidential=True)
    html = {path: visitor.get(path).text for path in asked_by(visitor, world, only_lists=True)}
    asked = {path.partition("?")[0] for path in hiding.questions(html, hidden)}
    lists = {"/" + route for route, _ in routes() if re.fullmatch(r"(candidates|jobs)/\w+/", route)}
    shown = {path for path in lists if "changelist" in html.get(path, "") and 'id="changelist-search"' in html[path]}
    assert shown <= asked
    assert len([path for path in asked if path.startswith("/api/")]) >= 8
