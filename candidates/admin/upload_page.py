"""The page that takes a batch of resumes; the bytes go from the browser straight to the store."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from candidates.admin.upload import WORDS, person_of
from candidates.models import Candidate, UploadTicket
from hrassist import streaming
from hrassist.admin.site import add_page

RECENT = 50
STREAM = "/streams/uploads"
# Stands in the address of a person until the script knows whose.
ANYBODY = UUID(int=0)


def _require_right(request: HttpRequest) -> None:
    if not request.user.has_perm("candidates.add_uploadticket"):
        raise PermissionDenied


@require_safe
def upload_view(request: HttpRequest) -> HttpResponse:
    """The page; `?candidate=` adds every file of the batch to this person."""
    _require_right(request)
    user: Any = request.user
    candidate = None
    if wanted := request.GET.get("candidate"):
        try:
            candidate = Candidate.objects.visible_to(user).unmerged().get(pk=wanted)
        except (Candidate.DoesNotExist, ValidationError) as error:
            raise Http404 from error
    return TemplateResponse(
        request,
        "candidates/upload.html",
        {
            **admin.site.each_context(request),
            "title": "Upload resumes",
            "candidate": candidate,
            "max_bytes": settings.UPLOAD_MAX_BYTES,
            "max_megabytes": settings.UPLOAD_MAX_BYTES // 1024 // 1024,
            "scanner": bool(settings.CLAMD_SOCKET),
            "stream": streaming.address(STREAM),
            "person_url": reverse("admin:candidates_candidate_change", args=[ANYBODY]),
            "anybody": ANYBODY,
        },
    )


@require_safe
def recent_view(request: HttpRequest) -> JsonResponse:
    """The user's own last uploads with their states, newest first: what the page shows again after a reload."""
    _require_right(request)
    mine = UploadTicket.objects.filter(created_by=request.user.pk).exclude(state=UploadTicket.State.EXPIRED)
    newest = mine.select_related("resume__candidate", "duplicate_of__candidate")[:RECENT]
    answer = JsonResponse({"uploads": [_row(one) for one in newest]})
    answer["Cache-Control"] = "private, no-store"
    return answer


def _row(ticket: UploadTicket) -> dict[str, Any]:
    candidate = person_of(ticket)
    return {
        "id": str(ticket.pk),
        "filename": ticket.filename,
        "size": ticket.declared_size,
        "state": ticket.state,
        "word": WORDS[UploadTicket.State(ticket.state)],
        "reason": ticket.rejected_message or ticket.rejected_for,
        "created_at": ticket.created_at.isoformat(),
        "person": candidate.full_name if candidate else "",
        "person_url": reverse("admin:candidates_candidate_change", args=[candidate.pk]) if candidate else "",
    }


add_page("candidates/upload/", upload_view, name="candidates_upload")
add_page("candidates/upload/recent/", recent_view, name="candidates_upload_recent")
