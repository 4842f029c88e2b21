"""Ranking a job's people and keeping what was shown."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate
from hrassist import long_tasks
from hrassist.models import LongTask
from jobs.actions.long_ranking import LONG
from jobs.matching.retrieve import Filters, reachable
from jobs.matching.run import EVERYBODY, RankedJob, RankingOff, rank_job, require_ranking
from jobs.matching.types import Strength
from jobs.models import Job, Match, MatchEvidence, MatchRun

if TYPE_CHECKING:
    from hrassist.models import User

__all__ = ["LONG", "Filters", "RankingOff", "rank_or_begin", "rank_people"]

# Beyond so many people a ranking takes longer than a page may.
INLINE_UP_TO = 3_000


def rank_people(
    *, job_id: UUID, by: User, now: datetime, limit: int | None = None, filters: Filters = EVERYBODY
) -> MatchRun:
    """Rank the people whom `by` may see for a job and store the ranking as shown: figures, criteria and quotes.

    Nobody is rejected or moved by it. Raises NotFound for a job that `by` may not see, RankingOff for one whose people
    are not ranked.
    """
    # The model works outside the transaction: no row stays locked meanwhile.
    ranked = rank_job(job_id, user=by, limit=limit, filters=filters, now=now)
    return _store(ranked=ranked, by=by, now=now)


def rank_or_begin(*, job: Job, by: User, now: datetime) -> LongTask | None:
    """Rank at once, or begin it as long work where many are looked at; asked again meanwhile it is the same work."""
    require_ranking(job, now=now)
    if reachable(job, user=by, filters=EVERYBODY)[: INLINE_UP_TO + 1].count() <= INLINE_UP_TO:
        rank_people(job_id=job.pk, by=by, now=now)
        return None
    return _begin(job=job, by=by, now=now)


@transaction.atomic
def _begin(*, job: Job, by: User, now: datetime) -> LongTask:
    # Locked so that a second click finds the work of the first.
    Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    running = LongTask.objects.visible_to(by).unfinished().filter(kind=LONG, params__job=str(job.pk)).first()
    if running is not None:
        return running
    return long_tasks.start(kind=LONG, title=f"Ranking for {job.title}", params={"job": str(job.pk)}, by=by, now=now)


@transaction.atomic
def _store(*, ranked: RankedJob, by: User, now: datetime) -> MatchRun:
    run = MatchRun.objects.create(
        job_id=ranked.job,
        model_hash=ranked.model_hash,
        weights=ranked.weights.as_json(),
        criteria=[one.as_json() for one in ranked.criteria],
        filters=ranked.filters.as_json(),
        considered=ranked.considered,
        ranked=ranked.scored,
        left_out=dict(ranked.left_out),
        inputs_hash=ranked.inputs_hash,
        app_version=settings.VERSION,
        milliseconds=ranked.milliseconds,
        created_by=by,
        created_at=now,
    )
    # Somebody may have been erased while the model worked; locked, so that nobody is while this is written.
    ids = [one.candidate for one in ranked.people]
    still_here = set(
        Candidate.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    people = [one for one in ranked.people if one.candidate in still_here]
    matches = Match.objects.bulk_create(
        Match(
            run=run,
            candidate_id=one.candidate,
            resume_id=one.resume,
            rank=one.rank,
            score=one.score,
            components=one.components.as_json(),
            must_covered=one.must_covered,
            must_total=one.must_total,
        )
        for one in people
    )
    MatchEvidence.objects.bulk_create(
        (
            MatchEvidence(
                match=match,
                criterion=found.criterion,
                strength=MatchEvidence.Strength(found.strength.value),
                quote=found.quote,
                page=found.page,
                start=found.start,
                end=found.end,
                similarity=found.support,
            )
            for match, one in zip(matches, people, strict=True)
            for found in one.evidence
        ),
        batch_size=1000,
    )
    audit.record(
        "match_run.created",
        target=run,
        by=by,
        job=run.job,
        considered=run.considered,
        ranked=run.ranked,
        shown=len(matches),
        left_out=run.left_out,
        inputs=run.inputs_hash,
        model=run.model_hash,
        with_evidence=sum(found.strength is not Strength.NONE for one in people for found in one.evidence),
    )
    return run
