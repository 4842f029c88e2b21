"""What every endpoint of the API has in common: rendering, permission by scope and role, limits, pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from hrassist.lib import throttle
from hrassist.lib.errors import NotFound
from hrassist.lib.filtering import Filter, narrow
from hrassist.lib.paging import OpaqueCursorPagination

if TYPE_CHECKING:
    from hrassist.models import User

__all__ = ["ApiView", "ListView", "OpaqueCursorPagination", "OrjsonRenderer", "RateThrottle", "ScopedModelPermission"]

Row = TypeVar("Row")
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
        if not hasattr(view, method.lower()):
            return True  # nothing to protect: the view answers 405
        if request.auth is not None:
            wanted = f"{view.noun}:{'read' if method in SAFE_METHODS else 'write'}"
            if view.noun and wanted not in request.auth.scopes:
                raise PermissionDenied(f"This token lacks the scope {wanted}.", code="insufficient_scope")
        permission = view.permissions.get(method)
        if permission is None:
            return False
        return permission == "" or request.user.has_perm(permission)


class RateThrottle(BaseThrottle):
    """At most `view.rate` requests a minute for one token or person, counted atomically over all processes."""

    verdict: throttle.Verdict | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        auth = request.auth
        who = f"token:{auth.pk}" if auth is not None else f"user:{request.user.pk or self.get_ident(request)}"
        limit = settings.API_REQUESTS_PER_MINUTE if view.rate is None else view.rate
        name = "api" if view.rate is None else f"api:{type(view).__name__}"
        self.verdict = throttle.take(name, who, limit=limit, per=60)
        # The answer tells what is left, whether it is refused or not.
        view.verdict = self.verdict
        return self.verdict.allowed

    def wait(self) -> float | None:
        return float(self.verdict.reset) if self.verdict else None


class ApiView(APIView):
    """One address of the API.

    `noun` is the scope a token needs (`noun:read`, `noun:write`), `permissions` the role permission per method ("" for
    anybody signed in), `rate` its own limit per minute where the common one is too generous.
    """

    noun: ClassVar[str] = ""
    permissions: ClassVar[dict[str, str]] = {}
    rate: ClassVar[int | None] = None
    # Off where the action itself recognises a repeated key, or where repeating is harmless anyway.
    keeps_answers: ClassVar[bool] = True
    metadata_class = None
    verdict: throttle.Verdict | None = None

    @property
    def actor(self) -> User:
        return cast("User", self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and idempotency_key(request) and self.keeps_answers:
            # The store of answers is a model, and models live above this module: the settings name it.
            answer_once = import_string(settings.API_ANSWER_ONCE)
            post: Callable[..., Response] = self.post  # type: ignore[attr-defined]  # POST without a handler is a 405
            self.post = partial(answer_once, post)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        if self.verdict is not None:
            response.headers["X-RateLimit-Limit"] = str(self.verdict.limit)
            response.headers["X-RateLimit-Remaining"] = str(self.verdict.remaining)
            response.headers["X-RateLimit-Reset"] = str(self.verdict.reset)
        return cast("Response", response)

    def valid(self, serializer: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The body as the serializer understands it. Raises ValidationError with the fields that do not fit."""
        checked = serializer(data=self.request.data, partial=partial, context={"request": self.request, "view": self})
        checked.is_valid(raise_exception=True)
        return cast("dict[str, Any]", checked.validated_data)


class ListView(ApiView):
    """A list: rows read as dictionaries in a number of queries that does not depend on their number."""

    serializer_class: ClassVar[type[Serializer[Any]]]
    # What to read; by default the fields of the serializer, which carry the names of columns.
    columns: ClassVar[tuple[str, ...]] = ()
    filters: ClassVar[tuple[Filter, ...]] = ()
    orders: ClassVar[tuple[str, ...]] = ("-created_at", "created_at")

    def rows(self) -> QuerySet[Any, Any]:
        """What the asking person may see, before filters."""
        raise NotImplementedError

    def dress(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of one page as they are answered; the place for one more query over all of them."""
        return rows

    def get(self, request: Request, **_path: Any) -> Response:
        pages = OpaqueCursorPagination()
        columns = self.columns or columns_of(self.serializer_class)
        queryset = narrow(self.rows(), request, self.filters, also=pages.PARAMETERS)
        return pages.get_paginated_response(
            self.dress(pages.paginate_queryset(queryset.values(*columns), request, self))
        )


def idempotency_key(request: Request) -> str:
    """The Idempotency-Key of the request, or nothing. Raises ValidationError for one that is too long or odd."""
    key = request.headers.get(IDEMPOTENCY_HEADER, "")
    if key and not (len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValidationError({IDEMPOTENCY_HEADER: [f"Use 1 to {LONGEST_KEY} printable ASCII characters."]})
    return key


def columns_of(serializer: type[Serializer[Any]]) -> tuple[str, ...]:
    """The names of a serializer's fields that are columns of its rows; what it computes it lists in `computed`."""
    computed: tuple[str, ...] = getattr(serializer, "computed", ())
    return tuple(name for name in serializer._declared_fields if name not in computed)


def found(queryset: QuerySet[Row], **lookup: Any) -> Row:
    """The one row, or NotFound in the same words whether it does not exist or may not be seen."""
    row = queryset.filter(**lookup).first()
    if row is None:
        raise NotFound
    return row
