"""The emergency account: sealed, opened with a reason and a code of the envelope, for an hour; everybody is told."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hrassist.identity import break_glass, factors
from hrassist.lib.errors import DomainError
from hrassist.models import ApiToken, Session, User
from tests.factories import UserFactory, api_token

pytestmark = pytest.mark.django_db
WHY = "The identity provider is down and payroll waits."


@pytest.fixture
def codes(db):
    return break_glass.seal(now=timezone.now())


def open_it(code: str) -> str:
    return break_glass.open_for(reason=WHY, code=code, opened_by="ada", now=timezone.now())[1]


def sign_in(password: str, code: str) -> Client:
    client = Client()
    client.post("/login/", {"username": "break-glass", "password": password})
    client.post("/account/verify/", {"code": code})
    return client


def test_sealed_it_lets_nobody_in(codes):
    user = User.objects.get(username="break-glass")
    assert not user.has_usable_password()
    assert not user.may_sign_in(now=timezone.now())
    assert len(codes) == 10


@pytest.mark.parametrize("required", [True, False])
def test_it_opens_for_an_hour_with_a_password_and_a_code_and_everything_bears_its_mark(
    codes, settings, events, required
):
    settings.REQUIRE_MFA = required
    settings.REQUIRE_SSO = True
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = sign_in(open_it(codes[0]), codes[1])
        assert client.get("/hrassist/user/").status_code == 200
        client.post(f"/hrassist/user/{UserFactory().pk}/end-sessions/")
        (event,) = events("user.sessions_ended")
        assert (event.actor_display, event.auth_method) == ("break-glass", "break-glass+recovery_codes")
        clock.shift(timedelta(minutes=29))
        assert client.get("/hrassist/user/").status_code == 200
        clock.shift(timedelta(minutes=29))
        assert client.get("/hrassist/user/").status_code == 200
        clock.shift(timedelta(minutes=2, seconds=1))
        assert client.get("/hrassist/user/").status_code == 302


def test_after_its_hour_the_password_opens_nothing_though_no_task_ran(codes):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        password = open_it(codes[0])
        clock.shift(timedelta(hours=1, seconds=1))
        client = sign_in(password, codes[1])
        assert client.get("/").status_code == 302
        assert not Session.objects.exclude(user=None).exists()


def test_what_it_set_up_within_the_hour_is_gone_with_it(codes):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        open_it(codes[0])
        user = User.objects.get(username="break-glass")
        api_token(user)
        clock.shift(timedelta(hours=1, seconds=1))
        assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {api_token(user)}"}).status_code == 401
        assert break_glass.close_expired(now=timezone.now())
        assert not ApiToken.objects.filter(revoked_at__isnull=True).exists()
        assert not break_glass.close_expired(now=timezone.now())


def test_every_operator_and_superuser_is_told_by_bell_and_mail(codes, deferred_tasks, events, recruiter, operator):
    root = UserFactory(username="root", is_superuser=True)
    open_it(codes[0])
    told = {task["user_id"] for task in deferred_tasks("mail_security_notice") if task["what"] == "break_glass"}
    assert told == {str(root.pk), str(operator.pk)}
    assert operator.notifications.get().text == "The sealed emergency account was opened."
    (event,) = events("break_glass.opened")
    assert event.purpose == WHY


@pytest.mark.parametrize(("reason", "code"), [(" short ", ""), (WHY, "2222-3333-4444-5555"), (WHY, "")])
def test_without_a_reason_or_a_code_it_stays_sealed(codes, reason, code):
    with pytest.raises(DomainError):
        break_glass.open_for(reason=reason, code=code or ("" if reason == WHY else codes[0]), opened_by="x",
                             now=timezone.now())  # fmt: skip
    assert not User.objects.get(username="break-glass").may_sign_in(now=timezone.now())
    assert factors.codes_left(User.objects.get(username="break-glass")) == 10


def test_a_code_of_the_envelope_is_used_up(codes):
    open_it(codes[0])
    with pytest.raises(factors.WrongCode):
        open_it(codes[0])


def test_the_command_takes_the_code_from_its_input_and_prints_only_what_is_secret(monkeypatch, db):
    out, told = StringIO(), StringIO()
    call_command("break_glass", "seal", stdout=out, stderr=told)
    codes = out.getvalue().split()
    assert len(codes) == 10
    monkeypatch.setattr("sys.stdin", StringIO(codes[0] + "\n"))
    out = StringIO()
    call_command("break_glass", "open", "--reason", WHY, stdout=out, stderr=told)
    assert re.fullmatch(r"(\w{5}-){3}\w{5}", out.getvalue().strip())
    client = sign_in(out.getvalue().strip(), codes[1])
    assert client.get("/hrassist/user/").status_code == 200
    call_command("break_glass", "close", stdout=out, stderr=told)
    assert "is shut." in told.getvalue()
    assert client.get("/hrassist/user/").status_code == 302


def test_the_command_says_what_is_missing(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO("x\n"))
    with pytest.raises(CommandError, match="break_glass seal"):
        call_command("break_glass", "open", "--reason", WHY)
    UserFactory(username="break-glass")
    with pytest.raises(CommandError, match="everyday account"):
        call_command("break_glass", "seal")
