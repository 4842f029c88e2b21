"""A ranking over many people, made by the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from hrassist import long_tasks

LONG = "jobs.rank"


@long_tasks.work(LONG)
def rank_long(progress: long_tasks.Progress) -> dict[str, Any]:
    """Rank the job named in the parameters; the ranking appears on its list when it is done."""
    # Every process registers this when it starts; only the one that ranks should load the engines.
    from jobs.actions.matching import rank_people  # noqa: PLC0415

    progress.at(0)
    run = rank_people(job_id=UUID(progress.params["job"]), by=progress.by, now=timezone.now())
    return {"run": str(run.pk), "considered": run.considered, "ranked": run.ranked}
