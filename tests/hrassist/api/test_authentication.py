from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from hrassist.api.authentication import TokenAuthentication
from hrassist.models import ApiToken, User
from hrassist.roles import ROLES
from tests.factories import UserFactory, api_token

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


def bearer(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_without_a_token_the_answer_names_the_scheme(client: Client) -> None:
    answer = client.get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="hrassist"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


def test_a_token_is_its_user_with_its_scopes(recruiter: User) -> None:
    me = bearer(api_token(recruiter, scopes=("jobs:read",))).get(ME).json()
    assert (me["username"], me["roles"], me["token"]["scopes"]) == ("rosa", ["Recruiter"], ["jobs:read"])


@pytest.mark.parametrize("text", ["hra_", "hra_unknown", "nonsense", "", "hra_" + "x" * 200, "hra_ümlaut"])
def test_what_is_no_token_is_refused(text: str) -> None:
    answer = bearer(text.encode("latin-1").decode("latin-1")).get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"revoked_at": timezone.now()}, "revoked_token"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expired_token"),
        ({"allowed_ips": ["10.0.0.1"]}, "address_not_allowed"),
    ],
)
def test_a_token_that_no_longer_counts_is_refused_and_its_use_is_on_record(
    columns: dict[str, Any], code: str, recruiter: User, events: Any
) -> None:
    answer = bearer(api_token(recruiter, **columns)).get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    event = events("token.refused")[0]
    assert (event.outcome, event.reason_code, event.target_id) == ("deny", code, str(ApiToken.objects.get().pk))


def test_a_token_dies_with_its_account(recruiter: User) -> None:
    text = api_token(recruiter)
    User.objects.filter(pk=recruiter.pk).update(is_active=False)
    assert bearer(text).get(ME).json()["code"] == "inactive_user"


def test_a_token_bound_to_an_address_works_from_there_and_believes_no_header(recruiter: User) -> None:
    client = bearer(api_token(recruiter, allowed_ips=["203.0.113.7"]))
    assert client.get(ME, REMOTE_ADDR="203.0.113.7").status_code == 200
    assert client.get(ME, REMOTE_ADDR="198.51.100.1", HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 401


def test_use_is_noted_once_a_minute(recruiter: User) -> None:
    client = bearer(api_token(recruiter))
    client.get(ME)
    first = ApiToken.objects.get().last_used_at
    client.get(ME)
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get(ME)
    assert ApiToken.objects.get().last_used_at > first


def test_what_a_token_does_is_recorded_under_its_id(
    recruiter: User, api_as: Callable[..., APIClient], events: Any
) -> None:
    api_as(recruiter).post("/api/v1/jobs", {"title": "Nurse"})
    event = events("job.created")[0]
    assert (event.actor_type, event.actor_id, event.token_id) == (
        "token",
        str(recruiter.pk),
        str(ApiToken.objects.get().pk),
    )


def test_a_session_reads_without_ceremony_and_writes_only_with_a_csrf_token(recruiter: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(recruiter)
    assert client.get(ME).json()["token"] is None
    refused = client.post("/api/v1/jobs", {"title": "Nurse"}, content_type="application/json")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")


def test_a_scope_opens_one_noun_and_one_verb(recruiter: User, api_as: Callable[..., APIClient]) -> None:
    reader = api_as(recruiter, scopes=("jobs:read",))
    assert reader.get("/api/v1/jobs").status_code == 200
    for refused in (reader.get("/api/v1/candidates"), reader.post("/api/v1/jobs", {"title": "Nurse"})):
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_a_scope_gives_nothing_that_the_role_does_not(outsider: User, api_as: Callable[..., APIClient]) -> None:
    refused = api_as(outsider).get("/api/v1/candidates")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_token_carries_exactly_the_permissions_of_its_user(role: str) -> None:
    user = UserFactory(role=role)
    user.user_permissions.add(Permission.objects.get(codename="view_candidate"))
    request = Request(APIRequestFactory().get("/", headers={"Authorization": f"Bearer {api_token(user)}"}))
    signed_in = TokenAuthentication().authenticate(request)
    assert signed_in is not None
    assert signed_in[0].get_all_permissions() == User.objects.get(pk=user.pk).get_all_permissions()


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(
    recruiter: User, api_as: Callable[..., APIClient]
) -> None:
    client = api_as(recruiter)
    assert client.get("/api/v1/jobs").status_code == 200
    recruiter.groups.clear()
    assert client.get("/api/v1/jobs").status_code == 403
