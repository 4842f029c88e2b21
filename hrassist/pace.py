"""Which addresses are limited by which limit, asked before the view and whatever becomes of the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from hrassist.api import errors
from hrassist.lib import limits, origin
from hrassist.lib.limits import ADDRESS, LIMITS, TooFast

POST, GET = ("POST",), ("GET", "HEAD")

# Addresses by the name of their view, and the methods that count. What an action or the API limits itself is not here.
PACE: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    **dict.fromkeys(
        (
            "admin:search",
            "admin:autocomplete",
            "admin:candidates_candidate_changelist",
            "admin:jobs_job_changelist",
            "admin:jobs_application_changelist",
            "admin:audit_event_changelist",
            "admin:jobs_job_why_not_people",
            "admin:jobs_job_add_person",
        ),
        (("search", GET),),
    ),
    "admin:password_change": (("password:person", POST),),
    "admin:auth_user_password_change": (("password:person", POST),),
    "files:original": (("download", GET),),
    "files:text": (("download", GET),),
    "files:page": (("picture", GET),),
    "admin:jobs_offer_docx": (("letter", GET),),
    "admin:jobs_offer_pdf": (("letter", GET),),
    "admin:export": (("export", POST),),
    "admin:candidates_erasure_certificate": (("export:file", GET),),
    "admin:candidates_dataexport_download": (("export:file", GET),),
    "admin:long_task_file": (("export:file", GET),),
    "admin:long_task_refused": (("export:file", GET),),
    "admin:candidates_import": (("import", POST),),
    "admin:candidates_import_run": (("import", POST),),
    "admin:candidates_import_undo": (("import", POST),),
    "admin:jobs_job_rank": (("rank", POST),),
    "admin:jobs_emailtemplate_preview": (("mail:preview", POST),),
    **dict.fromkeys(
        (
            "admin:jobs_reports",
            "admin:jobs_report_drives",
            "admin:jobs_report_funnel",
            "admin:jobs_report_sources",
            "admin:jobs_report_time_in_stage",
            "admin:jobs_report_time_to_hire",
            "admin:jobs_report_workload",
        ),
        (("report", GET),),
    ),
    "storage-incoming": (("upload", ("PUT",)),),
    "policy-reports": (("policy", POST),),
    "jobs.api.bounces.sendgrid": (("bounces", POST),),
}


class PaceMiddleware:
    """Answers 429 with Retry-After where somebody, or an address, asks for one thing too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any) -> HttpResponseBase | None:
        match = request.resolver_match
        for name, methods in PACE.get(match.view_name if match else "", ()):
            if request.method not in methods:
                continue
            verdict = limits.take(name, whose(request, name))
            if not verdict.allowed:
                return answer(request, TooFast(seconds=verdict.reset))
        return None


def whose(request: HttpRequest, name: str) -> str:
    """The person where there is one and the limit is of persons, otherwise the address."""
    user = getattr(request, "user", None)
    if LIMITS[name].whose != ADDRESS and user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{origin.network_of(request)}"


def answer(request: HttpRequest, error: TooFast) -> HttpResponseBase:
    """The refusal as whoever asked can read it: a problem document, JSON for scripts of ours, or a page."""
    if request.path.startswith(errors.PREFIX):
        response: HttpResponse = errors.answer(request, status=error.status, code=error.code, detail=error.message)
    elif "application/json" in request.headers.get("Accept", "") or request.content_type == "application/json":
        response = JsonResponse({"message": error.message, "code": error.code}, status=error.status)
    else:
        page = render_to_string("429.html", {"seconds": error.retry_after}, request=request)
        response = HttpResponse(page, status=error.status)
    response.headers["Retry-After"] = str(error.retry_after)
    response.headers["Cache-Control"] = "private, no-store"
    return response
