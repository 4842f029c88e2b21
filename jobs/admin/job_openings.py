"""The seats of a job, one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from hrassist.admin import pages
from hrassist.admin.site import add_page
from jobs.actions import jobs as job_actions
from jobs.actions import openings as actions
from jobs.admin.doing import do, number
from jobs.models import Job, Opening, Requisition

CHANGES = {
    "cancel": (actions.cancel, "cancelled"),
    "hold": (actions.hold, "on hold"),
    "reopen": (actions.reopen, "free again"),
}


def openings_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """Every seat with where it came from and who fills it; by POST, a change of one or more seats."""
    job: Job = pages.load(request, "job", job_id)
    user: Any = request.user
    may_change = user.has_perm("jobs.change_opening")
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        return _change(request, job)
    seats = list(job.openings.select_related("requisition", "filled_by__candidate"))
    asked = [seat.requisition_id for seat in seats if seat.requisition_id is not None]
    seen = Requisition.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)
    context = {
        "seats": seats,
        "seen_requisitions": set(seen),
        "free": sum(seat.closed_at is None for seat in seats),
        "filled": sum(seat.close_reason == Opening.CloseReason.FILLED for seat in seats),
        "can_change": may_change,
    }
    return pages.render(request, "job", job, tab="openings", template="admin/jobs/job/openings.html", context=context)


def _change(request: HttpRequest, job: Job) -> HttpResponseBase:
    user: Any = request.user
    said, now, back = request.POST, timezone.now(), reverse("admin:jobs_job_openings", args=[job.pk])
    if said.get("do") == "add":
        count = number(said.get("count"), otherwise=1)
        return do(
            request,
            lambda: job_actions.add_openings(job=job, count=count, by=user, now=now),
            done="1 opening added." if count == 1 else f"{count} openings added.",
            back=back,
        )
    seat = job.openings.filter(pk=number(said.get("opening"), otherwise=0)).first()
    if seat is None or said.get("do") not in CHANGES:
        raise Http404
    action, state = CHANGES[said["do"]]
    return do(
        request,
        lambda: action(opening=seat, by=user, now=now),
        done=f"Opening {seat.number} is {state}.",
        back=back,
    )


add_page("jobs/job/<uuid:job_id>/openings/", openings_view, name="jobs_job_openings")
pages.add_tab(
    pages.Tab(noun="job", name="openings", label="Openings", url_name="admin:jobs_job_openings", order=62),
)
