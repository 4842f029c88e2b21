"""A stored ranking as the page shows it: people, their scores taken apart, and the evidence per requirement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse

from candidates.models import Candidate
from jobs.models import Application, Job, Match, MatchEvidence, MatchRun

BAR_WIDTH = 120
PARTS = {"dense": "meaning", "lexical": "words"}


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a score: its name for people, what it adds, and where its bar lies."""

    name: str
    adds: float
    x: float
    width: float
    number: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What the resume says about one requirement; `url` opens the resume at the quote."""

    requirement: str
    is_must: bool
    strength: str
    quote: str
    page: int | None
    url: str


@dataclass(frozen=True, slots=True)
class RankedPerson:
    match: Match
    parts: list[Part]
    proofs: list[Proof]
    application: Application | None

    @property
    def found(self) -> int:
        return sum(proof.strength != MatchEvidence.Strength.NONE for proof in self.proofs)


def latest_run(job: Job, *, user: Any) -> MatchRun | None:
    return MatchRun.objects.visible_to(user).filter(job=job).first()


def people(run: MatchRun, *, user: Any) -> list[RankedPerson]:
    """The people of a run whom the user may still see, best first, in a handful of queries."""
    matches = list(
        run.matches.filter(candidate__in=Candidate.objects.visible_to(user))
        .select_related("candidate")
        .prefetch_related(Prefetch("evidence", queryset=MatchEvidence.objects.order_by("criterion")))
    )
    here = in_pipeline(run.job, [match.candidate_id for match in matches])
    longest = max((sum(max(0.0, part) for part in match.components.values()) for match in matches), default=0.0) or 1.0
    return [
        RankedPerson(
            match=match,
            parts=_parts(match.components, longest=longest),
            proofs=[_proof(match, found, run.criteria) for found in match.evidence.all()],
            application=here.get(match.candidate_id),
        )
        for match in matches
    ]


def in_pipeline(job: Job, candidates: list[Any]) -> dict[Any, Application]:
    """The active applications of these people for the job, by person."""
    rows = Application.objects.active().filter(job=job, candidate__in=candidates).select_related("stage")
    return {row.candidate_id: row for row in rows}


def in_pipelines(candidate: Candidate, jobs: list[Any]) -> dict[Any, Application]:
    """The active applications of this person for these jobs, by job."""
    rows = Application.objects.active().filter(candidate=candidate, job__in=jobs).select_related("stage")
    return {row.job_id: row for row in rows}


def _parts(components: dict[str, float], *, longest: float) -> list[Part]:
    parts, x = [], 0.0
    for number, (name, adds) in enumerate(components.items()):
        width = BAR_WIDTH * max(0.0, adds) / longest
        parts.append(Part(name=PARTS.get(name, name), adds=adds, x=round(x, 1), width=round(width, 1), number=number))
        x += width
    return parts


def _proof(match: Match, found: MatchEvidence, criteria: list[dict[str, Any]]) -> Proof:
    asked = criteria[found.criterion] if found.criterion < len(criteria) else {"text": "?", "kind": "nice"}
    url = ""
    if found.start is not None and found.end is not None and match.resume_id:
        place = urlencode({"resume": match.resume_id, "start": found.start, "end": found.end})
        url = f"{reverse('admin:candidates_candidate_resume', args=[match.candidate_id])}?{place}"
    return Proof(
        requirement=str(asked["text"]),
        is_must=asked.get("kind") == "must",
        strength=found.strength,
        quote=found.quote,
        page=found.page,
        url=url,
    )
