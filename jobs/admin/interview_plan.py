"""The tab of a job that says what its interviews are to find out: steps by stage, and what scorecards rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import interview_plans as actions
from jobs.models import InterviewPlanStep, Job, ScorecardAttribute, Stage


def plan_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_interview"):
        raise PermissionDenied
    if request.method == "POST":
        return _change(request, job)
    stages = list(job.stages.prefetch_related("plan").order_by("position"))
    can_change = user.has_perm("jobs.change_job")
    context = {
        "stages": [stage for stage in stages if stage.kind != Stage.Kind.HIRED],
        "attributes": job.scorecard_attributes.annotate(rated=Count("ratings")).order_by("position", "pk"),
        "categories": ScorecardAttribute.Category.choices,
        "can_change": can_change,
        "sources": _sources(job, user) if can_change else (),
        "must_haves": bool(job.must_have.strip()),
    }
    return pages.render(request, "job", job, tab="interview_plan", template="jobs/interview_plan.html", context=context)


def _sources(job: Job, user: Any) -> Any:
    """Jobs that the user sees and that have something to copy."""
    steps = InterviewPlanStep.objects.filter(stage__job=OuterRef("pk"))
    rated = ScorecardAttribute.objects.filter(job=OuterRef("pk"))
    return (
        Job.objects.visible_to(user).exclude(pk=job.pk).filter(Exists(steps) | Exists(rated)).only("title", "pk")[:200]
    )


def _change(request: HttpRequest, job: Job) -> HttpResponseBase:
    if not request.user.has_perm("jobs.change_job"):
        raise PermissionDenied
    work = _works(request, job).get(request.POST.get("do", ""))
    if work is None:
        raise Http404
    try:
        messages.success(request, work())
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("admin:jobs_job_interview_plan", args=[job.pk]))


def _works(request: HttpRequest, job: Job) -> dict[str, Callable[[], str]]:
    """What each button of the page does, and what it says afterwards."""
    said = request.POST
    common: dict[str, Any] = {"by": request.user, "now": timezone.now()}

    def words() -> dict[str, Any]:
        minutes = said.get("minutes", "")
        return {
            "name": said.get("name", ""),
            "minutes": int(minutes) if minutes.isdigit() and len(minutes) < 5 else 0,
            "instructions": said.get("instructions", "")[:5000],
        }

    def step() -> InterviewPlanStep:
        rows = InterviewPlanStep.objects.filter(stage__job=job).select_related("stage")
        found: InterviewPlanStep = _one(rows, said.get("step", ""))
        return found

    def attribute() -> ScorecardAttribute:
        found: ScorecardAttribute = _one(job.scorecard_attributes.all(), said.get("attribute", ""))
        return found

    def add_step() -> str:
        actions.add_step(stage=_one(job.stages.all(), said.get("stage", "")), **words(), **common)
        return "The step is in the plan."

    def change_step() -> str:
        actions.change_step(step=step(), **words(), **common)
        return "Saved."

    def move_step() -> str:
        actions.move_step(step=step(), up=said.get("way") == "up", **common)
        return "Moved."

    def remove_step() -> str:
        actions.remove_step(step=step(), **common)
        return "The step is out of the plan; interviews that were scheduled stay."

    def add_attribute() -> str:
        actions.add_attribute(job=job, name=said.get("name", ""), category=said.get("category", ""), **common)
        return "It is on the scorecard."

    def move_attribute() -> str:
        actions.move_attribute(attribute=attribute(), up=said.get("way") == "up", **common)
        return "Moved."

    def remove_attribute() -> str:
        actions.remove_attribute(attribute=attribute(), **common)
        return "It is off the scorecard."

    def propose() -> str:
        return f"{actions.propose_attributes(job=job, **common)} must-haves are new on the scorecard."

    def copy() -> str:
        try:
            source = Job.objects.visible_to(common["by"]).get(pk=UUID(said.get("source", "")))
        except (ValueError, Job.DoesNotExist) as error:
            raise Http404 from error
        steps, attributes = actions.copy_plan(job=job, source=source, **common)
        return f"{steps} steps and {attributes} attributes were copied."

    return {
        "add_step": add_step, "change_step": change_step, "move_step": move_step, "remove_step": remove_step,
        "add_attribute": add_attribute, "move_attribute": move_attribute, "remove_attribute": remove_attribute,
        "propose": propose, "copy": copy,
    }  # fmt: skip


def _one(rows: Any, key: str) -> Any:
    found = rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 18 else None
    if found is None:
        raise Http404
    return found


add_page("jobs/job/<uuid:job_id>/interview-plan/", plan_view, name="jobs_job_interview_plan")
pages.add_tab(
    pages.Tab(
        noun="job", name="interview_plan", label="Interview plan", url_name="admin:jobs_job_interview_plan",
        permission="jobs.view_interview", order=50,
    )
)  # fmt: skip
