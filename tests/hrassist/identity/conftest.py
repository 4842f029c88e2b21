"""A password that works, an authenticator app in ten lines, and a browser that gives both."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from hrassist.identity import factors
from hrassist.models import User
from tests.factories import UserFactory

PASSWORD = "a-long-password-of-rosa"


def code_at(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps of thirty seconds later."""
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30 + steps))


@pytest.fixture
def rosa(db: None) -> User:
    user = UserFactory(username="rosa", role="Recruiter")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def required(settings: Settings) -> None:
    """As in production: nobody without a second factor."""
    settings.REQUIRE_MFA = True


@pytest.fixture
def secret(rosa: User) -> str:
    """Rosa has an app already, whose present code was used to set it up."""
    secret = factors.new_secret()
    factors.enrol_app(user=rosa, secret=secret, code=code_at(secret, steps=-1), by=rosa, now=timezone.now())
    return secret


@pytest.fixture
def with_password() -> Callable[..., Client]:
    """A browser in which the password was typed, and nothing else."""

    def sign_in(username: str = "rosa", password: str = PASSWORD) -> Client:
        client = Client()
        answer = client.post("/login/", {"username": username, "password": password, "next": "/"})
        assert answer.status_code == 302, answer.content
        return client

    return sign_in


@pytest.fixture
def with_both(with_password: Callable[..., Client], secret: str) -> Callable[[], Client]:
    """A browser in which Rosa proved both factors."""

    def sign_in() -> Client:
        client = with_password()
        assert client.post("/account/verify/", {"code": code_at(secret)}).status_code == 302
        return client

    return sign_in


def secret_shown(page: bytes) -> str:
    found = re.search(rb'class="secret-text">([A-Z2-7 ]+)<', page)
    assert found is not None
    return found[1].decode().replace(" ", "")


def codes_shown(page: bytes) -> list[str]:
    return [found.decode() for found in re.findall(rb"<code>([0-9a-z-]{19})</code>", page)]
