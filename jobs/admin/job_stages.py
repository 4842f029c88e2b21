"""The editor of a job's pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from hrassist.admin import pages
from hrassist.admin.site import add_page
from jobs.actions import stages as actions
from jobs.admin.badges import STAGE_COLOURS
from jobs.admin.doing import do, number
from jobs.models import Application, Job, Stage


def stages_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The stages in order with how many stand in each; by POST, one change of them."""
    job: Job = pages.load(request, "job", job_id)
    may_change = request.user.has_perm("jobs.change_stage")
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        return _change(request, job)
    active = Count("applications", filter=Q(applications__status=Application.Status.ACTIVE))
    steps = list(job.stages.order_by("position").annotate(people=active))
    context = {
        "steps": [(step, STAGE_COLOURS[Stage.Kind(step.kind)]) for step in steps],
        "seen": ",".join(str(step.pk) for step in steps),
        "kinds": [choice for choice in Stage.Kind.choices if choice[0] != Stage.Kind.HIRED],
        "can_change": may_change and job.status != Job.Status.ARCHIVED,
    }
    return pages.render(request, "job", job, tab="stages", template="admin/jobs/job/stages.html", context=context)


def _change(request: HttpRequest, job: Job) -> HttpResponseBase:
    said = request.POST
    work, done = _asked(request, job)
    return do(request, work, done=done, back=reverse("admin:jobs_job_stages", args=[job.pk]) + _focus(said.get("do")))


def _focus(what: str | None) -> str:
    return "#add" if what == "add" else ""


def _asked(request: HttpRequest, job: Job) -> tuple[Callable[[], Any], str]:
    """What the form wants done, and the sentence for when it is."""
    said, what = request.POST, request.POST.get("do", "")
    how: dict[str, Any] = {"by": request.user, "now": timezone.now(), "expected": _order(said.get("seen", ""))}
    if what == "reorder":
        order = _order(said.get("order", ""))
        return lambda: actions.reorder(job=job, order=order or [], **how), "The order is saved."
    name, kind = said.get("name", ""), said.get("kind", "")
    if what == "add":
        return lambda: actions.add(job=job, name=name, kind=kind, **how), f"The stage {name.strip()} is added."
    stage = job.stages.filter(pk=number(said.get("stage"), otherwise=0)).first()
    if stage is None:
        raise Http404
    match what:
        case "change":
            return lambda: actions.change(stage=stage, name=name, kind=kind or stage.kind, **how), "The stage is saved."
        case "up":
            return lambda: actions.shift(stage=stage, by_steps=-1, **how), f"{stage} comes earlier now."
        case "down":
            return lambda: actions.shift(stage=stage, by_steps=1, **how), f"{stage} comes later now."
        case "remove":
            return lambda: actions.remove(stage=stage, **how), f"The stage {stage} is removed."
    raise Http404


def _order(text: str) -> list[int] | None:
    """1,2,3 as the form carries it; None where it carries nothing."""
    return [number(part, otherwise=0) for part in text.split(",")] if text else None


add_page("jobs/job/<uuid:job_id>/stages/", stages_view, name="jobs_job_stages")
pages.add_tab(pages.Tab(noun="job", name="stages", label="Stages", url_name="admin:jobs_job_stages", order=64))
