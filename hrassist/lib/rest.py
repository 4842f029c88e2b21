"""What the settings name for every endpoint of the API: rendering, permission by scope and role, limits.

Django REST framework loads these while it loads its views, so nothing here may import views (those: endpoints.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hrassist.lib import limits, origin, throttle
from hrassist.lib.paging import OpaqueCursorPagination

__all__ = ["OpaqueCursorPagination", "OrjsonRenderer", "RateThrottle", "ScopedModelPermission", "idempotency_key"]

IDEMPOTENCY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200


def _otherwise(value: Any) -> Any:
    # Lazy translations, error details and query sets: what the standard renderer turns into text and lists.
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, QuerySet | Sequence) and not isinstance(value, str):
        return list(value)
    return str(value)


class OrjsonRenderer(BaseRenderer):
    """JSON in UTF-8; times in UTC with a Z."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_otherwise, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class ScopedModelPermission(BasePermission):
    """Both must allow it: the person's role (`view.permissions[method]`) and, for a token, its scope (`view.noun`).

    A method without an entry is refused, so that a forgotten entry never opens a door.
    """

    message = "Your role does not include this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method.lower() not in view.http_method_names or not hasattr(view, method.lower()):
            return True  # nothing to protect: the view answers 405
        auth: Any = request.auth
        if auth is not None:
            wanted = f"{view.noun}:{'read' if method in SAFE_METHODS else 'write'}"
            if view.noun and wanted not in auth.scopes:
                raise PermissionDenied(f"This token lacks the scope {wanted}.", code="insufficient_scope")
        permission = view.permissions.get(method)
        if permission is None:
            return False
        return permission == "" or request.user.has_perm(permission)


class RateThrottle(BaseThrottle):
    """The limits of one token or person, counted atomically over all processes.

    `view.limits` names those of hrassist.lib.limits that a method has besides the common one; a person has them once,
    whether they come by pages or by any number of tokens.
    """

    verdict: throttle.Verdict | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        auth, user = request.auth, request.user
        person = f"user:{user.pk}" if user.pk else f"address:{origin.network_of(request._request)}"
        self.verdict = throttle.take(
            "api", f"token:{auth.pk}" if auth is not None else person, limit=settings.API_REQUESTS_PER_MINUTE, per=60
        )
        name = view.limits.get(request.method)
        if name and self.verdict.allowed:
            own = limits.take(name, person)
            # The answer tells of the limit that will be met first.
            if not own.allowed or own.remaining < self.verdict.remaining:
                self.verdict = own
        view.verdict = self.verdict
        return self.verdict.allowed

    def wait(self) -> float | None:
        return float(self.verdict.reset) if self.verdict else None


def idempotency_key(request: Request) -> str:
    """What a write is known by when it comes again: a POST's Idempotency-Key, or else the proxy's name for the request.

    Nothing where neither is. Raises ValidationError for a key that is too long or odd.
    """
    key = request.headers.get(IDEMPOTENCY_HEADER, "") if request.method == "POST" else ""
    if key and not (len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValidationError({IDEMPOTENCY_HEADER: [f"Use 1 to {LONGEST_KEY} printable ASCII characters."]})
    return key or origin.repeated_as(request)
