"""A fresh installation has no account, no token and no secret that anybody could know."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.hashers import is_password_usable

from hrassist.accounts import add_account
from hrassist.admin import security_sign_in
from hrassist.identity import break_glass
from hrassist.models import ApiToken, Session, User
from hrassist.ops.demo import accounts
from tests.factories import UserFactory, api_token

ROOT = Path(__file__).resolve().parents[3]
ASSIGNED = re.compile(
    r"(?im)^[^#\n]*?\b([A-Z_]*(?:PASSWORD|SECRET|SECRET_KEY|TOKEN|API_KEY))\b"
    r"[ \t]*[=:][ \t]*[\"']?([^\s\"'#${<][^\s\"'#]{3,})"
)
# What stands behind such a name and is no secret: a path, a command, another name, that of a secret of the cluster.
HARMLESS = re.compile(r"^(/|\$|\{|env\.|secrets\.|None|[Tt]rue|[Ff]alse|on|off|[A-Z_]+$|hrassist-[a-z]+$|<)")


@pytest.mark.django_db
def test_after_the_migrations_there_is_nobody():
    assert not User.objects.exists()
    assert not ApiToken.objects.exists()
    assert not Session.objects.exists()


def test_no_file_that_is_deployed_holds_a_password():
    listed = subprocess.run(
        ["git", "ls-files", "deploy", "config", "Procfile", ".github"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(listed) > 5
    found = []
    for name in listed:
        text = (ROOT / name).read_text(errors="ignore")
        found += [
            (name, match[1]) for match in ASSIGNED.finditer(text) if not HARMLESS.match(match[2]) and match[2][0] != "."
        ]
    assert found == []


@pytest.mark.django_db
def test_generated_passwords_are_random_and_the_demos_colleagues_have_none():
    first = {add_account(username=f"one{number}", role="recruiter")[1] for number in range(20)}
    assert len(first) == 20
    _, password = accounts.ensure_recruiter()
    assert password not in first
    assert len(password) >= 16
    colleagues = [*accounts.ensure_colleagues(), *accounts.ensure_others()]
    assert [one.username for one in colleagues if is_password_usable(one.password)] == []


@pytest.mark.django_db
def test_the_security_page_tells_of_factors_accounts_and_tokens(settings, django_assert_max_num_queries):
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    UserFactory(username="rosa", last_login=now)
    gone = UserFactory(username="gone", last_login=now - timedelta(days=91))
    api_token(gone, created_at=now - timedelta(days=60), expires_at=now + timedelta(days=9))
    settings.REQUIRE_MFA = True
    with django_assert_max_num_queries(12):
        said = [finding.what for finding in (*security_sign_in.coverage(), *security_sign_in.accounts())]
    assert "2 of 2 people who have signed in have no second factor: gone, rosa." in said
    assert "1 accounts have not signed in for 90 days: gone." in said
    assert "1 API tokens are not used any more." in said
    assert "There is no sealed emergency account." in said
    codes = break_glass.seal(now=now)
    assert "The emergency account is sealed." in [finding.what for finding in security_sign_in.accounts()]
    break_glass.open_for(reason="The provider is down today.", code=codes[0], opened_by="ada", now=now)
    serious = [finding for finding in security_sign_in.accounts() if finding.level == "serious"]
    assert "is open until" in serious[0].what
