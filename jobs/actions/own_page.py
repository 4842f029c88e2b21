"""What a person's own page shows them: their data in plain words, and where their applications stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from candidates.models import (
    Candidate,
    ConsentRecord,
    CorrectionRequest,
    NoticeDelivery,
    PoolMembership,
    Resume,
)
from hrassist.lib.jurisdictions import Jurisdiction
from jobs.actions import demographics
from jobs.matching import lawful
from jobs.models import Application, Interview, Match, MatchEvidence, Message, RankingOptOut, ReviewRequest

Status = Application.Status


@dataclass(frozen=True, slots=True)
class Standing:
    """One application as the person reads it."""

    application: Application
    words: str
    is_open: bool
    is_decided: bool
    opted_out: bool
    explained: bool
    reviewable: bool
    review: ReviewRequest | None
    # The voluntary questions about themselves: asked for this job, or answered already.
    asked: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of the job and what the ranking found about it in the resume."""

    text: str
    is_must: bool
    found: bool
    quote: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a ranking read a resume, in plain words: nothing of other people."""

    ranked_at: datetime
    requirements: tuple[Requirement, ...]
    model: str

    @property
    def found(self) -> int:
        return sum(one.found for one in self.requirements)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    candidate: Candidate
    facts: list[tuple[str, str]]
    resumes: list[Resume]
    applications: list[Standing]
    pools: list[PoolMembership]
    consents: list[ConsentRecord]
    notices: list[NoticeDelivery]
    corrections: list[CorrectionRequest]
    counts: list[tuple[str, int]]
    opted_out: bool
    places: tuple[Jurisdiction, ...] = field(default=())


def page_of(candidate: Candidate, *, now: datetime) -> Page:
    """The person's own page."""
    optouts = set(RankingOptOut.objects.standing().filter(candidate=candidate).values_list("job_id", flat=True))
    return Page(
        candidate=candidate,
        facts=_facts(candidate),
        resumes=list(Resume.objects.filter(candidate=candidate).order_by("-created_at", "-pk")),
        applications=standings(candidate, now=now, optouts=optouts),
        pools=list(PoolMembership.objects.current(now=now).filter(candidate=candidate).select_related("pool")),
        consents=list(ConsentRecord.objects.filter(candidate=candidate).select_related("notice")),
        notices=list(NoticeDelivery.objects.filter(candidate=candidate).select_related("notice")[:50]),
        corrections=list(CorrectionRequest.objects.filter(candidate=candidate)[:20]),
        counts=_counts(candidate),
        opted_out=None in optouts,
    )


def standings(candidate: Candidate, *, now: datetime, optouts: set[Any] | None = None) -> list[Standing]:
    """Their applications, newest first, in words that tell no more than they were told."""
    if optouts is None:
        optouts = set(RankingOptOut.objects.standing().filter(candidate=candidate).values_list("job_id", flat=True))
    rows = list(Application.objects.filter(candidate=candidate).select_related("job"))
    ids = [one.pk for one in rows]
    waiting = set(Message.objects.queued().filter(application__in=ids).values_list("application_id", flat=True))
    reviews: dict[Any, ReviewRequest] = {}
    for review in ReviewRequest.objects.filter(application__in=ids).order_by("asked_at"):
        reviews[review.application_id] = review
    ranked = set(Match.objects.filter(candidate=candidate).values_list("run__job_id", flat=True))
    places_of = lawful.of_person_and_jobs(candidate, [one.job for one in rows])
    asked, answered = demographics.of_applications(rows)
    found = []
    for one in rows:
        # A mail that can still be taken back has told them nothing yet.
        decided = one.status != Status.ACTIVE and one.pk not in waiting
        places = places_of[one.job_id]
        found.append(
            Standing(
                application=one,
                words=_words(one, decided=decided),
                is_open=not decided,
                is_decided=decided and one.status == Status.REJECTED,
                opted_out=None in optouts or one.job_id in optouts,
                explained=one.job_id in ranked and any(place.explanation for place in places),
                reviewable=decided and one.status == Status.REJECTED and any(place.review for place in places),
                review=reviews.get(one.pk),
                asked=one.pk in asked,
                answered=one.pk in answered,
            )
        )
    return found


def explanation_of(application: Application) -> Explanation | None:
    """What the latest ranking of its job that held the person said of each requirement; None without one."""
    match = (
        Match.objects.filter(candidate=application.candidate_id, run__job=application.job_id)
        .select_related("run")
        .order_by("-run__created_at", "-run_id")
        .first()
    )
    if match is None:
        return None
    evidence = {one.criterion: one for one in match.evidence.all()}
    return Explanation(
        ranked_at=match.run.created_at,
        requirements=tuple(_requirement(one, evidence.get(number)) for number, one in enumerate(match.run.criteria)),
        model=match.run.model_hash[:8],
    )


def in_words(explanation: Explanation | None) -> str:
    """The requirements as lines of a mail."""
    if explanation is None or not explanation.requirements:
        return "- The program found nothing that can be said in words."
    lines = []
    for one in explanation.requirements:
        said = f"found: “{one.quote[:160]}”" if one.found else "not found in the resume"
        lines.append(f"- {one.text} ({'required' if one.is_must else 'welcome'}): {said}")
    return "\n".join(lines)


def _requirement(criterion: dict[str, Any], found: MatchEvidence | None) -> Requirement:
    there = found is not None and found.strength != MatchEvidence.Strength.NONE
    return Requirement(
        text=str(criterion.get("text", "")),
        is_must=criterion.get("kind") == "must",
        found=there,
        quote=found.quote if found is not None and there else "",
    )


def _words(one: Application, *, decided: bool) -> str:
    if not decided:
        return "In process"
    return {Status.HIRED: "Successful", Status.WITHDRAWN: "Withdrawn"}.get(Status(one.status), "Closed")


def _facts(candidate: Candidate) -> list[tuple[str, str]]:
    facts = [
        ("Name", candidate.full_name),
        ("Headline", candidate.headline),
        ("Place", candidate.place),
        ("How we got it", candidate.source),
        ("Kept since", timezone.localdate(candidate.created_at).strftime("%d %B %Y")),
    ]
    facts += [("E-mail", one.address) for one in candidate.emails.order_by("pk")]
    facts += [("Phone", one.number) for one in candidate.phones.order_by("pk")]
    facts += [("Link", one.url) for one in candidate.links.order_by("pk")]
    return [(label, value) for label, value in facts if value]


def _counts(candidate: Candidate) -> list[tuple[str, int]]:
    return [
        ("Messages we sent you", Message.objects.filter(candidate=candidate).count()),
        ("Interviews", Interview.objects.filter(application__candidate=candidate).count()),
        ("Notes of our colleagues", candidate.notes.filter(Q(deleted_at__isnull=True)).count()),
        ("Places in rankings", Match.objects.filter(candidate=candidate).count()),
    ]
