"""The tab of an application with everybody's judgement, as far as the reader may know it, and who still owes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import scorecards as actions
from jobs.models import Application, Interviewer, Scorecard, ScorecardRating
from jobs.models.scorecard import still_owes

RECOMMENDATION_COLOURS = {
    Scorecard.Recommendation.DEFINITELY_NOT: "bad",
    Scorecard.Recommendation.NO: "warn",
    Scorecard.Recommendation.YES: "good",
    Scorecard.Recommendation.STRONG_YES: "accent",
    Scorecard.Recommendation.NO_DECISION: "",
}
# Best first, as people read it.
ORDER = ("strong_yes", "yes", "no_decision", "no", "definitely_not")


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One attribute: what each card says of it, in the order of the cards, and the mean of those that rate it."""

    name: str
    cells: list[ScorecardRating | None]
    mean: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """How many recommend the same; `width` is out of 100."""

    label: str
    colour: str
    count: int
    width: int


@require_safe
def tab_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    application = pages.load(request, "application", application_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_scorecard"):
        raise PermissionDenied
    audit.viewed("application.scorecards_viewed", target=application, by=user, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    hidden = still_owes(user, application)
    seen = Scorecard.objects.visible_to(user).filter(application=application)
    cards = list(
        seen.submitted()
        .select_related("by", "interview")
        .defer("private_note")
        .prefetch_related("ratings__attribute")
        .order_by("submitted_at", "pk")
    )
    now = timezone.now()
    owed = [] if hidden else list(actions.owing(interview__application=application, interview__starts_at__lte=now))
    mine = list(actions.owing(interview__application=application, user=user.pk))
    context = {
        "cards": [(card, RECOMMENDATION_COLOURS[Scorecard.Recommendation(card.recommendation)]) for card in cards],
        "matrix": matrix(cards, application),
        "shares": shares(cards),
        "hidden": hidden,
        "owed": [(one, one.interview.ends_at <= now) for one in owed],
        "mine": mine,
        "drafts": list(Scorecard.objects.filter(application=application, by=user.pk, submitted_at__isnull=True)),
        "can_nudge": user.has_perm("jobs.change_interview"),
        "can_write": user.has_perm("jobs.add_scorecard"),
    }
    return pages.render(request, "application", application, tab="scorecards", template="jobs/scorecards.html",
                        context=context)  # fmt: skip


def matrix(cards: Sequence[Scorecard], application: Application) -> list[MatrixRow]:
    """Attributes as rows over exactly these cards: what the reader may not see is in no mean."""
    if not cards:
        return []
    said = [{one.attribute_id: one for one in card.ratings.all()} for card in cards]
    rows = []
    for attribute in application.job.scorecard_attributes.order_by("position", "pk"):
        cells = [ratings.get(attribute.pk) for ratings in said]
        values = [one.rating for one in cells if one is not None and one.rating is not None]
        rows.append(MatrixRow(attribute.name, cells, sum(values) / len(values) if values else None))
    return rows


def shares(cards: Sequence[Scorecard]) -> list[Share]:
    counts = Counter(card.recommendation for card in cards)
    most = max(counts.values(), default=1)
    labels = dict(Scorecard.Recommendation.choices)
    return [
        Share(
            label=str(labels[key]),
            colour=RECOMMENDATION_COLOURS[Scorecard.Recommendation(key)],
            count=counts[key],
            width=100 * counts[key] // most,
        )
        for key in ORDER
    ]


@require_POST
def nudge_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    application = pages.load(request, "application", application_id)
    by: Any = request.user
    if not by.has_perm("jobs.change_interview"):
        raise PermissionDenied
    key = request.POST.get("interviewer", "")
    one = (
        Interviewer.objects.filter(interview__application=application, pk=int(key)).select_related("user").first()
        if key.isdigit() and len(key) < 18
        else None
    )
    if one is None:
        raise Http404
    try:
        actions.nudge(interviewer=one, by=by, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{one.user.display_name} is reminded.")
    return HttpResponseRedirect(reverse("admin:jobs_application_scorecards", args=[application.pk]))


add_page("jobs/application/<uuid:application_id>/scorecards/", tab_view, name="jobs_application_scorecards")
add_page("jobs/application/<uuid:application_id>/scorecards/nudge/", nudge_view, name="jobs_application_nudge")
pages.add_tab(
    pages.Tab(
        noun="application", name="scorecards", label="Scorecards", url_name="admin:jobs_application_scorecards",
        permission="jobs.view_scorecard", order=40,
    )
)  # fmt: skip
