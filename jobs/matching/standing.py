"""Where given people stand for a job, and why somebody is not in its list; nothing is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from candidates.models import Candidate, Resume, ResumeVector
from hrassist.lib.embeddings import shared_embedder
from jobs.matching import lawful
from jobs.matching.criteria import criteria_of
from jobs.matching.embed import embed_job
from jobs.matching.explain import covered, explain
from jobs.matching.rank import Pool, rank
from jobs.matching.retrieve import Filters, pool_of, retrieve, sources
from jobs.matching.run import EVERYBODY, job_text, require_ranking, weights_in_force
from jobs.matching.types import Components, Criterion, Evidence
from jobs.models import Application, Job

if TYPE_CHECKING:
    from hrassist.models import User


class Absence(StrEnum):
    """Why somebody has no place: the first of these that holds."""

    NO_RESUME = "no_resume"
    UNREADABLE = "unreadable"
    ENDED = "ended"
    FILTERED = "filtered"
    OTHER_MODEL = "other_model"
    TOO_FAR = "too_far"
    OPTED_OUT = "opted_out"
    NO_GROUND = "no_ground"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Standing:
    """One person's place, or why there is none; evidence is there as soon as there is a readable resume."""

    candidate: UUID
    resume: UUID | None
    rank: int | None
    components: Components | None
    absence: Absence | None
    must_covered: int
    must_total: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Standings:
    """The places of those asked for, in a ranking made now: how many were looked at, how many scored."""

    considered: int
    scored: int
    criteria: tuple[Criterion, ...]
    people: tuple[Standing, ...]


def standings(job: Job, candidates: Sequence[Candidate], *, user: User, filters: Filters = EVERYBODY) -> Standings:
    """Rank the job's people as `rank_job` does and tell the places of these, whom `user` must be allowed to see.

    Of those whom a ranking may not look at the model reads nothing. Raises RankingOff.
    """
    now = timezone.now()
    require_ranking(job, now=now)
    kept_out = lawful.reasons(job, [one.pk for one in candidates], now=now)
    weights, model = weights_in_force(), shared_embedder()
    text = job_text(job)
    query = embed_job(text, embedder=model, weights=weights.query)
    found = retrieve(
        job, query, user=user, filters=filters, model_hash=model.model_hash, limits=weights.candidates, now=now
    )
    places = rank(query, Pool(ids=found.ids, vectors=found.vectors, words=found.words), weights=weights)
    by_person = {place.id[0]: place for place in places}
    resumes = {row.candidate_id: row for row in Resume.objects.current().filter(candidate__in=candidates)}
    readable = [
        one.pk
        for one in candidates
        if one.pk in resumes and resumes[one.pk].state == Resume.State.READY and one.pk not in kept_out
    ]
    criteria = criteria_of(text)
    rows = explain(criteria, sources([resumes[one].pk for one in readable]), embedder=model, rules=weights.evidence)
    evidence = dict(zip(readable, rows, strict=True))
    pool = pool_of(job, user=user, filters=filters, now=now)
    people = []
    for one in candidates:
        place, shown = by_person.get(one.pk), tuple(evidence.get(one.pk, ()))
        have, total = covered(criteria, shown)
        resume = resumes.get(one.pk)
        people.append(
            Standing(
                candidate=one.pk,
                resume=resume.pk if resume else None,
                rank=place.rank if place else None,
                components=place.components if place else None,
                absence=None if place else Absence(kept_out[one.pk]) if one.pk in kept_out else _why(
                    job, one, resume, in_pool=pool.filter(candidate=one).exists(), model_hash=model.model_hash
                ),
                must_covered=have,
                must_total=total,
                evidence=shown,
            )
        )  # fmt: skip
    return Standings(considered=found.considered, scored=len(places), criteria=tuple(criteria), people=tuple(people))


def _why(job: Job, one: Candidate, resume: Resume | None, *, in_pool: bool, model_hash: str) -> Absence:
    if resume is None:
        return Absence.NO_RESUME
    if resume.state != Resume.State.READY:
        return Absence.UNREADABLE
    if not in_pool:
        ended = Application.objects.filter(
            job=job, candidate=one, status__in=[Application.Status.REJECTED, Application.Status.WITHDRAWN]
        )
        return Absence.ENDED if ended.exists() else Absence.FILTERED
    if not ResumeVector.objects.filter(resume=resume, model_hash=model_hash).exists():
        return Absence.OTHER_MODEL
    return Absence.TOO_FAR


def evidence_of(job: Job, candidate: UUID) -> tuple[list[Criterion], UUID | None, tuple[Evidence, ...]]:
    """The job's requirements and what the current readable resume of one person says about each, without a ranking.

    Nothing of somebody whom a ranking may not look at: the model would read their resume as it does there.
    """
    criteria = criteria_of(job_text(job))
    if not lawful.allowed(job, Candidate.objects.filter(pk=candidate), now=timezone.now()).exists():
        return criteria, None, ()
    resume = Resume.objects.ready().current().filter(candidate=candidate).first()
    if resume is None or not criteria:
        return criteria, None, ()
    rules = weights_in_force().evidence
    (row,) = explain(criteria, sources([resume.pk]), embedder=shared_embedder(), rules=rules)
    return criteria, resume.pk, tuple(row)
