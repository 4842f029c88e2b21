"""One ranking of a job's people, from the job's text to the evidence; nothing is stored here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from hrassist.lib.embeddings import Embedder, shared_embedder
from hrassist.lib.errors import Conflict, NotFound
from jobs.matching import lawful
from jobs.matching.criteria import criteria_of
from jobs.matching.embed import embed_job
from jobs.matching.explain import covered, explain
from jobs.matching.rank import Pool, rank
from jobs.matching.retrieve import Filters, Retrieved, pool_of, reachable, retrieve, sources
from jobs.matching.types import Components, Criterion, Evidence, JobText
from jobs.matching.weights import Weights
from jobs.models import Job

if TYPE_CHECKING:
    from hrassist.models import User

EVERYBODY = Filters()


class RankingOff(Conflict):
    """Nobody is ranked for this job, for a reason of law or by choice."""

    code = "ranking_off"
    default_message = "Nobody is ranked for this job. {why} The unranked view shows everybody."


@dataclass(frozen=True)
class RankedPerson:
    """One place: one Evidence per criterion, in order; coverage counts must-haves and is not in the score."""

    candidate: UUID
    resume: UUID
    rank: int
    components: Components
    must_covered: int
    must_total: int
    evidence: tuple[Evidence, ...]

    @property
    def score(self) -> float:
        return self.components.score


@dataclass(frozen=True)
class RankedJob:
    """A finished ranking with everything needed to tell later how it came about."""

    job: UUID
    model_hash: str
    weights: Weights
    criteria: tuple[Criterion, ...]
    filters: Filters
    considered: int
    scored: int
    people: tuple[RankedPerson, ...]
    milliseconds: int
    inputs_hash: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)


def rank_job(
    job_id: UUID,
    *,
    user: User,
    limit: int | None = None,
    filters: Filters = EVERYBODY,
    embedder: Embedder | None = None,
    now: datetime | None = None,
) -> RankedJob:
    """The best `limit` people for a job among those the user may see, each with evidence per requirement.

    `limit` defaults to `[evidence] shown` of config/ranking.toml. Raises NotFound for a job the user may not see,
    RankingOff for one that is not ranked; nobody whom a ranking may not look at reaches the model.
    """
    begun, now = time.monotonic(), now or timezone.now()
    weights = weights_in_force()
    model = embedder or shared_embedder()
    job = Job.objects.visible_to(user).filter(pk=job_id).first()
    if job is None:
        raise NotFound
    require_ranking(job, now=now)
    text = job_text(job)
    query = embed_job(text, embedder=model, weights=weights.query)
    found = retrieve(
        job, query, user=user, filters=filters, model_hash=model.model_hash, limits=weights.candidates, now=now
    )
    places = rank(query, Pool(ids=found.ids, vectors=found.vectors, words=found.words), weights=weights)
    shown = places[: weights.evidence.shown if limit is None else limit]
    criteria = criteria_of(text)
    evidence = explain(
        criteria, sources([resume for _, resume in (one.id for one in shown)]), embedder=model, rules=weights.evidence
    )
    people = []
    for place, row in zip(shown, evidence, strict=True):
        candidate, resume = place.id
        have, total = covered(criteria, row)
        people.append(RankedPerson(candidate, resume, place.rank, place.components, have, total, tuple(row)))
    return RankedJob(
        job=job.pk,
        model_hash=model.model_hash,
        weights=weights,
        criteria=tuple(criteria),
        filters=filters,
        considered=found.considered,
        scored=len(places),
        people=tuple(people),
        inputs_hash=inputs_hash(text, found, model_hash=model.model_hash),
        left_out=left_out(job, user=user, filters=filters, now=now),
        milliseconds=round((time.monotonic() - begun) * 1000),
    )


def require_ranking(job: Job, *, now: datetime) -> lawful.Rules:
    """The rules of the job's rankings. Raises RankingOff."""
    rules = lawful.rules_of(job, today=now.date())
    if rules.off_for:
        raise RankingOff(why=rules.off_for)
    return rules


def left_out(job: Job, *, user: User, filters: Filters, now: datetime) -> dict[str, int]:
    """How many of those whom the user sees a ranking did not look at: who asked for it, and all others."""
    everybody = reachable(job, user=user, filters=filters)
    asked = everybody.filter(candidate__in=lawful.opted_out(job).values("candidate")).count()
    rest = everybody.count() - pool_of(job, user=user, filters=filters, now=now).count() - asked
    return {name: count for name, count in (("opted_out", asked), ("no_ground", rest)) if count > 0}


def inputs_hash(text: JobText, found: Retrieved, *, model_hash: str) -> str:
    """One digest of everything a ranking read: the same inputs give the same list again."""
    digest = sha256(f"{model_hash}\0{text}".encode())
    for candidate, resume in found.ids:
        digest.update(candidate.bytes + resume.bytes)
    digest.update(found.vectors.tobytes())
    return digest.hexdigest()


def job_text(job: Job) -> JobText:
    return JobText(title=job.title, description=job.description, must_have=job.must_have, nice_to_have=job.nice_to_have)


def weights_in_force() -> Weights:
    """config/ranking.toml as this process read it first: a change takes effect at the next start."""
    return _weights(Path(settings.RANKING_CONFIG))


@lru_cache(maxsize=4)
def _weights(path: Path) -> Weights:
    return Weights.read(path)
