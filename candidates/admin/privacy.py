"""The tab that tells what is held about a person, on which grounds, and who looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import actions as audit
from audit.models import Event
from candidates.actions import retention
from candidates.models import Candidate, DataExport, Erasure, LegalHold, PoolMembership, Resume, holding
from candidates.models.candidate import everybody_of
from hrassist.admin import holdings, pages, person_cards
from hrassist.admin.holdings import Ground, Grounds, Holding
from hrassist.admin.site import add_page

LOOKED_BACK = timedelta(days=90)
MOST_READERS = 50


@require_safe
def privacy_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """For those who answer for a record: its contents in figures, its grounds, its readers of the last 90 days."""
    candidate: Candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not user.has_perm("candidates.change_candidate"):
        raise PermissionDenied
    audit.viewed("candidate.privacy_viewed", target=candidate, by=user, subject=candidate)
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="privacy",
        template="admin/candidates/candidate/privacy.html",
        context={
            "grounds": holdings.grounds(user, candidate),
            "counts": holdings.counts(user, candidate),
            "readers": _readers(candidate),
            "days": LOOKED_BACK.days,
            "cards": person_cards.cards(request, candidate),
            "now": timezone.now(),
            **_requests(user, candidate),
        },
    )


def _requests(user: Any, candidate: Candidate) -> dict[str, Any]:
    """When the person goes by the rules and why, who holds them, and what was asked for."""
    due = retention.verdict_of(candidate)
    exports = DataExport.objects.visible_to(user).filter(candidate=candidate).order_by("-requested_at")
    return {
        "due": due,
        "why": retention.in_words(due) if due else "",
        # Whether anything holds them was just found out with their time.
        "holds": holds_of(user, candidate) if due is None or due.timeline.held else [],
        "erasure": Erasure.objects.visible_to(user).open().filter(candidate=candidate).first(),
        "exports": list(exports[:5]) if user.has_perm("candidates.view_dataexport") else [],
    }


def holds_of(user: Any, candidate: Candidate) -> list[dict[str, Any]]:
    """Legal holds that keep this person; of one on something that the user does not see only that it stands."""
    people = everybody_of(candidate.pk)
    ids = {pk for holds in holding.on(people).values() for pk in holds}
    if not ids:
        return []
    told = (
        LegalHold.objects.visible_to(user) if user.has_perm("candidates.view_legalhold") else LegalHold.objects.none()
    )
    seen = {one.pk: one for one in told.filter(pk__in=ids).select_related("placed_by")}
    rows = LegalHold.objects.filter(pk__in=ids).order_by("placed_at")
    return [{"kind": one.get_scope_display(), "since": one.placed_at, "hold": seen.get(one.pk)} for one in rows]


def privacy_url(candidate: Candidate) -> str:
    return reverse("admin:candidates_candidate_privacy", args=[candidate.pk])


def _readers(candidate: Candidate) -> list[dict[str, Any]]:
    """Who saw or took something of the person: how often, how many downloads, and when last."""
    seen = Q(action__endswith="viewed") | Q(action__endswith=".searched")
    events = Event.objects.about(candidate.pk).filter(ts__gt=timezone.now() - LOOKED_BACK, outcome="allow")
    rows: Any = (
        events.exclude(actor_display="")
        .values("actor_display", "actor_type")
        .annotate(
            views=Count("pk", filter=seen),
            downloads=Count("pk", filter=Q(action__contains="downloaded") | Q(action__contains="exported")),
            last=Max("ts"),
        )
        .filter(Q(views__gt=0) | Q(downloads__gt=0))
        .order_by("-last")
    )
    return list(rows[:MOST_READERS])


def _memberships(user: Any, candidate: Candidate) -> Iterator[Ground]:
    rows = PoolMembership.objects.visible_to(user).filter(candidate=candidate, removed_at__isnull=True)
    for one in rows.select_related("pool"):
        yield Ground(label=one.get_basis_display(), detail=f"Talent pool {one.pool}", since=one.added_at,
                     until=one.expires_at)  # fmt: skip


def _contacts(_user: Any, candidate: Candidate) -> QuerySet[Any, Any]:
    of_each: list[QuerySet[Any, Any]] = [
        kind.values("pk") for kind in (candidate.emails, candidate.phones, candidate.links)
    ]
    return of_each[0].union(*of_each[1:], all=True)


holdings.add(
    Holding(
        label="E-mail addresses, phone numbers, links", permission="candidates.view_candidate", order=10,
        rows=_contacts,
    ),
    Holding(
        label="Resumes, with their text and what was read from it", permission="candidates.view_resume", order=20,
        rows=lambda user, one: Resume.objects.visible_to(user).filter(candidate=one),
    ),
    Grounds(permission="candidates.view_poolmembership", find=_memberships),
)  # fmt: skip
add_page("candidates/candidate/<uuid:candidate_id>/privacy/", privacy_view, name="candidates_candidate_privacy")
pages.add_tab(
    pages.Tab(
        noun="candidate",
        name="privacy",
        label="Privacy",
        url_name="admin:candidates_candidate_privacy",
        permission="candidates.change_candidate",
        order=85,
    )
)
