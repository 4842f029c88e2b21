"""The board of one job, and the list of boards to choose from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import navigation, pages
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from jobs.admin import board, funnel
from jobs.admin.badges import job_badge
from jobs.models import HiringTeamMember, Job

JOBS_SHOWN = 60


@require_safe
def pipeline_view(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The board; with `stage` and `after` the next cards of one column, which the board's script takes over."""
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_application"):
        raise PermissionDenied
    audit.viewed("job.pipeline_viewed", target=job, by=user, job=job)
    filters, now = board.Filters.of(request.GET), timezone.now()
    context: dict[str, Any] = {
        "filters": filters,
        "can_move": user.has_perm("jobs.change_application"),
        "query": _query(request),
    }
    if "stage" in request.GET:
        wanted = request.GET["stage"]
        stage = job.stages.filter(pk=wanted).first() if wanted.isdigit() and len(wanted) < 10 else None
        if stage is None:
            raise Http404
        context["column"] = board.further(
            job, stage=stage, after=request.GET.get("after", ""), user=user, filters=filters, now=now
        )
        template = "admin/jobs/job/pipeline_more.html"
    else:
        context["board"] = board.board(job, user=user, filters=filters, now=now, with_closed="closed" in request.GET)
        template = "admin/jobs/job/pipeline.html"
    return pages.render(request, "job", job, tab="pipeline", template=template, context=context)


@require_safe
def pipelines_view(request: HttpRequest) -> HttpResponse:
    """Every board one may open: first those of one's own jobs, then the others that are open."""
    user: Any = request.user
    if not (user.has_perm("jobs.view_application") and user.has_perm("jobs.view_job")):
        raise PermissionDenied
    mine = HiringTeamMember.objects.filter(job=OuterRef("pk"), user=user.pk)
    rows = Job.objects.visible_to(user).filter(status__in=[Job.Status.OPEN, Job.Status.ON_HOLD])
    jobs = list(rows.annotate(mine=Exists(mine)).order_by("-mine", "-created_at", "-pk")[:JOBS_SHOWN])
    seats = {
        row["pk"]: row
        for row in Job.objects.filter(pk__in=[job.pk for job in jobs])
        .order_by()
        .values("pk")
        .annotate(
            seats=Count("openings", distinct=True),
            free=Count("openings", filter=Q(openings__closed_at__isnull=True), distinct=True),
        )
    }
    steps = funnel.of_jobs(jobs)
    shown = [
        {
            "job": job,
            "badge": job_badge(job),
            "steps": steps[job.pk],
            "seats": seats[job.pk],
            "mine": getattr(job, "mine", False),
        }
        for job in jobs
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Pipeline",
        "groups": [
            ("My jobs", [one for one in shown if one["mine"]]),
            ("Other open jobs", [one for one in shown if not one["mine"]]),
        ],
        "more": len(jobs) == JOBS_SHOWN,
    }
    return TemplateResponse(request, "jobs/pipelines.html", context)


def _query(request: HttpRequest) -> str:
    """The filters of this address, to be carried on."""
    kept = request.GET.copy()
    for name in ("stage", "after", "closed"):
        kept.pop(name, None)
    return kept.urlencode()


add_page("jobs/job/<uuid:job_id>/pipeline/", pipeline_view, name="jobs_job_pipeline")
add_page("pipeline/", pipelines_view, name="jobs_pipelines")
navigation.add(
    NavItem(
        label="Pipeline",
        url_name="admin:jobs_pipelines",
        icon="columns",
        permission="jobs.view_application",
        section="Hiring",
        order=35,
    )
)
