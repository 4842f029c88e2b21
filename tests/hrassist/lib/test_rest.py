from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from hrassist.lib.endpoints import ApiView
from hrassist.lib.rest import OrjsonRenderer, ScopedModelPermission
from hrassist.models import ApiToken, User


def test_times_are_utc_with_a_z_and_identifiers_are_text() -> None:
    east = timezone(timedelta(hours=2))
    data = {"id": UUID(int=1), "at": datetime(2026, 5, 1, 9, 30, tzinfo=east), "also": datetime(2026, 1, 1, tzinfo=UTC)}
    assert OrjsonRenderer().render(data) == (
        b'{"id":"00000000-0000-0000-0000-000000000001","at":"2026-05-01T09:30:00+02:00","also":"2026-01-01T00:00:00Z"}'
    )


def test_lazy_words_become_text_and_nothing_becomes_no_body() -> None:
    assert orjson.loads(OrjsonRenderer().render({"title": gettext_lazy("Jobs"), "none": None})) == {
        "title": "Jobs",
        "none": None,
    }
    assert OrjsonRenderer().render(None) == b""


class ForgetfulView(ApiView):
    noun = "jobs"

    def get(self, _request: Request) -> None: ...


def asked(user: User, *, token: ApiToken | None = None) -> Request:
    request = Request(APIRequestFactory().get("/"))
    request.user = user
    request.auth = token  # type: ignore[assignment]
    return request


def test_a_method_without_a_permission_is_refused_to_everybody() -> None:
    administrator = User(username="root", is_superuser=True)
    assert not ScopedModelPermission().has_permission(asked(administrator), ForgetfulView())


def test_a_superusers_token_still_needs_the_scope() -> None:
    administrator = User(username="root", is_superuser=True)
    view = ForgetfulView()
    view.permissions = {"GET": "jobs.view_job"}  # type: ignore[misc]
    with pytest.raises(PermissionDenied, match="jobs:read"):
        ScopedModelPermission().has_permission(asked(administrator, token=ApiToken(scopes=["jobs:write"])), view)
    assert ScopedModelPermission().has_permission(asked(administrator, token=ApiToken(scopes=["jobs:read"])), view)
