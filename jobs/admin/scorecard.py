"""The scorecard that an interviewer fills in: kept while they type, handed in once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit import actions as audit
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import scorecards as actions
from jobs.admin.interview import load, seen_at
from jobs.admin.interview_times import when
from jobs.models import Application, Interview, Scorecard, ScorecardAttribute

RATINGS = ((1, "far below"), (2, "below"), (3, "meets it"), (4, "above"))


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute on the card, with what is said of it so far."""

    attribute: ScorecardAttribute
    rating: int | None
    note: str


def interview_card_view(request: HttpRequest, interview_id: UUID) -> HttpResponseBase:
    interview = load(request, interview_id)
    # Whoever met the person may write, and reads no other page of the application for it.
    return _card(request, pages.load(request, "application", interview.application_id), interview)


def application_card_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """A card without an interview: for a call, or a look at somebody's work."""
    return _card(request, pages.load(request, "application", application_id), None)


def _card(request: HttpRequest, application: Application, interview: Interview | None) -> HttpResponseBase:
    by: Any = request.user
    if not by.has_perm("jobs.add_scorecard"):
        raise PermissionDenied
    if interview is not None and not interview.interviewers.filter(user=by.pk).exists():
        raise PermissionDenied
    card = (
        Scorecard.objects.filter(application=application, interview=interview, by=by.pk).order_by("created_at").last()
    )
    error: DomainError | None = None
    said = _said_on(card)
    if request.method == "POST":
        said = _said_in(request.POST, application)
        try:
            saved = _write(request, application, interview, said)
        except DomainError as refused:
            error = refused
        else:
            return _answer(request, saved, application)
        if not request.accepts("text/html"):
            return JsonResponse({"message": error.message, "code": error.code}, status=error.status)
    audit.viewed("scorecard.opened", target=application, by=by, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    attributes = application.job.scorecard_attributes.order_by("position", "pk")
    context = {
        "card": card,
        "interview": interview,
        "when": when(interview, by) if interview else None,
        "begun": interview is None or interview.starts_at <= timezone.now(),
        "said": said,
        "lines": [Line(one, said.ratings.get(one.pk), said.notes.get(one.pk, "")) for one in attributes],
        "ratings": RATINGS,
        "recommendations": Scorecard.Recommendation.choices,
        "seen": request.POST.get("seen", "") if error else card.updated_at.isoformat() if card else "",
        "error": error,
    }
    return pages.render(request, "application", application, tab="scorecards", template="jobs/scorecard.html",
                        context=context, status=error.status if error else 200)  # fmt: skip


def _write(
    request: HttpRequest, application: Application, interview: Interview | None, said: actions.Said
) -> Scorecard:
    action = actions.submit if request.POST.get("do") == "submit" else actions.save
    by: Any = request.user
    return action(
        application=application, interview=interview, said=said, by=by, now=timezone.now(),
        expected_updated_at=seen_at(request),
    )  # fmt: skip


def _answer(request: HttpRequest, card: Scorecard, application: Application) -> HttpResponseBase:
    if not request.accepts("text/html"):
        return JsonResponse({"seen": card.updated_at.isoformat()})
    if card.submitted_at is not None:
        messages.success(request, "Submitted. What the others wrote is shown from now on.")
        return HttpResponseRedirect(reverse("admin:jobs_application_scorecards", args=[application.pk]))
    messages.success(request, "Your draft is saved; only you see it.")
    return HttpResponseRedirect(request.path)


def _said_on(card: Scorecard | None) -> actions.Said:
    if card is None:
        return actions.Said()
    rated = list(card.ratings.all())
    return actions.Said(
        recommendation=card.recommendation,
        takeaways=card.takeaways,
        private_note=card.private_note,
        ratings={one.attribute_id: one.rating for one in rated},
        notes={one.attribute_id: one.note for one in rated},
    )


def _said_in(posted: QueryDict, application: Application) -> actions.Said:
    keys = list(application.job.scorecard_attributes.values_list("pk", flat=True))
    ratings = {key: posted.get(f"rating-{key}", "") for key in keys}
    return actions.Said(
        recommendation=posted.get("recommendation", ""),
        takeaways=posted.get("takeaways", ""),
        private_note=posted.get("private_note", ""),
        ratings={key: int(value) if value in {"1", "2", "3", "4"} else None for key, value in ratings.items()},
        notes={key: posted.get(f"note-{key}", "") for key in keys},
    )


@require_POST
def discard_view(request: HttpRequest, scorecard_id: UUID) -> HttpResponseBase:
    by: Any = request.user
    if not by.has_perm("jobs.add_scorecard"):
        raise PermissionDenied
    card = Scorecard.objects.filter(by=by.pk, pk=scorecard_id).select_related("application").first()
    if card is None:
        raise Http404
    try:
        actions.discard(card=card, by=by, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The draft is thrown away.")
    return HttpResponseRedirect(reverse("admin:jobs_application_scorecards", args=[card.application_id]))


add_page("jobs/interview/<uuid:interview_id>/scorecard/", interview_card_view, name="jobs_interview_scorecard")
add_page("jobs/application/<uuid:application_id>/scorecard/", application_card_view, name="jobs_application_scorecard")
add_page("jobs/scorecard/<uuid:scorecard_id>/discard/", discard_view, name="jobs_scorecard_discard")
