"""The page of one interview, what its people do on it, and the tabs that list interviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from candidates.models import CandidateEmail
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import interviews as actions
from jobs.admin import ranking
from jobs.admin.interview_list import rows_of
from jobs.admin.interview_times import RESPONSE_COLOURS, STATUS_COLOURS, when
from jobs.models import Interview, Interviewer, Job, MatchEvidence, Scorecard
from jobs.models.scorecard import NO_CARD_DUE

RESPONSES = {
    "accepted": "Your answer is yes.",
    "tentative": "Your answer is maybe; whoever planned it is told.",
    "declined": "Your answer is no; whoever planned it is told.",
}
SETTLED = {
    "done": "The interview took place.",
    "no_show": "The person did not come.",
    "scheduled": "The interview is scheduled again.",
}


def load(request: HttpRequest, interview_id: UUID) -> Interview:
    """The interview, if the user may see it; raises Http404 or PermissionDenied."""
    user: Any = request.user
    if not user.has_perm("jobs.view_interview"):
        raise PermissionDenied
    found = (
        Interview.objects.visible_to(user)
        .select_related(
            "application__candidate", "application__job", "application__stage", "plan_step", "created_by",
            "cancelled_by",
        )
        .filter(pk=interview_id)
        .first()
    )  # fmt: skip
    if found is None:
        raise Http404
    return found


def seen_at(request: HttpRequest) -> Any:
    """When the form's reader loaded what they change; None where the form does not say."""
    try:
        return parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        return None


@require_safe
def page_view(request: HttpRequest, interview_id: UUID) -> HttpResponse:
    interview, user = load(request, interview_id), request.user
    who: Any = user
    application = interview.application
    audit.viewed("interview.viewed", target=interview, by=who, subject=application.candidate_id, job=application.job_id)
    met_by = list(interview.interviewers.select_related("user").order_by("pk"))
    mine = next((one for one in met_by if one.user_id == user.pk), None)
    own_card = Scorecard.objects.filter(interview=interview, by=who.pk).first() if mine else None
    now = timezone.now()
    context = {
        **_head(request, interview),
        "met_by": [(one, RESPONSE_COLOURS[Interviewer.Response(one.response)]) for one in met_by],
        "mine": mine,
        "own_card": own_card,
        "card_due": mine is not None and interview.status not in NO_CARD_DUE,
        "begun": interview.starts_at <= now,
        "over": interview.ends_at <= now,
        "can_plan": user.has_perm("jobs.change_interview"),
        "sees_job": Job.objects.visible_to(who).filter(pk=application.job_id).exists(),
        "evidence": _evidence(interview, who),
        "ended": application.status != "active",
    }
    return TemplateResponse(request, "jobs/interview.html", context)


def _head(request: HttpRequest, interview: Interview) -> dict[str, Any]:
    place = interview.place.strip()
    return {
        **admin.site.each_context(request),
        "title": f"{interview.title} with {interview.application.candidate}",
        "interview": interview,
        "application": interview.application,
        "when": when(interview, request.user),
        "colour": STATUS_COLOURS[Interview.Status(interview.status)],
        "link": place if place.startswith("https://") and " " not in place else "",
    }


def _evidence(interview: Interview, user: Any) -> list[MatchEvidence]:
    """What the user's own latest ranking of the job found for this person."""
    application = interview.application
    run = ranking.latest_run(application.job, user=user)
    if run is None:
        return []
    found = MatchEvidence.objects.filter(match__run=run, match__candidate=application.candidate_id)
    return list(found.exclude(quote="").order_by("pk")[:6])


@require_POST
def respond_view(request: HttpRequest, interview_id: UUID) -> HttpResponseBase:
    interview, user = load(request, interview_id), request.user
    who: Any = user
    response = request.POST.get("response", "")
    return _do(
        request,
        interview,
        lambda: actions.respond(interview=interview, response=response, by=who, now=timezone.now()),
        done=RESPONSES.get(response, "Answered."),
    )


@require_POST
def settle_view(request: HttpRequest, interview_id: UUID) -> HttpResponseBase:
    interview = _changing(request, interview_id)
    who: Any = request.user
    to = request.POST.get("to", "")
    if to not in SETTLED:
        raise Http404
    return _do(
        request,
        interview,
        lambda: actions.settle(
            interview=interview, to=to, by=who, now=timezone.now(), expected_updated_at=seen_at(request)
        ),
        done=SETTLED[to],
    )


def cancel_view(request: HttpRequest, interview_id: UUID) -> HttpResponseBase:
    """Asks first, and names everybody who will be told."""
    interview = _changing(request, interview_id)
    who: Any = request.user
    said = request.POST
    error = None
    if request.method == "POST":
        try:
            actions.cancel(
                interview=interview, reason=said.get("reason", ""), word_to_candidate=said.get("word", ""), by=who,
                now=timezone.now(), expected_updated_at=seen_at(request),
            )  # fmt: skip
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, "The interview is cancelled, and everybody is told.")
            return HttpResponseRedirect(_address(interview))
    application = interview.application
    audit.viewed("interview.viewed", target=interview, by=who, subject=application.candidate_id, job=application.job_id)
    address = application.candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk").first()
    context = {
        **_head(request, interview),
        "met_by": interview.interviewers.select_related("user").order_by("pk"),
        "address": address.address if address else "",
        "error": error,
        "said": said,
    }
    return TemplateResponse(request, "jobs/interview_cancel.html", context, status=error.status if error else 200)


def _changing(request: HttpRequest, interview_id: UUID) -> Interview:
    interview = load(request, interview_id)
    if not request.user.has_perm("jobs.change_interview"):
        raise PermissionDenied
    return interview


def _do(request: HttpRequest, interview: Interview, work: Callable[[], object], *, done: str) -> HttpResponseBase:
    try:
        work()
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return HttpResponseRedirect(_address(interview))


def _address(interview: Interview) -> str:
    return reverse("admin:jobs_interview_change", args=[interview.pk])


# --- The tabs ---------------------------------------------------------------------------------------------------------


@require_safe
def application_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    application = pages.load(request, "application", application_id)
    user: Any = request.user
    _require_view(user)
    audit.viewed("application.interviews_viewed", target=application, by=user, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    found = Interview.objects.visible_to(user).filter(application=application).order_by("-starts_at", "-pk")
    planned = application.stage.plan.order_by("position")
    rows = rows_of(found, user)
    there = {row.interview.plan_step_id for row in rows if row.interview.status != Interview.Status.CANCELLED}
    return pages.render(
        request,
        "application",
        application,
        tab="interviews",
        template="jobs/application_interviews.html",
        context={
            "rows": rows,
            "steps": [step for step in planned if step.pk not in there],
            "can_plan": user.has_perm("jobs.add_interview") and application.status == "active",
        },
    )


@require_safe
def candidate_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    _require_view(user)
    audit.viewed("candidate.interviews_viewed", target=candidate, by=user, subject=candidate)
    found = (
        Interview.objects.visible_to(user).filter(application__candidate=candidate).order_by("-starts_at", "-pk")[:200]
    )
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="interviews",
        template="jobs/candidate_interviews.html",
        context={"rows": rows_of(found, user)},
    )


def _require_view(user: Any) -> None:
    if not user.has_perm("jobs.view_interview"):
        raise PermissionDenied


add_page("jobs/interview/<uuid:interview_id>/change/", page_view, name="jobs_interview_change")
add_page("jobs/interview/<uuid:interview_id>/respond/", respond_view, name="jobs_interview_respond")
add_page("jobs/interview/<uuid:interview_id>/settle/", settle_view, name="jobs_interview_settle")
add_page("jobs/interview/<uuid:interview_id>/cancel/", cancel_view, name="jobs_interview_cancel")
add_page("jobs/application/<uuid:application_id>/interviews/", application_view, name="jobs_application_interviews")
add_page("candidates/candidate/<uuid:candidate_id>/interviews/", candidate_view, name="jobs_candidate_interviews")
pages.add_tab(
    pages.Tab(
        noun="application", name="interviews", label="Interviews", url_name="admin:jobs_application_interviews",
        permission="jobs.view_interview", order=30,
    ),
    pages.Tab(
        noun="candidate", name="interviews", label="Interviews", url_name="admin:jobs_candidate_interviews",
        permission="jobs.view_interview", order=50,
    ),
)  # fmt: skip
