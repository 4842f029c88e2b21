"""The tab of a candidate that lists what they applied for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import pages
from hrassist.admin.site import add_page
from jobs.admin.badges import status_badge
from jobs.models import Application


@require_safe
def applications_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """Every application of this person for a job that the user sees, newest first."""
    candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_application"):
        raise PermissionDenied
    audit.viewed("candidate.applications_viewed", target=candidate, by=user, subject=candidate)
    rows = (
        Application.objects.visible_to(user)
        .filter(candidate=candidate)
        .select_related("candidate", "job", "stage", "reason", "credited_to")
    )
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="applications",
        template="admin/jobs/candidate/applications.html",
        context={"rows": [(one, status_badge(one)) for one in rows]},
    )


add_page(
    "candidates/candidate/<uuid:candidate_id>/applications/", applications_view, name="jobs_candidate_applications"
)
