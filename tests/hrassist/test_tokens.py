from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from hrassist.models import ApiToken, User
from hrassist.tokens import BadToken, issue_token, revoke_token
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
GOOD: dict[str, Any] = {"name": "Careers page", "scopes": ["jobs:read"], "lifetime": timedelta(days=30)}


def test_a_token_is_kept_only_as_its_digest(recruiter: User, operator: User, events: Any) -> None:
    token, text = issue_token(user=operator, by=operator, now=NOON, **GOOD)
    assert text.startswith("hra_")
    row = ApiToken.objects.filter(pk=token.pk).values()[0]
    assert text not in str(row)
    assert (row["hint"], row["expires_at"]) == (text[:8], NOON + timedelta(days=30))
    assert token.matches(text)
    event = events("token.issued")[0]
    assert (event.actor_id, event.target_id) == (str(operator.pk), str(token.pk))
    assert text not in str(event.changes)


def test_only_a_superuser_or_the_command_line_issues_a_token_that_acts_as_somebody_else(
    recruiter: User, operator: User, events: Any
) -> None:
    with pytest.raises(BadToken, match="your own account only"):
        issue_token(user=recruiter, by=operator, now=NOON, **GOOD)
    assert not ApiToken.objects.exists()
    assert events("token.issued") == []
    root = User.objects.create_superuser("root", password="x")
    for by in (root, None):
        token, _ = issue_token(user=recruiter, by=by, now=NOON, **GOOD)
        assert token.user == recruiter


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ["jobs:destroy"]},
        {"scopes": []},
        {"lifetime": timedelta(days=366)},
        {"lifetime": timedelta(0)},
        {"name": "  "},
        {"allowed_ips": ["everywhere"]},
    ],
)
def test_a_token_that_would_be_too_much_is_not_issued(wrong: dict[str, Any], recruiter: User) -> None:
    with pytest.raises(BadToken):
        issue_token(user=recruiter, by=recruiter, now=NOON, **{**GOOD, **wrong})
    assert not ApiToken.objects.exists()


def test_revoking_ends_a_token_once(recruiter: User, events: Any) -> None:
    token, _ = issue_token(user=recruiter, by=recruiter, now=NOON, **GOOD)
    revoke_token(token=token, by=recruiter, now=NOON)
    assert revoke_token(token=token, by=recruiter, now=NOON + timedelta(days=1)).revoked_at == NOON
    assert len(events("token.revoked")) == 1


def test_the_command_prints_a_token_that_works(recruiter: User) -> None:
    out = StringIO()
    call_command("issue_token", "rosa", "Careers page", "--scope", "jobs:read", stdout=out, stderr=StringIO())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {out.getvalue().strip()}")
    assert client.get("/api/v1/jobs").status_code == 200


@pytest.mark.parametrize("arguments", [["nobody", "x", "--scope", "jobs:read"], ["rosa", "x", "--scope", "jobs:all"]])
def test_the_command_says_in_one_sentence_what_is_wrong(arguments: list[str], recruiter: User) -> None:
    with pytest.raises(CommandError, match=r"nobody|jobs:all"):
        call_command("issue_token", *arguments)
