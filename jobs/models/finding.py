"""What a search of people may ask about their applications; only about those that the user sees."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from candidates.search.operators import Ask, Operator, Rows, Unclear
from jobs.models.application import Application
from jobs.models.job import Job
from jobs.models.stage import Stage

GROUP = "application"


def _asked(ask: Ask, condition: Q, *, unless_said: Q | None = None, says: bool = False) -> Rows:
    return Rows(
        rows=Application.objects.visible_to(ask.user), condition=condition, group=GROUP, says=says,
        unless_said=unless_said if unless_said is not None else Q(),
    )  # fmt: skip


def by_stage(ask: Ask, value: str) -> Rows:
    """Active applications at a step, by its kind or its name."""
    stages = Stage.objects.filter(Q(kind=value.lower()) | Q(name__iexact=value))
    return _asked(ask, Q(stage__in=stages), unless_said=Q(status=Application.Status.ACTIVE))


def by_job(ask: Ask, value: str) -> Rows:
    """Applications for a job, by words of its title or by its identifier."""
    try:
        return _asked(ask, Q(job=UUID(value)))
    except ValueError:
        return _asked(ask, Q(job__in=Job.objects.visible_to(ask.user).filter(title__icontains=value)))


def by_status(ask: Ask, value: str) -> Rows:
    if value.lower() not in Application.Status.values:
        raise Unclear(f"status: takes {', '.join(Application.Status.values)}.")
    return _asked(ask, Q(status=value.lower()), says=True)


OPERATORS = (
    Operator(name="stage", example="stage:offer", hint="where an application stands", find=by_stage,
             permission="jobs.view_application", order=20),
    Operator(name="job", example='job:"data engineer"', hint="who applied for a job", find=by_job,
             permission="jobs.view_application", order=21),
    Operator(name="status", example="status:rejected", hint="active, hired, rejected or withdrawn", find=by_status,
             permission="jobs.view_application", order=22),
)  # fmt: skip
