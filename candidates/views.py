"""The addresses that hand out a resume's file, its pages and its text; included under /files/."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from candidates.actions import files
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import file_answer, head_answer, text_answer

if TYPE_CHECKING:
    from hrassist.models import User

View = Callable[..., HttpResponseBase]


def _answering_refusals(view: View) -> View:
    @wraps(view)
    def answering(request: HttpRequest, resume_id: UUID, **where: int) -> HttpResponseBase:
        try:
            return view(request, resume_id, **where)
        except DomainError as error:
            if error.status == 404:
                raise Http404(error.message) from error
            if error.status == 403:
                raise PermissionDenied(error.message) from error
            headers = {"Retry-After": "60", "Cache-Control": "no-store", "X-Error-Code": error.code}
            return HttpResponse(f"{error.message}\n", "text/plain; charset=utf-8", error.status, headers=headers)

    return answering


@require_safe
@login_required
@_answering_refusals
def original(request: HttpRequest, resume_id: UUID) -> HttpResponseBase:
    """The original file, to be saved."""
    by = cast("User", request.user)
    if request.method == "HEAD":
        return head_answer(files.describe_original(resume_id=resume_id, by=by))
    return file_answer(files.open_original(resume_id=resume_id, by=by))


@require_safe
@login_required
@_answering_refusals
def page(request: HttpRequest, resume_id: UUID, number: int) -> HttpResponseBase:
    """The picture of one page, to be looked at."""
    by = cast("User", request.user)
    if request.method == "HEAD":
        return head_answer(files.describe_page(resume_id=resume_id, number=number, by=by))
    return file_answer(files.open_page(resume_id=resume_id, number=number, by=by))


@require_safe
@login_required
@_answering_refusals
def text(request: HttpRequest, resume_id: UUID) -> HttpResponseBase:
    """The text that was read from it."""
    by = cast("User", request.user)
    if request.method == "HEAD":
        return head_answer(files.describe_text(resume_id=resume_id, by=by))
    return text_answer(files.open_text(resume_id=resume_id, by=by), filename="resume.txt")


app_name = "files"
urlpatterns = [
    path("resumes/<uuid:resume_id>", original, name="original"),
    path("resumes/<uuid:resume_id>/pages/<int:number>", page, name="page"),
    path("resumes/<uuid:resume_id>/text", text, name="text"),
]
