"""Ranking a job's people and keeping what was shown."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate
from jobs.matching.retrieve import Filters
from jobs.matching.run import EVERYBODY, RankedJob, rank_job
from jobs.matching.types import Strength
from jobs.models import Match, MatchEvidence, MatchRun

if TYPE_CHECKING:
    from hrassist.models import User

__all__ = ["Filters", "rank_people"]


def rank_people(
    *, job_id: UUID, by: User, now: datetime, limit: int | None = None, filters: Filters = EVERYBODY
) -> MatchRun:
    """Rank the people whom `by` may see for a job and store the ranking as shown: figures, criteria and quotes.

    Nobody is rejected or moved by it. Raises NotFound for a job that `by` may not see.
    """
    # The model works outside the transaction: no row stays locked meanwhile.
    ranked = rank_job(job_id, user=by, limit=limit, filters=filters)
    return _store(ranked=ranked, by=by, now=now)


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
        with_evidence=sum(found.strength is not Strength.NONE for one in people for found in one.evidence),
    )
    return run
