"""Every action that the code records has a code, and no two codes are the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from audit import actions as audit
from audit.codes import NOUNS, VERBS, code_of, description
from audit.models import Event

ROOT = Path(__file__).resolve().parents[2]
APPS = ("hrassist", "candidates", "jobs", "audit")
WRITERS = {
    "record",
    "viewed",
    "denied",
    "failed",
    "_put_down",
    "_told",
    "_saved",
    "_save",
    "_record",
    "_moved",
    "_keep",
}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def recorded() -> dict[str, str]:
    """Each action that a writer is called with, and where: as a text, one of two texts, or a text named `action`."""
    found: dict[str, str] = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                for call in ast.walk(ast.parse(path.read_text())):
                    if isinstance(call, ast.Call):
                        found |= {text: f"{path.relative_to(ROOT)}:{call.lineno}" for text in texts_of(call)}
    return found


def texts_of(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    given = [word.value for word in call.keywords if word.arg == "action"]
    if name in WRITERS:
        given += call.args[:2]
    for value in given:
        for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.fullmatch(part.value):
                yield part.value


def test_every_action_in_the_code_has_a_code() -> None:
    actions = recorded()
    assert len(actions) > 120
    missing = {action: where for action, where in actions.items() if not code_of(action)}
    assert missing == {}, "Add the noun or the verb to audit/codes.py."


def test_no_two_nouns_share_a_code_and_no_code_is_too_long() -> None:
    assert len({code for code, _ in NOUNS.values()}) == len(NOUNS)
    assert max(len(code) for code, _ in NOUNS.values()) + max(len(code) for code, _ in VERBS.values()) + 3 <= 16


def test_no_two_actions_in_the_code_share_a_code() -> None:
    codes: dict[str, list[str]] = {}
    for action in recorded():
        codes.setdefault(code_of(action), []).append(action)
    assert [actions for actions in codes.values() if len(actions) > 1] == []


def test_a_code_says_what_came_of_it() -> None:
    assert code_of("resume.downloaded", "allow") == "RES-DL-I"
    assert code_of("resume.downloaded", "deny") == "RES-DL-D"
    assert code_of("user.login_failed", "error") == "USR-INX-E"
    assert code_of("nobody.knows") == ""
    assert description("resume.downloaded") == "A resume was downloaded"


@pytest.mark.django_db
def test_the_database_gives_its_own_events_the_same_codes() -> None:
    actions = [f"{noun}.{verb}" for noun in NOUNS for verb in list(VERBS)[:40]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_code(action) FROM unnest(%s::text[]) WITH ORDINALITY AS a (action, n) ORDER BY n", [actions]
        )
        assert [code for (code,) in cursor.fetchall()] == [code_of(action, "allow") for action in actions]
        cursor.execute("SELECT audit_code('nobody.knows')")
        assert cursor.fetchone() == ("",)


def test_events_carry_their_code(recruiter) -> None:
    audit.record("job.opened", by=recruiter)
    audit.denied("request.denied", reason_code="forbidden")
    recruiter.delete()
    assert Event.objects.get(action="job.opened").code == "JOB-OPN-I"
    assert Event.objects.get(action="request.denied").code == "REQ-DENY-D"
    assert Event.objects.get(action="user.deleted").code == "USR-DEL-I"
