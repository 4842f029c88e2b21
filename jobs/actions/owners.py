"""Who answers for people besides those who added them: the recruiters of the jobs they applied for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from candidates.actions import retention
from hrassist.models import User
from jobs.models import Application, HiringTeamMember


def recruiters_of(people: Sequence[UUID]) -> Iterator[tuple[UUID, User]]:
    """Pairs of a person and a recruiter of one of their jobs."""
    pairs = list(Application.objects.filter(candidate__in=people).order_by().values_list("candidate", "job").distinct())
    of_job: dict[UUID, list[User]] = {}
    members = HiringTeamMember.objects.filter(
        job__in={job for _, job in pairs}, role=HiringTeamMember.Role.RECRUITER, user__is_active=True
    )
    for one in members.select_related("user"):
        of_job.setdefault(one.job_id, []).append(one.user)
    for person, job in pairs:
        for user in of_job.get(job, ()):
            yield person, user


def register() -> None:
    retention.owned_by(recruiters_of)
