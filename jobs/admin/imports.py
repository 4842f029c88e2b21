"""Imported people can go straight into the pipeline of a job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from candidates.actions import import_goals
from candidates.actions.import_goals import Goal
from candidates.models import Candidate
from hrassist.lib.errors import DomainError
from jobs.actions import applications, imports
from jobs.models import Job

if TYPE_CHECKING:
    from hrassist.models import User

SHOWN = 200


def open_jobs(user: User) -> list[tuple[str, str]]:
    if not user.has_perm("jobs.add_application"):
        return []
    return [(str(job.pk), job.title) for job in Job.objects.visible_to(user).open()[:SHOWN]]


def put(candidate: Candidate, key: str, by: User, now: datetime, source: str) -> UUID | None:
    """An application at the job's first stage; None for who has one."""
    job = Job.objects.visible_to(by).filter(pk=key).first()
    if job is None:
        raise DomainError("The job is not there any more, or not for you.", code="job_gone")
    try:
        return applications.apply(candidate=candidate, job=job, by=by, now=now, source=source or "Import").pk
    except applications.AlreadyApplied:
        return None


import_goals.add(
    Goal(
        name="job",
        label="Add to job",
        help="Everybody of the file is put into the first stage of this job as well; who is in it already stays.",
        choices=open_jobs,
        put=put,
        take_back=lambda key, by, now: imports.take_back(application_id=key, by=by, now=now),
    )
)
