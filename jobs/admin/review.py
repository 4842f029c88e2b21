"""The review queue: one candidate at a time, the resume left, what it says about the job right, one key per verdict."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import navigation, pages, pieces
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import reviews
from jobs.actions.steps import UNDO_FOR
from jobs.admin import evidence, review_queue
from jobs.admin.badges import status_badge
from jobs.admin.moving import chosen_reason, who_was_quicker
from jobs.admin.review_queue import Scope
from jobs.models import Application, HumanDecision, Job, Match, RejectionReason

SAID = {"shortlist": "shortlisted", "maybe": "kept in mind", "reject": "rejected"}


@require_safe
def review_view(request: HttpRequest) -> HttpResponse:
    """The one that waits longest, or the one named by `at`.

    With `ahead` it is fetched to be shown later: that is what goes on record, and `shown_view` records the look.
    """
    user = _reviewer(request)
    scope, now = _scope(request), timezone.now()
    asked = _visible(request, request.GET["at"]) if request.GET.get("at") else None
    place, key = review_queue.place_of(asked, user=user, scope=scope, now=now)
    one = asked or (_visible(request, str(key)) if key else None)
    ahead = "ahead" in request.GET
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Review queue",
        "scope": scope,
        "place": place,
        "one": one,
        "ahead": ahead,
        "address": _address(scope),
        "previous": _address(scope, place.previous),
        "following": _address(scope, place.following),
    }
    if not ahead:
        context |= {
            "jobs": review_queue.jobs_with_waiting(user),
            "last": HumanDecision.objects.standing()
            .filter(by=user, at__gt=now - UNDO_FOR, application__in=Application.objects.visible_to(user))
            .select_related("application__candidate")
            .first(),
        }
    if one is not None:
        context |= _item(request, one, verb="prefetched" if ahead else "viewed")
    return TemplateResponse(request, "jobs/review.html", context)


def shown_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """Put on record that a prefetched candidate is shown now, and tell where the application stands by now."""
    if request.method != "POST":
        raise Http404
    user = _reviewer(request)
    one = _visible(request, str(application_id))
    resume = one.candidate.resumes.order_by("-is_current", "-created_at").first()
    audit.viewed("application.viewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
    if resume is not None and user.has_perm("candidates.view_resume"):
        audit.viewed("resume.viewed", target=resume, by=user, subject=one.candidate_id)
    decided = HumanDecision.objects.standing().filter(application=one, by=user).exists()
    return JsonResponse({"stage": one.stage_id, "status": one.status, "decided": decided})


def decide_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """A verdict, or the last one taken back; then on to the next one."""
    if request.method != "POST":
        raise Http404
    user = _reviewer(request)
    one = _visible(request, str(application_id))
    if not request.accepts("text/html"):
        try:
            return JsonResponse(_decided(request, one, user))
        except DomainError as error:
            return JsonResponse({"message": who_was_quicker(one, error), "code": error.code}, status=error.status)
    scope = _scope(request)
    try:
        done = _decided(request, one, user)
    except DomainError as error:
        messages.error(request, who_was_quicker(one, error))
        return HttpResponseRedirect(_address(scope, one.pk))
    messages.success(request, done["told"])
    following = request.POST.get("following", "")
    if request.POST.get("do") == "undo" or not following:
        return HttpResponseRedirect(_address(scope, one.pk if request.POST.get("do") == "undo" else None))
    return HttpResponseRedirect(_address(scope, _visible(request, following).pk))


def _decided(request: HttpRequest, one: Application, user: Any) -> dict[str, Any]:
    said, now = request.POST, timezone.now()
    do = said.get("do", "")
    if do == "undo":
        decision = HumanDecision.objects.standing().filter(application=one, by=user).first()
        if decision is None:
            raise reviews.AlreadyUndone
        reviews.undo(decision=decision, by=user, now=now)
        return {"told": f"{one.candidate}: taken back.", "decision": None}
    if do not in SAID:
        raise Http404
    if do != HumanDecision.Verdict.MAYBE and not user.has_perm("jobs.change_application"):
        raise PermissionDenied
    seen = said.get("seen", "")
    decision = reviews.decide(
        application=one,
        verdict=do,
        by=user,
        now=now,
        expected_stage=one.job.stages.filter(pk=seen).first() if seen.isdigit() and len(seen) < 10 else None,
        reason=chosen_reason(said.get("reason", "")),
        note=said.get("note", ""),
        match=_match(said.get("match", ""), one, user),
    )
    return {"told": f"{one.candidate}: {SAID[do]}.", "decision": str(decision.pk)}


def _match(key: str, one: Application, user: Any) -> Match | None:
    if not key.isdigit() or len(key) > 18:
        return None
    return Match.objects.filter(pk=key, candidate=one.candidate_id, run__job=one.job_id, run__created_by=user).first()


def _item(request: HttpRequest, one: Application, *, verb: str) -> dict[str, Any]:
    user: Any = request.user
    audit.viewed(f"application.{verb}", target=one, by=user, subject=one.candidate_id, job=one.job_id)
    found = evidence.of(one, user=user)
    quotes = [(proof.start, proof.end) for proof in found.proofs if proof.start is not None and proof.end is not None]
    numbered, at = [], 0
    for proof in found.proofs:
        numbered.append((proof, at if proof.start is not None else None))
        at += proof.start is not None
    decisions = HumanDecision.objects.standing().filter(application=one).select_related("by", "reason")
    everybody = list(decisions.order_by("-at"))
    return {
        "badge": status_badge(one),
        "found": found,
        "proofs": numbered,
        "resume": pieces.resume(request, one.candidate, quotes=quotes, action=f"resume.{verb}"),
        "mine": next((row for row in everybody if row.by_id == user.pk), None),
        "others": [row for row in everybody if row.by_id != user.pk],
        "tags": list(one.candidate.tag_links.select_related("tag").order_by("tag__name")),
        "earlier": list(
            Application.objects.visible_to(user)
            .filter(candidate=one.candidate_id)
            .exclude(pk=one.pk)
            .select_related("job", "stage")[:5]
        ),
        "reasons": list(RejectionReason.objects.filter(active=True, kind=RejectionReason.Kind.WE_REJECTED)),
        "can_move": user.has_perm("jobs.change_application"),
    }


def _reviewer(request: HttpRequest) -> Any:
    if not (request.user.has_perm("jobs.add_humandecision") and request.user.has_perm("jobs.view_application")):
        raise PermissionDenied
    return request.user


def _visible(request: HttpRequest, key: str) -> Application:
    try:
        found: Application = pages.load(request, "application", UUID(key))
    except ValueError as error:
        raise Http404 from error
    return found


def _scope(request: HttpRequest) -> Scope:
    wanted = request.GET.get("job") or request.POST.get("job") or ""
    human = "1" in {request.GET.get("human"), request.POST.get("human")}
    if wanted == "all":
        return Scope(everything=True, human=human)
    if not wanted:
        return Scope(human=human)
    user: Any = request.user
    try:
        job = Job.objects.visible_to(user).filter(pk=UUID(wanted)).first()
    except ValueError as error:
        raise Http404 from error
    if job is None:
        raise Http404
    return Scope(job=job, human=human)


def _address(scope: Scope, at: UUID | None = None) -> str:
    query = "&".join(part for part in (scope.query, f"at={at}" if at else "") if part)
    return reverse("admin:jobs_review") + (f"?{query}" if query else "")


add_page("review/", review_view, name="jobs_review")
add_page("review/<uuid:application_id>/shown/", shown_view, name="jobs_review_shown")
add_page("review/<uuid:application_id>/decide/", decide_view, name="jobs_review_decide")
navigation.add(
    NavItem(
        label="Review queue",
        url_name="admin:jobs_review",
        icon="inbox",
        permission="jobs.add_humandecision",
        order=10,
        count=review_queue.count,
    )
)
