"""The ranked people of a job: the stored list, the same people unranked, and where anybody else stands and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from audit import actions as audit
from candidates.models import Candidate, Resume
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.models import LongTask
from jobs.actions import matching, reviews
from jobs.admin import ranking, standing
from jobs.matching import lawful
from jobs.models import Application, HumanDecision, Job, Match

UNRANKED, NEW_COUNTED, NAMES_FOUND, BY_PEOPLE = 50, 1_000, 8, 50


@require_safe
def ranked_view(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The latest ranking of this user as it was stored; or the same people without any ranking."""
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if "unranked" in request.GET:
        people = list(
            Candidate.objects.visible_to(user)
            .unmerged()
            .filter(resumes__is_current=True, resumes__state="ready")[:UNRANKED]
        )
        here = ranking.in_pipeline(job, [one.pk for one in people])
        rows = [(one, here.get(one.pk)) for one in people]
        return _page(request, job, template="unranked", context={"rows": rows})
    run = ranking.latest_run(job, user=user)
    context: dict[str, Any] = {
        "run": run,
        "people": [],
        "can_rank": user.has_perm("jobs.add_matchrun"),
        "can_decide": user.has_perm("jobs.add_humandecision") and user.has_perm("jobs.change_application"),
        "all_musts": "musts" in request.GET,
        "task": _task(job, user=user),
        "rules": lawful.rules_of(job, today=timezone.localdate()),
        "by_people": by_people(job, user=user),
    }
    if run is not None:
        audit.viewed("match_run.viewed", target=run, by=user, job=job)
        everybody = ranking.people(run, user=user)
        context |= {
            "everybody": len(everybody),
            "people": [one for one in everybody if one.has_all_musts] if context["all_musts"] else everybody,
            "changed": _changed_since(run.created_at, user=user),
            "job_changed": job.updated_at > run.created_at,
        }
    return _page(request, job, template="ranked", context=context)


def by_people(job: Job, *, user: Any) -> list[Application]:
    """Who is in process and asked to be read without a ranking; they stand above it, longest waiting first."""
    rows = Application.objects.visible_to(user).active().filter(job=job)
    asked = rows.filter(candidate__in=lawful.opted_out(job).values("candidate"))
    return list(asked.select_related("candidate", "stage").order_by("entered_stage_at", "pk")[:BY_PEOPLE])


def rank_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """Rank at once where few are looked at; many are ranked by the worker, and the list tells how far it is."""
    if request.method != "POST":
        raise Http404
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.add_matchrun"):
        raise PermissionDenied
    back = reverse("admin:jobs_job_ranked", args=[job.pk])
    try:
        task = matching.rank_or_begin(job=job, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        if task is None:
            messages.success(request, "Ranked over everybody you may see.")
        else:
            link = reverse("admin:long_task", args=[task.pk])
            said = (
                'Many people to look at: this goes on by itself, you may leave the page. <a href="{}">How far it is</a>'
            )
            messages.info(request, format_html(said, link))
    return HttpResponseRedirect(back)


@require_safe
def why_not_view(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Where one or two people stand for the job in a ranking made now, or why they have no place in it."""
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_match"):
        raise PermissionDenied
    asked = [one for name in ("person", "beside") if (one := _person(request, request.GET.get(name, "")))]
    asked = list(dict.fromkeys(asked))
    for one in asked:
        audit.viewed("match.explained", target=one, by=user, subject=one, job=job)
    context = {"asked": asked, "shown": standing.of(job, asked, user=user) if asked else None}
    return _page(request, job, template="why_not", context=context)


@require_safe
def people_view(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Names that begin to match what is typed, among the people whom the user may see."""
    pages.load(request, "job", job_id)
    user: Any = request.user
    words = request.GET.get("q", "").replace("\0", "").split()[:6]
    if not user.has_perm("candidates.view_candidate"):
        raise PermissionDenied
    if not words:
        return JsonResponse({"people": []})
    audit.viewed("candidate.searched", target=None, by=user, by_what="name")
    rows = Candidate.objects.visible_to(user).unmerged()
    for word in words:
        rows = rows.filter(full_name__icontains=word)
    found = rows.order_by("-created_at", "-pk")[:NAMES_FOUND]
    return JsonResponse(
        {"people": [{"id": str(one.pk), "name": one.full_name, "detail": one.headline or one.place} for one in found]}
    )


def choose_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """Shortlist somebody of the list or keep them in mind, whatever their place: a person's decision, on record."""
    if request.method != "POST":
        raise Http404
    job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not (user.has_perm("jobs.add_humandecision") and user.has_perm("jobs.change_application")):
        raise PermissionDenied
    key = request.POST.get("match", "")
    run = ranking.latest_run(job, user=user)
    match = (
        Match.objects.filter(pk=key, run=run, candidate__in=Candidate.objects.visible_to(user)).first()
        if run is not None and key.isdigit() and len(key) < 18
        else None
    )
    if match is None:
        raise Http404
    verdict = request.POST.get("do", "")
    try:
        if not match.run.job.applications.active().filter(candidate=match.candidate_id).exists() and not user.has_perm(
            "jobs.add_application"
        ):
            raise DomainError("You may not put new people into a pipeline. Ask a recruiter.", code="not_allowed")
        reviews.choose(match=match, verdict=verdict, by=user, now=timezone.now(), note=request.POST.get("note", ""))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        said = "shortlisted" if verdict == HumanDecision.Verdict.SHORTLIST else "kept in mind"
        messages.success(request, f"{match.candidate}: {said}.")
    return HttpResponseRedirect(reverse("admin:jobs_job_ranked", args=[job.pk]))


def _person(request: HttpRequest, key: str) -> Candidate | None:
    if not key:
        return None
    user: Any = request.user
    try:
        return Candidate.objects.visible_to(user).unmerged().get(pk=UUID(key))
    except (Candidate.DoesNotExist, ValueError) as error:
        raise Http404 from error


def _changed_since(moment: Any, *, user: Any) -> int:
    """How many people have a newer resume than the ranking read; beyond a thousand it is not counted."""
    rows = (
        Resume.objects.ready().current().filter(created_at__gt=moment, candidate__in=Candidate.objects.visible_to(user))
    )
    return rows[:NEW_COUNTED].count()


def _task(job: Job, *, user: Any) -> LongTask | None:
    """The ranking that is being made for this user, if there is one."""
    rows = LongTask.objects.visible_to(user).unfinished().filter(kind=matching.LONG, params__job=str(job.pk))
    return rows.order_by("-created_at").first()


def _page(request: HttpRequest, job: Job, *, template: str, context: dict[str, Any]) -> HttpResponse:
    return pages.render(request, "job", job, tab="ranked", template=f"admin/jobs/job/{template}.html", context=context)


add_page("jobs/job/<uuid:job_id>/ranked/", ranked_view, name="jobs_job_ranked")
add_page("jobs/job/<uuid:job_id>/rank/", rank_view, name="jobs_job_rank")
add_page("jobs/job/<uuid:job_id>/why-not/", why_not_view, name="jobs_job_why_not")
add_page("jobs/job/<uuid:job_id>/why-not/people/", people_view, name="jobs_job_why_not_people")
add_page("jobs/job/<uuid:job_id>/choose/", choose_view, name="jobs_job_choose")
