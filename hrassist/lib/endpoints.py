"""The shapes that endpoints have: an address with its permissions, and a list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import orjson
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from hrassist.lib import throttle
from hrassist.lib.errors import NotFound
from hrassist.lib.filtering import Filter, narrow
from hrassist.lib.paging import OpaqueCursorPagination
from hrassist.lib.rest import OrjsonRenderer, idempotency_key

if TYPE_CHECKING:
    from hrassist.models import User

Row = TypeVar("Row", bound=Model)


class ApiView(APIView):
    """One address of the API.

    `noun` is the scope a token needs (`noun:read`, `noun:write`), `permissions` the role permission per method ("" for
    anybody signed in), `limits` the name of a limit per method where the common one is too generous.
    """

    noun: ClassVar[str] = ""
    permissions: ClassVar[dict[str, str]] = {}
    limits: ClassVar[dict[str, str]] = {}
    # Off where the action itself recognises a repeated key, or where repeating is harmless anyway.
    keeps_answers: ClassVar[bool] = True
    # OPTIONS of browsers is answered by the CORS middleware.
    http_method_names = ["get", "head", "post", "patch", "delete"]  # noqa: RUF012  the base class declares it so
    verdict: throttle.Verdict | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        # By its own means or by the store of answers: see keeps_answers.
        view.answers_once = True
        return view

    @property
    def actor(self) -> User:
        return cast("User", self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.keeps_answers and idempotency_key(request):
            # The store of answers is a model, and models live above this module: the settings name it.
            answer_once = import_string(settings.API_ANSWER_ONCE)
            name = str(request.method).lower()
            if write := getattr(self, name, None):
                vars(self)[name] = partial(answer_once, self, write)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        if self.verdict is not None:
            response.headers["X-RateLimit-Limit"] = str(self.verdict.limit)
            response.headers["X-RateLimit-Remaining"] = str(self.verdict.remaining)
            response.headers["X-RateLimit-Reset"] = str(self.verdict.reset)
        return cast("Response", response)

    def to_keep(self, response: Response) -> dict[str, Any]:
        """What to store of an answer, so that `from_kept` can give it again; as little as that takes."""
        headers = {"Location": response.headers["Location"]} if "Location" in response.headers else {}
        return {"body": orjson.loads(OrjsonRenderer().render(response.data) or b"null"), "headers": headers}

    def from_kept(self, kept: dict[str, Any]) -> Response:
        """The answer again; its status is the stored one."""
        return Response(kept["body"], headers=kept["headers"])

    def valid(self, serializer: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The body as the serializer understands it. Raises ValidationError with the fields that do not fit."""
        if isinstance(self.request.data, Mapping):
            known = serializer().fields
            # A misspelt field that is silently dropped is a change that its sender believes in.
            if unknown := {name: ["There is no such field."] for name in self.request.data if name not in known}:
                raise ValidationError(unknown, code="unknown_field")
        checked = serializer(data=self.request.data, partial=partial, context={"request": self.request, "view": self})
        checked.is_valid(raise_exception=True)
        return cast("dict[str, Any]", checked.validated_data)


class FileView(ApiView):
    """A file: in its own type, whatever the program says that it accepts; only refusals are rendered."""

    limits: ClassVar = {"GET": "download", "HEAD": "download"}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # A program may say `Accept: application/pdf`, which no renderer of ours makes.
        return super().perform_content_negotiation(request, force=True)


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


def named(queryset: QuerySet[Row], pk: Any, *, field: str) -> Row:
    """The row a body names; what may not be seen is answered like what does not exist."""
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise ValidationError({field: ["There is none with this identifier that you may use."]})
    return row
