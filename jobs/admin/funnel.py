"""How many people stand at which kind of step, for one job or several, in one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

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
    counts: dict[tuple[Any, str], int] = {
        (row["job_id"], row["stage__kind"]): row["n"]
        for row in Application.objects.filter(job_id__in=keys)
        .filter(Q(status=Application.Status.ACTIVE) | Q(status=Application.Status.HIRED))
        .order_by()
        .values("job_id", "stage__kind")
        .annotate(n=Count("pk"))
    }
    found = {}
    for key in keys:
        most = max((counts.get((key, kind), 0) for kind in Stage.Kind.values), default=0) or 1
        found[key] = [
            Step(
                label=kind.label,
                kind=kind.value,
                count=counts.get((key, kind.value), 0),
                width=round(WIDTH * counts.get((key, kind.value), 0) / most),
            )
            for kind in Stage.Kind
        ]
    return found
