"""Every refusal of the API as a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from hrassist.lib import origin
from hrassist.lib.errors import DomainError
from hrassist.lib.rest import OrjsonRenderer

PROBLEM = "application/problem+json"
PREFIX = "/api/"
# Where a person can read what a code means; stable, whatever the site is called.
TYPE = "urn:hrassist:problem:{code}"
logger = logging.getLogger(__name__)


def document(*, status: int, code: str, detail: str, errors: Any = None, instance: str = "") -> dict[str, Any]:
    """The members of a problem document; `errors` maps a field's path to its sentences."""
    found: dict[str, Any] = {
        "type": TYPE.format(code=code.replace("_", "-")),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": instance,
        "request_id": origin.current().request_id,
    }
    if errors:
        found["errors"] = errors
    return found


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translate a refusal; None for what nobody expected, which then becomes a 500 and is reported."""
    request = context.get("request")
    instance = request.path if request is not None else ""
    translated = _translate(error)
    if translated is None:
        return None
    problem, headers = translated
    problem["instance"] = instance
    response = Response(problem, status=problem["status"], headers=headers)
    response.content_type = PROBLEM
    return response


def _translate(error: Exception) -> tuple[dict[str, Any], dict[str, str]] | None:
    if isinstance(error, DomainError):
        wait = getattr(error, "retry_after", 30 if error.status in {429, 503} else None)
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return document(status=error.status, code=error.code, detail=error.message, errors=error.fields), headers
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing here that you may see.")
    elif isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(
            error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
        )
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(error, "auth_header", ""):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error), headers
    code = str(error.get_codes()) if not isinstance(error.get_codes(), dict | list) else error.default_code
    return document(status=error.status_code, code=code, detail=str(error.detail)), headers


def _invalid(error: exceptions.ValidationError) -> dict[str, Any]:
    fields = dict(_flat("", error.detail))
    codes = {code for code in _leaves(error.get_codes()) if code in {"invalid_cursor", "unknown_parameter"}}
    first = next(iter(fields), "")
    detail = f"{first}: {fields[first][0]}" if first else "The request does not fit."
    return document(status=400, code=codes.pop() if codes else "invalid", detail=detail, errors=fields)


def _flat(path: str, detail: Any) -> list[tuple[str, list[str]]]:
    """Nested errors as `emails.0.address` → sentences."""
    if isinstance(detail, dict):
        return [
            pair for name, inner in detail.items() for pair in _flat(f"{path}.{name}" if path else str(name), inner)
        ]
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        return [pair for index, inner in enumerate(detail) for pair in _flat(f"{path}.{index}", inner)]
    sentences = detail if isinstance(detail, list) else [detail]
    return [(path or "non_field_errors", [str(sentence) for sentence in sentences])] if sentences else []


def _leaves(codes: Any) -> list[str]:
    if isinstance(codes, dict):
        return [leaf for inner in codes.values() for leaf in _leaves(inner)]
    if isinstance(codes, list):
        return [leaf for inner in codes for leaf in _leaves(inner)]
    return [str(codes)]


def answer(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponse:
    """A problem document outside of any endpoint of ours."""
    body = document(status=status, code=code, detail=detail, instance=request.path)
    return HttpResponse(OrjsonRenderer().render(body), status=status, content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PREFIX):
        return defaults.bad_request(request, exception)
    return answer(request, status=400, code="bad_request", detail="The request could not be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PREFIX):
        return defaults.permission_denied(request, exception)
    return answer(request, status=403, code="permission_denied", detail="You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(PREFIX):
        return defaults.page_not_found(request, exception)
    return answer(
        request, status=404, code="not_found", detail="No such address. /api/v1/schema lists every address there is."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """A 500 without details: they are in the log under the request's id."""
    if not request.path.startswith(PREFIX):
        return defaults.server_error(request)
    return answer(
        request,
        status=500,
        code="server_error",
        detail="Something went wrong on our side and has been reported. Nothing was changed.",
    )
