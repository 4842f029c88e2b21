"""Whether a person is ranked at all: a badge at their name, and the choice written down by one of ours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from candidates.models import Candidate, Channel
from hrassist.admin import pages, person_cards
from hrassist.admin.person_cards import Flags, PrivacyCard
from hrassist.admin.site import add_page
from hrassist.lib.at_once import Question, Row
from hrassist.lib.errors import DomainError
from jobs.actions import ranking_choices
from jobs.models import Application, Job, RankingOptOut

HEARD = (Channel.PHONE, Channel.IN_PERSON, Channel.MAIL)


def card(request: HttpRequest, candidate: Candidate) -> dict[str, Any]:
    """The standing opt-outs that the user sees, and the jobs for which one could be written down."""
    user: Any = request.user
    rows = RankingOptOut.objects.visible_to(user).filter(candidate=candidate).select_related("job", "by")
    optouts = list(rows)
    applied = Application.objects.visible_to(user).active().filter(candidate=candidate).select_related("job")
    return {
        "candidate": candidate,
        "optouts": optouts[:30],
        "jobs": [one.job for one in applied],
        "channels": [(one.value, one.label) for one in HEARD],
        "may": user.has_perm("jobs.add_rankingoptout"),
        "all": any(one.job_id is None and one.ended_at is None for one in optouts),
    }


def ranking_choice_view(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """Write down that somebody wants no ranking, or one again."""
    candidate: Candidate = pages.load(request, "candidate", candidate_id)
    back = reverse("admin:candidates_candidate_privacy", args=[candidate.pk])
    if request.method != "POST":
        return HttpResponseRedirect(back)
    user: Any = request.user
    if not user.has_perm("jobs.add_rankingoptout"):
        raise PermissionDenied
    said, now = request.POST, timezone.now()
    job = _job(user, said.get("job", ""))
    channel = said.get("channel", "")
    try:
        if said.get("do") == "in":
            ranking_choices.opt_in(candidate=candidate, channel=channel or Channel.PHONE, job=job, by=user, now=now)
            messages.success(request, f"{candidate} may be ranked again.")
        else:
            ranking_choices.opt_out(candidate=candidate, channel=channel, job=job, by=user, now=now)
            messages.success(request, f"{candidate} is read by people only.")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


def _job(user: Any, key: str) -> Job | None:
    if not key:
        return None
    try:
        found = Job.objects.visible_to(user).filter(pk=UUID(key)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _standing(user: Any, candidate: Candidate) -> Question:
    rows = RankingOptOut.objects.visible_to(user).standing().filter(candidate=candidate)
    return rows.values("job_id", "job__title")[:5]


def flags(candidate: Candidate, rows: list[Row]) -> list[dict[str, str]]:
    """A badge for somebody who is to be read by people only."""
    if not rows:
        return []
    of_all = any(one["job_id"] is None for one in rows)
    where = "any job" if of_all else ", ".join(one["job__title"] for one in rows)
    return [
        {
            "label": "Asked for a human",
            "colour": "blue",
            "icon": "person",
            "url": reverse("admin:candidates_candidate_privacy", args=[candidate.pk]),
            "title": f"Not ranked for {where}: read the application yourself. This must not be to their disadvantage.",
        }
    ]


add_page("candidates/candidate/<uuid:candidate_id>/ranking/", ranking_choice_view, name="jobs_candidate_ranking")
person_cards.add_card(
    PrivacyCard(
        name="ranking", template="jobs/ranking_choice.html", permission="jobs.view_rankingoptout", load=card, order=20
    )
)
person_cards.add_flags(Flags(permission="jobs.view_rankingoptout", ask=_standing, tell=flags, order=70))
