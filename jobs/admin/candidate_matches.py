"""The tab of a candidate that tells where they stand in the user's rankings, and which open jobs are near."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import actions as audit
from candidates.models import Candidate, Resume
from hrassist.admin import pages
from hrassist.admin.site import add_page
from jobs.admin.ranking import Proof, in_pipelines
from jobs.matching.suit import SuitableJob, jobs_for
from jobs.matching.types import Need
from jobs.models import Match, MatchRun


@require_safe
def matches_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """Their place in the user's latest ranking of each job; with `?look=1` the open jobs nearest to their resume."""
    candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not (user.has_perm("jobs.view_match") and user.has_perm("candidates.view_resume")):
        raise PermissionDenied
    audit.viewed("candidate.matches_viewed", target=candidate, by=user, subject=candidate)
    resume = Resume.objects.filter(candidate=candidate).ready().current().first()
    looked, near = 0, []
    if resume is not None and "look" in request.GET:
        audit.viewed("candidate.jobs_looked_for", target=resume, by=user, subject=candidate)
        suitable, looked = jobs_for(resume, user=user)
        here = in_pipelines(candidate, [one.job.pk for one in suitable])
        near = [(one, _proofs(one, resume), here.get(one.job.pk)) for one in suitable]
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="matches",
        template="admin/jobs/candidate/matches.html",
        context={"resume": resume, "places": _places(candidate, user=user), "near": near, "looked": looked},
    )


def _places(candidate: Candidate, *, user: Any) -> list[Match]:
    """The match of the newest run of each job, newest first; runs in which they have no place are not named."""
    newest = MatchRun.objects.visible_to(user).order_by("job_id", "-created_at", "-pk").distinct("job_id").values("pk")
    rows = Match.objects.filter(candidate=candidate, run__in=newest).select_related("run__job")
    return list(rows.order_by("-run__created_at")[:30])


def _proofs(one: SuitableJob, resume: Resume) -> list[Proof]:
    address = reverse("admin:candidates_candidate_resume", args=[resume.candidate_id])
    return [
        Proof(
            requirement=asked.text,
            is_must=asked.need is Need.MUST,
            strength=found.strength.value,
            quote=found.quote,
            page=found.page,
            url=f"{address}?{urlencode({'resume': resume.pk, 'start': found.start, 'end': found.end})}"
            if found.start is not None
            else "",
        )
        for asked, found in zip(one.criteria, one.evidence, strict=True)
    ]


add_page("candidates/candidate/<uuid:candidate_id>/matches/", matches_view, name="jobs_candidate_matches")
pages.add_tab(
    pages.Tab(
        noun="candidate",
        name="matches",
        label="Matches",
        url_name="admin:jobs_candidate_matches",
        permission="jobs.view_match",
        order=35,
    )
)
