"""What somebody may not see changes nothing of what they get: every answer is the same whether it exists or not."""

from __future__ import annotations

import difflib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from hrassist import exports, long_tasks, notification_mail
from hrassist.exports import Selection
from hrassist.lib import storage
from hrassist.models import LongTask, Notification
from tests.authorisation import hiding
from tests.authorisation.asking import Visitor, getters
from tests.authorisation.planting import Planted
from tests.test_permissions import routes

pytestmark = [pytest.mark.crawl, pytest.mark.django_db]

LISTS = re.compile(r"^(\w+/\w+/|api/v1/[\w-]+|reports/.*|search/|review/|pipeline/|notifications/.*|)$")
# What a colleague may know of a colleague without knowing why, each with its reason.
TOLD = {
    # When somebody is busy, but not with whom: two meetings at one time would be worse.
    "jobs/application/<uuid:application_id>/interviews/schedule/",
    "jobs/interview/<uuid:interview_id>/edit/",
}
# Compares the clock that stands still here with the database's, which goes on.
CLOCKS = {"readyz"}


def asked_by(visitor: Visitor, world: Planted, *, only_lists: bool) -> dict[str, str]:
    """Address by address, the route it came from."""
    wanted = [one for one in getters() if one not in TOLD | CLOCKS and (LISTS.match(one) or not only_lists)]
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
    assert not leaks, json.dumps(leaks, indent=1)


def leaks_to(role: str, *, confidential: bool, only_lists: bool, searched: bool = True) -> dict[str, object]:
    """Address by address, what it tells of a hidden hiring: words and identifiers, or only that something differs.

    `searched`: lists are also searched, filtered and sorted.
    """
    visitor = Visitor(role)
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    common = hiding.shared(world)
    pages = asked_by(visitor, world, only_lists=only_lists)
    with transaction.atomic():
        # Made once to know its identifiers and the lists' links, and unmade: the answers before know nothing of it.
        unmade = hiding.hide(common, visitor.user, confidential=confidential)
        lists = [path for path in pages if searched and LISTS.match(path.strip("/") + "/")]
        asked = [*pages, *hiding.questions({path: visitor.get(path).text for path in lists}, unmade)]
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


def test_the_comparison_finds_what_may_be_seen() -> None:
    # The same hiring without its secrecy: a recruiter sees it, and the lists that show it are named.
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        seen = leaks_to("recruiter", confidential=False, only_lists=True, searched=False)
    assert {"/candidates/candidate/", "/jobs/application/", "/jobs/offer/", "/api/v1/candidates"} <= set(seen)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_export_holds_what_is_hidden_from_who_asked_for_it(kind: str) -> None:
    visitor = Visitor("recruiter")
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    hidden = hiding.hide(hiding.shared(world), visitor.user, confidential=True)
    models = [model for model in exports._exports if exports.allowed(model, visitor.user)]
    assert len(models) >= 2
    for model in models:
        export = exports.of(model)
        for ids in ((), tuple(hidden.ids.values())[:2]):
            task = exports.begin(
                export=export, selection=Selection(query="", ids=ids), by=visitor.user, now=timezone.now(), kind=kind,
                columns=[column.key for column in exports.columns_for(export, visitor.user)],
            )  # fmt: skip
            long_tasks.run(task.pk)
            task.refresh_from_db()
            assert task.state == LongTask.State.DONE, task.message
            assert hidden.in_text(text_of(b"".join(storage.clean().open(task.file_key)))) == []


def text_of(content: bytes) -> str:
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return " ".join(archive.read(name).decode() for name in archive.namelist())


def test_no_mail_tells_of_what_was_hidden_since(mailoutbox: list[EmailMessage]) -> None:
    visitor = Visitor("recruiter")
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    hidden = hiding.hide(hiding.shared(world), visitor.user, confidential=True)
    Notification.objects.create(user=visitor.user, kind=Notification.Kind.MENTION, text="Your own matter", url="/")
    notification_mail.send_due(now=timezone.now() + timedelta(days=2))
    told = " ".join(f"{mail.subject} {mail.body}" for mail in mailoutbox)
    # One of the world, one made here; the third tells of somebody who is hidden by now.
    assert Notification.objects.filter(user=visitor.user).count() == 3
    assert "2 notifications" in told
    assert hidden.in_text(told) == []


def test_a_view_shared_by_somebody_who_sees_more_shows_no_more() -> None:
    visitor = Visitor("recruiter")
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    common = hiding.shared(world)
    hidden = hiding.hide(common, visitor.user, confidential=True)
    view = hiding.shared_view(common, hidden)
    opened = visitor.get(f"/candidates/candidate/?{view.query}")
    assert [one for one in hidden.in_text(opened.text) if one not in view.query] == []
    # Its tab says where it leads: an identifier that answers the reader as one that was made up would.
    tabs = visitor.get("/candidates/candidate/").text
    assert [one for one in hidden.in_text(tabs) if one in hidden.words.values()] == []


def test_a_report_as_a_file_is_the_same_whether_or_not_something_is_hidden() -> None:
    visitor = Visitor("recruiter")
    assert visitor.user is not None
    world = Planted(visitor.user, "own")
    common = hiding.shared(world)
    asked = [f"/{route}?csv=1" for route in getters() if re.fullmatch(r"reports/[\w-]+/", route)]
    answers = {path: visitor.get(path) for path in asked}
    before = {path: one.body for path, one in answers.items() if one.headers["Content-Type"].startswith("text/csv")}
    hiding.hide(common, visitor.user, confidential=True)
    assert len(before) >= 5
    assert {path: visitor.get(path).body for path in before} == before
