"""The OpenAPI 3.1 description, made from the endpoints themselves."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.api.errors import PROBLEM
from hrassist.lib.endpoints import ApiView, ListView
from hrassist.lib.paging import OpaqueCursorPagination
from hrassist.lib.rest import IDEMPOTENCY_HEADER

_SENTENCES = {
    "400": "The body, a parameter or a cursor does not fit; `errors` names each field.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "Your role or the scopes of your token do not include this.",
    "404": "There is nothing here that you may see.",
    "409": "Somebody was faster, the record is in another state, or the Idempotency-Key was used before.",
    "410": "It existed and has expired.",
    "415": "The body is not application/json.",
    "422": "Understood, but against a rule; `code` names the rule.",
    "429": "Too many requests; `Retry-After` says for how long to wait.",
    "502": "What the store holds is not the file that was checked; nobody gets it.",
    "503": "A part we depend on (the store, the audit log) does not answer; nothing was changed or shown.",
}
_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "Requests a minute for this token.",
    "X-RateLimit-Remaining": "How many of them could follow at once.",
    "X-RateLimit-Reset": "Seconds until all are free again, or after a 429 until the next one is.",
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Stable: urn:hrassist:problem:{code}."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs."},
        "detail": {"type": "string", "description": "For people: the cause and what to do."},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "Name it when you ask for help."},
        "errors": {
            "type": "object",
            "description": "Sentences by field; `emails.0.address` for nested ones.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


class ProblemAutoSchema(AutoSchema):
    """Adds to each operation what holds everywhere: refusals, limits, filters, pages, repeatable POSTs, scopes."""

    view: Any

    def get_operation_id(self) -> str:
        match = self.view.request.resolver_match if getattr(self.view, "request", None) else None
        if match is not None:
            return f"{match.url_name}_{self.method.lower()}"
        words = [
            word.strip("{}").removesuffix("_id") if word.startswith("{") else word.replace("-", "_")
            for word in self.path.removeprefix("/api/v1/").split("/")
        ]
        return "_".join([*words, self.method.lower()])

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_summary(self) -> str:
        return self.get_description().split("\n")[0].split(". ")[0].rstrip(".")

    def get_filter_backends(self) -> list[Any]:
        return []

    def _is_list_view(self, serializer: Any = None) -> bool:
        return isinstance(self.view, ListView) and self.method == "GET"

    def _get_paginator(self) -> Any:
        return OpaqueCursorPagination()

    def get_response_serializers(self) -> Any:
        return self.view.serializer_class if self._is_list_view() else super().get_response_serializers()

    def get_override_parameters(self) -> list[Any]:
        if self._is_list_view():
            return [
                *(
                    OpenApiParameter(one.name, one.kind.schema, "query", description=one.description)
                    for one in self.view.filters
                ),
                *self._paging(),
            ]
        if self.method == "POST":
            schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"}
            about = "The same key with the same body answers the same again for 24 hours and changes nothing."
            return [OpenApiParameter(IDEMPOTENCY_HEADER, schema, "header", description=about)]
        return []

    def _paging(self) -> list[OpenApiParameter]:
        most = OpaqueCursorPagination.MOST
        default = OpaqueCursorPagination.DEFAULT
        orders = list(self.view.orders)
        return [
            OpenApiParameter("cursor", str, "query", description="As in `next` and `previous`; opaque."),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": most, "default": default},
                "query",
                description="Rows a page.",
            ),
            OpenApiParameter("count", bool, "query", description="Tell the number of all rows, which takes time."),
            OpenApiParameter(
                "order",
                {"type": "string", "enum": orders, "default": orders[0]},
                "query",
                description="`updated_at` follows changes: nothing is missed while rows change.",
            ),
        ]

    def _get_parameters(self) -> list[dict[str, Any]]:
        # Our lists read their own parameters; the paginator's would come twice.
        parameters = super()._get_parameters()
        return list({(one["in"], one["name"]): one for one in parameters}.values())

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status in self._refusals():
            bodies.setdefault(
                status,
                {
                    "description": _SENTENCES[status],
                    "content": {PROBLEM: {"schema": self._problem().ref}},
                },
            )
        for status, body in bodies.items():
            if status != "401":
                body.setdefault("headers", {}).update(
                    {
                        name: {"description": about, "schema": {"type": "integer"}}
                        for name, about in _LIMIT_HEADERS.items()
                    }
                )
        return dict(sorted(bodies.items()))

    def _refusals(self) -> list[str]:
        found = ["400", "401", "403", "429", "503"]
        if "{" in self.path:
            found.append("404")
        if self.method in {"POST", "PATCH", "DELETE"}:
            found += ["409", "415", "422"]
        if self.path.endswith(("/confirm", "/anonymize", "/candidates/{candidate_id}")):
            found.append("410")
        if self.path.endswith("/file"):
            found.append("502")
        return found

    def _problem(self) -> ResolvedComponent:
        component = ResolvedComponent("Problem", ResolvedComponent.SCHEMA, schema=PROBLEM_SCHEMA, object="Problem")  # type: ignore[no-untyped-call]  # the library is not typed here
        self.registry.register_on_missing(component)
        return component

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"token": []}, {"session": []}]

    def get_extensions(self) -> dict[str, Any]:
        noun = getattr(self.view, "noun", "")
        if not noun:
            return {}
        return {"x-scope": f"{noun}:{'read' if self.method == 'GET' else 'write'}"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular registers subclasses
    target_class = "hrassist.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "hra_…"}


class AnythingSerializer(serializers.Serializer[Any]):
    """An OpenAPI document."""


class SchemaView(ApiView):
    permissions: ClassVar = {"GET": ""}

    @extend_schema(responses={200: OpenApiResponse({"type": "object"}, "OpenAPI 3.1.")})
    def get(self, request: Request) -> Response:
        """This description."""
        return Response(document())


def document() -> dict[str, Any]:
    """API v1 in OpenAPI 3.1."""
    generator = SchemaGenerator(api_version="v1")  # type: ignore[no-untyped-call]
    schema = cast("dict[str, Any]", generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]  # the library is not typed here
    schema.setdefault("components", {}).setdefault("securitySchemes", {}).update(
        {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "hra_…"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        }
    )
    return schema
