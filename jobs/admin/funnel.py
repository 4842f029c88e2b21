"""How many people stand at which kind of step, for one job or several, in two queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from jobs.models import Application, Job, Stage

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of step: how many are there now, and the length of its bar, 0 to 100."""

    label: str
    kind: str
    count: int
    width: int


def of_jobs(jobs: Iterable[Job]) -> dict[Any, list[Step]]:
    """For each job the steps in order; those who were hired count under hired, other ended ones nowhere."""
    keys = [job.pk for job in jobs]
    stages = {pk: (job, kind) for pk, job, kind in _stages(keys)}
    counts: Counter[tuple[Any, str]] = Counter()
    # By stage, which an index answers; the kind of each application's stage would be looked up one by one.
    for row in (
        Application.objects.filter(job_id__in=keys, status__in=[Application.Status.ACTIVE, Application.Status.HIRED])
        .order_by()
        .values("stage_id")
        .annotate(n=Count("*"))
    ):
        counts[stages[row["stage_id"]]] += row["n"]
    found = {}
    for key in keys:
        most = max((counts[key, kind] for kind in Stage.Kind.values), default=0) or 1
        found[key] = [
            Step(
                label=kind.label,
                kind=kind.value,
                count=counts[key, kind.value],
                width=round(WIDTH * counts[key, kind.value] / most),
            )
            for kind in Stage.Kind
        ]
    return found


def _stages(jobs: list[Any]) -> Iterable[tuple[int, Any, str]]:
    return Stage.objects.filter(job__in=jobs).order_by().values_list("pk", "job_id", "kind")
