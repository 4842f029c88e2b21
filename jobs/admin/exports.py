"""What of jobs and applications may leave as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from candidates.models import Candidate, CandidateEmail
from hrassist import exports
from hrassist.exports import Column, Export, field, shown
from jobs.models import Application, Opening


def _emails(user: Any, applications: Sequence[Any]) -> dict[Any, str]:
    """The first current address of each person whom the user sees."""
    people = dict(Application.objects.filter(pk__in=applications).values_list("pk", "candidate_id"))
    seen = Candidate.objects.visible_to(user).filter(pk__in=people.values())
    rows = CandidateEmail.objects.filter(candidate__in=seen, status=CandidateEmail.Status.CURRENT).order_by("-pk")
    addresses = dict(rows.values_list("candidate_id", "address"))
    return {key: addresses.get(person, "") for key, person in people.items()}


def _stands(user: Any, people: Sequence[Any]) -> dict[Any, str]:
    """Where people stand in the jobs that the user sees."""
    rows = Application.objects.visible_to(user).active().filter(candidate__in=people).order_by("applied_at")
    found: dict[Any, list[str]] = {}
    for key, title, stage in rows.values_list("candidate_id", "job__title", "stage__name"):
        found.setdefault(key, []).append(f"{title}: {stage}")
    return {key: "; ".join(told) for key, told in found.items()}


def _free_seats(_user: Any, jobs: Sequence[Any]) -> dict[Any, int]:
    seats: dict[Any, int] = dict.fromkeys(jobs, 0)
    for key in Opening.objects.filter(job__in=jobs, closed_at__isnull=True).values_list("job_id", flat=True):
        seats[key] += 1
    return seats


exports.add(
    Export(
        model="jobs.application",
        noun="applications",
        action="application.exported",
        columns=(
            field("candidate.full_name", "Name", needs=("candidate",)),
            Column(key="email", label="E-mail", find=_emails, permission="candidates.view_candidateemail"),
            field("job.title", "Job", needs=("job",)),
            field("job.department", "Department", needs=("job",)),
            field("stage.name", "Stage", needs=("stage",)),
            shown("status", "Status"),
            field("reason.name", "Reason", needs=("reason",)),
            field("source", "Source"),
            field("applied_at", "Applied"),
            field("entered_stage_at", "In stage since"),
            field("ended_at", "Ended"),
            Column(key="id", label="ID", of=lambda one: str(one.pk), chosen=False),
            Column(key="candidate_id", label="Candidate ID", of=lambda one: str(one.candidate_id), chosen=False),
            field("external_id", "External ID", chosen=False),
        ),
    )
)
exports.add(
    Export(
        model="jobs.job",
        noun="jobs",
        action="job.exported",
        columns=(
            field("title", "Title"),
            shown("status", "Status"),
            field("department", "Department"),
            field("city", "City"),
            field("country", "Country"),
            field("remote", "Remote"),
            shown("employment_type", "Employment"),
            Column(key="active", label="In pipeline", of=lambda job: getattr(job, "active_applications", None)),
            Column(key="free_seats", label="Free seats", find=_free_seats, permission="jobs.view_opening"),
            field("confidential", "Confidential"),
            field("created_at", "Created"),
            field("opened_at", "Opened"),
            field("closed_at", "Closed"),
            field("external_id", "External ID", chosen=False),
            Column(key="id", label="ID", of=lambda job: str(job.pk), chosen=False),
        ),
    )
)
exports.add_columns(
    "candidates.candidate",
    Column(key="pipeline", label="In pipeline", find=_stands, permission="jobs.view_application"),
)
