"""Two ways to come to one record: from a suspected group, or from a person whom somebody knows to be there twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from candidates.actions import merging
from candidates.admin import comparison, finder
from candidates.models import Candidate
from hrassist.admin import pages, undo
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError

MERGE = "candidates.merge_candidate"
OFFERED = 20


def compare(
    request: HttpRequest,
    people: Sequence[Candidate],
    *,
    here: str,
    apart: str = "",
    ties: Sequence[tuple[str, str]] = (),
    found_at: datetime | None = None,
) -> HttpResponse:
    """The records side by side; that somebody read the contacts of each is on record first."""
    user: Any = request.user
    for one in people:
        audit.viewed("candidate.viewed", target=one, by=user, subject=one)
    shown = comparison.records(user, people)
    return _answer(
        request,
        "compare",
        {
            "title": "Is this one person?",
            "records": shown,
            "rows": comparison.rows(shown),
            "resumes": comparison.resume_cells(shown),
            "ties": ties,
            "found_at": found_at,
            "here": here,
            "apart": apart if user.has_perm("candidates.change_duplicategroup") else "",
            "may_merge": user.has_perm(MERGE),
        },
    )


def merge(request: HttpRequest, people: Sequence[Candidate], *, here: str, back: str) -> HttpResponseBase:
    """First what would move, then (with `sure`) the merge itself."""
    user: Any = request.user
    if not user.has_perm(MERGE):
        raise PermissionDenied
    wish = comparison.read(request.POST, people, merging.CHOICES, comparison.seen_then(request))
    if wish is None or not wish.others:
        messages.error(request, "Choose the record to keep, and at least one to merge into it.")
        return HttpResponseRedirect(back)
    if "sure" not in request.POST:
        shown = comparison.records(user, wish.others)
        context = {"title": "Merge these records?", "wish": wish, "records": shown, "changes": _changes(wish)}
        return _answer(request, "confirm", context | {"here": here, "back": back})
    try:
        done = merging.merge_all(
            kept=wish.kept, others=wish.others, chosen=wish.chosen, by=user, now=timezone.now(),
            expected_updated_at=wish.seen,
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back)
    count = len(done)
    undo.offer(
        request,
        f"{count + 1} records of {wish.kept} are one now.",
        url=reverse("admin:candidates_candidatemerge_undo", args=[done[-1].pk]),
        label="Undo" if count == 1 else "Undo the last",
    )
    return HttpResponseRedirect(reverse("admin:candidates_candidate_change", args=[wish.kept.pk]))


def merge_candidate(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """Look for the other record of this person (`q`), compare with it (`with`), and merge."""
    candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not user.has_perm(MERGE):
        raise PermissionDenied
    here = reverse("admin:candidates_candidate_merge", args=[candidate.pk])
    other = _other(request.GET.get("with", ""))
    if other is not None and other != candidate.pk:
        people = comparison.visible(user, [candidate.pk, other])
        if len(people) < 2:
            raise Http404
        address = f"{here}?with={other}"
        if request.method == "POST":
            return merge(request, people, here=address, back=address)
        return compare(request, people, here=address)
    audit.viewed("candidate.viewed", target=candidate, by=user, subject=candidate)
    words = request.GET.get("q", "").strip()[:100]
    found: list[Candidate] = []
    if words:
        seen = Candidate.objects.visible_to(user).unmerged().exclude(pk=candidate.pk)
        found = list(finder.matching(seen, words, user=user, of_everybody=False).rows[:OFFERED])
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="",
        template="admin/candidates/candidate/merge.html",
        context={"words": words, "found": found},
    )


def _other(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


def _changes(wish: comparison.Wish) -> list[tuple[str, str, str]]:
    """(label, value before, value after) of what the merges change in the kept record."""
    facts = merging.facts_of(wish.kept)
    now = dict(facts)
    for one in wish.others:
        names = [name for name, pk in wish.chosen.items() if pk == one.pk]
        now |= merging.taken(now, merging.facts_of(one), names)
    return [(comparison.LABELS[name], facts[name], now[name]) for name in facts if now[name] != facts[name]]


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    everything = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, f"admin/candidates/duplicategroup/{template}.html", everything)


add_page("candidates/candidate/<uuid:candidate_id>/merge/", merge_candidate, name="candidates_candidate_merge")
