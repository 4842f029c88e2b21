"""Forms and bodies that somebody else's page offers change nothing for who may not send them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import Resolver404, resolve
from django.utils import timezone

from hrassist.api.schema import document
from hrassist.models import ApiToken, User
from jobs.models import HiringTeamMember, Interviewer
from tests.authorisation.asking import Visitor, filled, getters
from tests.authorisation.forms import forms_of, plausible
from tests.authorisation.planting import Planted
from tests.factories import UserFactory
from tests.test_permissions import ROLES, routes

pytestmark = [pytest.mark.crawl, pytest.mark.django_db]

TABLE = Path(__file__).parent / "changes.txt"
HEAD = """\
# Who changes something by which form or body: method and address, button | whose | roles that change rows.
# The bodies are those of the forms that a recruiter of the job, a privacy officer or an operator is offered, and those
# that the API's schema describes.
# Rewritten by HRASSIST_REWRITE=1 pytest tests/authorisation/test_refused_changes.py, then read line by line.
"""
SENDERS = tuple(ROLES)
# What every answer may write: who asked, how often, whose session; and what belongs to the sender alone.
ASIDE = re.compile(
    r"^(audit_|django_session|hrassist_(session|throttle|tally|idempot)|procrastinate_|django_migrations|pgtrigger)"
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# Nouns that everybody at work shares, whatever job they hang on.
EVERYBODYS = {
    *("tag", "talentpool", "source", "emailtemplate", "recruitmentdrive"),
    *("owner", "absence", "task", "longtask", "notification", "savedview", "upload"),
}


@pytest.fixture(autouse=True)
def within_working_hours() -> Iterator[None]:
    """A meeting at night is asked about once more before it stands: the table must not depend on when it is made."""
    today = datetime.now(UTC)
    wednesday = today + timedelta(days=7 + 2 - today.weekday())
    with time_machine.travel(wednesday.replace(hour=10, minute=0)):
        yield


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that changes something for somebody who may: `name` is its line in the table."""

    name: str
    method: str
    path: str
    data: Any

    def names(self, ids: set[str]) -> bool:
        """Whether the address or the body speaks of one of these rows."""
        return bool(ids & set(UUID.findall(f"{self.path} {self.data}")))


def forms_offered(keeper: Visitor, world: Planted) -> list[Sent]:
    """What the keeper's pages about these things offer to send, each kind of form once."""
    found: dict[str, Sent] = {}
    for route in getters():
        if route.startswith(("api/", "files/", "storage/", "apply/", "careers/")) or "logout" in route:
            continue
        page = "/" + world.path(route)
        answer = keeper.get(page)
        if not answer.is_shown or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for form in forms_of(page, answer.text):
            target = page if form.action.startswith(("?", "#")) else form.action
            for button, data in form.sent():
                if (name := line_of(urlsplit(target).path, button)) and "logout" not in name:
                    found.setdefault(name, Sent(name, "POST", target, data))
    return list(found.values())


def harvest(keepers: list[Visitor], world: Planted) -> list[Sent]:
    """The forms that any of the keepers is offered, nothing at all to where no form leads, and the API's bodies."""
    found: dict[str, Sent] = {}
    for sent in (sent for keeper in keepers for sent in forms_offered(keeper, world)):
        found.setdefault(sent.name, sent)
    led_to = {" ".join(name.split()[:2]) for name in found}
    for route, methods in routes():
        if "POST" in methods and not route.startswith(("api/", "apply/", "storage/", "mail/")):
            path = "/" + world.path(route)
            name = line_of(path, "")
            if name and name not in led_to:
                found[name] = Sent(name, "POST", path, {})
    return [*found.values(), *bodies(world)]


def bodies(world: Planted) -> list[Sent]:
    said = document()
    components = said["components"]["schemas"]
    known = {"candidate": world.candidate.pk, "job": world.job.pk, "application": world.application.pk,
             "stage": world.job.stages.order_by("-position").first().pk, "user": world.user.pk}  # fmt: skip
    known |= {f"{name}_id": pk for name, pk in known.items()}
    found = []
    for path, verbs in said["paths"].items():
        for verb, operation in verbs.items():
            if verb == "get":
                continue
            content = operation.get("requestBody", {}).get("content", {})
            schema = next(iter(content.values()), {}).get("schema", {"type": "object"})
            body = plausible(schema, components, {name: str(pk) for name, pk in known.items()})
            route = re.sub(r"{(\w+)}", r"<str:\1>", path.lstrip("/"))
            found.append(Sent(f"{verb.upper()} {path}", verb.upper(), filled(route, world.values(route)), body))
    return found


def line_of(path: str, button: str) -> str:
    """`POST address button` with names for what is particular; empty where no address of ours answers."""
    try:
        route = resolve(path).route
    except Resolver404:
        return ""
    button = UUID.sub("…", button)
    return f"POST {route or '/'} {re.sub(r'[0-9]+', 'n', button)[:60]}".rstrip()


class Rows:
    """The content of every table that matters, as one number each."""

    def __init__(self) -> None:
        self.tables = [name for name in connection.introspection.table_names() if not ASIDE.match(name)]
        one = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{0}\" t"
        self._sql = " UNION ALL ".join(one.format(name) for name in self.tables)
        self._touched = (
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)"
        )

    def sums(self) -> dict[str, tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self._sql)
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def touched(self) -> int:
        """How many rows this transaction wrote so far, taken back or not: cheap, and zero for nearly all requests."""
        with connection.cursor() as cursor:
            cursor.execute(self._touched, [self.tables])
            return int(cursor.fetchone()[0] or 0)


def changed_by(visitor: Visitor, sent: Sent, rows: Rows, before: dict[str, tuple[Any, ...]]) -> set[str]:
    """The tables that this request leaves different; what was asked is undone."""
    with transaction.atomic():
        written = rows.touched()
        visitor.send(sent.method, sent.path, sent.data)
        differ: set[str] = set()
        if rows.touched() != written:
            after = rows.sums()
            differ = {name for name, sums in after.items() if before[name] != sums}
        transaction.set_rollback(True)
    return differ


class Stage:
    """One job with everybody's own place in it (`own`), or with nobody's but its recruiter's (`other`)."""

    def __init__(self, whose: str):
        keeper = UserFactory(role="Recruiter")
        self.world = Planted(keeper, "own")
        self.visitors = {role: Visitor(role) for role in SENDERS}
        places = {"manager": "hiring_manager", "interviewer": "interviewer", "recruiter": "recruiter"}
        for role, place in places.items() if whose == "own" else ():
            user: User | None = self.visitors[role].user
            assert user is not None
            HiringTeamMember.objects.create(job=self.world.job, user=user, role=place)
            Interviewer.objects.create(interview=self.world.hiring["interview"], user=user)
        keepers = [Visitor("recruiter", user=keeper), Visitor("officer"), Visitor("operator")]
        self.offered = harvest(keepers, self.world)
        if whose == "other":
            type(self.world.job).objects.filter(pk=self.world.job.pk).update(confidential=True)


def found_in(whose: str) -> dict[str, dict[str, set[str]]]:
    """Line by line and role by role, the tables that change."""
    stage = Stage(whose)
    assert len(stage.offered) > 100
    # A token remembers each minute of its use, which is no change of anything.
    ApiToken.objects.update(last_used_at=timezone.now() + timedelta(hours=1))
    rows = Rows()
    before = rows.sums()
    secret = {str(pk) for pk, name in stage.world.named().items() if name not in EVERYBODYS and len(pk) > 30} | {
        str(pk) for pk in stage.world.job.stages.values_list("pk", flat=True)
    }
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for sent in stage.offered:
        if whose == "other" and not sent.names(secret):
            continue
        for role, visitor in stage.visitors.items():
            if tables := changed_by(visitor, sent, rows, before):
                found[sent.name][role] = tables
            else:
                found[sent.name].setdefault("", set())
    return found


def lines(found: dict[str, dict[str, set[str]]]) -> list[str]:
    return [
        f"{name} | {' '.join(role for role in SENDERS if role in by_role) or '-'}"
        for name, by_role in sorted(found.items())
    ]


if os.environ.get("HRASSIST_REWRITE"):

    def test_the_table_was_rewritten() -> None:
        """Only after a wanted change."""
        TABLE.write_text(HEAD + "\n".join(lines(found_in("own"))) + "\n")
        pytest.fail("changes.txt was rewritten: read the difference, then run without HRASSIST_REWRITE")


def test_who_changes_something_is_who_the_table_names() -> None:
    declared = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    now = lines(found_in("own"))
    assert set(now) - set(declared) == set(), "Somebody new changes something, or a new form has no line: see the head."
    assert set(declared) - set(now) == set()


def test_nothing_that_names_a_hidden_thing_changes_anything() -> None:
    found = found_in("other")
    assert len(found) > 80
    assert {name: by_role for name, by_role in found.items() if set(by_role) - {""}} == {}


def test_every_address_that_takes_a_body_is_tried() -> None:
    declared = TABLE.read_text()
    writing = {
        route
        for route, methods in routes()
        if {"POST", "PUT", "PATCH", "DELETE"} & set(methods)
        and not route.startswith(("storage/", "apply/", "mail/"))
        and route not in {"api/v1/schema", "api/v1/"}
        and "logout" not in route and "<path:url>" not in route
    }  # fmt: skip
    tried = {match[1].strip() for match in re.finditer(r"^[A-Z]+ (\S+)", declared, re.MULTILINE)}
    named = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{route}") if route.startswith("api/") else route or "/" for route in writing
    }
    named -= {"jobs/", "nothing-here"}  # bare expressions, in the table under their own names
    assert named - tried == set(), "HRASSIST_REWRITE=1 pytest tests/authorisation/test_refused_changes.py"


def test_a_checksum_sees_one_changed_letter() -> None:
    candidate = Planted(UserFactory(role="Recruiter"), "own").candidate
    rows = Rows()
    before, written = rows.sums(), rows.touched()
    type(candidate).objects.filter(pk=candidate.pk).update(headline="Other")
    assert rows.touched() > written
    assert {name for name, sums in rows.sums().items() if sums != before[name]} == {"candidates_candidate"}
