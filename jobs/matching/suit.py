"""The other way round: which open jobs a person's resume is close to, with the evidence for each requirement."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from django.core.cache import cache
from django.utils import timezone

from candidates.models import Resume, ResumeVector
from hrassist.lib.embeddings import Embedder, Vectors, shared_embedder
from jobs.matching import lawful
from jobs.matching.criteria import criteria_of
from jobs.matching.embed import embed_job
from jobs.matching.explain import covered, explain
from jobs.matching.retrieve import sources
from jobs.matching.run import job_text, weights_in_force
from jobs.matching.types import Criterion, Evidence
from jobs.models import Job

if TYPE_CHECKING:
    from hrassist.models import User

# Each job is read by the model once and then remembered; more than this is not looked at while a page waits.
LOOKED_AT = 150
REMEMBERED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class SuitableJob:
    """An open job near a resume: `closeness` is the cosine of both, -1 to 1; coverage counts must-haves beside it."""

    job: Job
    closeness: float
    criteria: tuple[Criterion, ...]
    evidence: tuple[Evidence, ...]
    must_covered: int
    must_total: int


def jobs_for(
    resume: Resume, *, user: User, limit: int = 8, embedder: Embedder | None = None
) -> tuple[list[SuitableJob], int]:
    """The `limit` nearest of the newest open jobs that the user sees, nearest first, and how many were looked at.

    Jobs for which a ranking may not look at this person are none of them.

    Nothing for a resume without a vector of the present model. A person's own applications are no reason to leave a job
    out: the reader sees both.
    """
    model = embedder or shared_embedder()
    stored = ResumeVector.objects.filter(resume=resume, model_hash=model.model_hash).first()
    if stored is None:
        return [], 0
    mine = np.asarray(stored.embedding, dtype=np.float32)
    jobs = lawful.jobs_that_may(
        resume.candidate_id, Job.objects.visible_to(user).open().order_by("-created_at", "-pk")[:LOOKED_AT],
        now=timezone.now(),
    )  # fmt: skip
    near = sorted(((float(_vector(job, model) @ mine), job) for job in jobs), key=lambda pair: -pair[0])[:limit]
    source = sources([resume.pk])
    rules = weights_in_force().evidence
    found = []
    for closeness, job in near:
        criteria = criteria_of(job_text(job))
        (row,) = explain(criteria, source, embedder=model, rules=rules)
        have, total = covered(criteria, row)
        found.append(SuitableJob(job, closeness, tuple(criteria), tuple(row), have, total))
    return found, len(jobs)


def _vector(job: Job, model: Embedder) -> Vectors:
    text = job_text(job)
    # By what it says, not by when it changed: a job that was only put on hold and back is not read again.
    key = f"job-vector-{sha256(f'{model.model_hash}{text}'.encode()).hexdigest()}"
    kept: Vectors | None = cache.get(key)
    if kept is None:
        kept = embed_job(text, embedder=model, weights=weights_in_force().query).vector
        cache.set(key, kept, REMEMBERED_SECONDS)
    return kept
