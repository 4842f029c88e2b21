"""Who has how much to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from jobs.models import Application, HiringTeamMember, HumanDecision, Interviewer, Job
from jobs.reports.scope import Scope

Role = HiringTeamMember.Role
COUNTED = (Role.RECRUITER, Role.HIRING_MANAGER)


@dataclass(frozen=True, slots=True)
class Load:
    """One colleague: their open jobs and the active applications in them now, and what they did in the period."""

    user: str
    roles: str
    open_jobs: int
    applications: int
    reviews: int
    interviews: int


def workload(scope: Scope) -> list[Load]:
    """Recruiters and hiring managers of jobs that the user sees, most active applications first.

    Open jobs and active applications are those of now; reviews (decisions that stand) and interviews (planned or held)
    are those of the period, in the same jobs.
    """
    return scope.kept("workload", _count)


def _count(scope: Scope) -> list[Load]:
    jobs = scope.job_ids
    team = (
        HiringTeamMember.objects.filter(job__in=jobs, role__in=COUNTED)
        .select_related("user", "job")
        .only("role", "job__status", "user__first_name", "user__last_name", "user__username")
    )
    active = dict(
        Application.objects.active().filter(job__in=jobs, job__status=Job.Status.OPEN).order_by()
        .values_list("job_id").annotate(n=Count("pk"))
    )  # fmt: skip
    reviews = dict(
        HumanDecision.objects.filter(
            application__job__in=jobs, undone_at__isnull=True, at__gte=scope.begins, at__lt=scope.ends
        )
        .order_by().values_list("by_id").annotate(n=Count("pk"))
    )  # fmt: skip
    interviews = dict(
        Interviewer.objects.filter(
            interview__application__job__in=jobs, interview__starts_at__gte=scope.begins,
            interview__starts_at__lt=scope.ends,
        ).exclude(interview__status="cancelled")
        .order_by().values_list("user_id").annotate(n=Count("pk"))
    )  # fmt: skip
    found: dict[int, tuple[str, set[Any], set[str]]] = {}
    for member in team:
        _, open_jobs, roles = found.setdefault(member.user_id, (member.user.display_name, set(), set()))
        roles.add(str(Role(member.role).label))
        if member.job.status == Job.Status.OPEN:
            open_jobs.add(member.job_id)
    loads = [
        Load(
            user=name,
            roles=", ".join(sorted(roles)),
            open_jobs=len(open_jobs),
            applications=sum(active.get(job, 0) for job in open_jobs),
            reviews=reviews.get(user, 0),
            interviews=interviews.get(user, 0),
        )
        for user, (name, open_jobs, roles) in found.items()
    ]
    return sorted(loads, key=lambda load: (-load.applications, -load.open_jobs, load.user))
