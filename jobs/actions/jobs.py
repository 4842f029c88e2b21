"""Opening, holding and closing jobs, their seats and their hiring team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import HiringTeamMember, Job, Opening, Stage

if TYPE_CHECKING:
    from hrassist.models import User

FACTS = (
    "title", "description", "must_have", "nice_to_have", "department", "city", "country", "remote", "employment_type",
    "confidential", "external_id",
)  # fmt: skip


class NoTitle(DomainError):
    """A job needs a title."""

    code = "no_title"
    default_message = "Give the job a title."


class StillActive(Conflict):
    """People are still in the pipeline of the job."""

    code = "applications_active"
    default_message = "{count} applications are still active. Reject, withdraw or hire them first."


@transaction.atomic
def create(
    *,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    openings: int = 1,
    stages: Sequence[tuple[str, str]] = Stage.DEFAULTS,
) -> Job:
    """A draft with its stages and `openings` seats, its maker on the hiring team; `stages` are (name, kind) in order.

    The first stage takes new applications and the last one must be of the kind hired.
    """
    _require_title(facts.get("title", ""))
    if not 1 <= openings <= 1000:
        raise DomainError("A job has 1 to 1000 openings.", code="openings", fields={"openings": ["Use 1 to 1000."]})
    _require_pipeline(stages)
    job = Job.objects.create(**{name: facts[name] for name in FACTS if name in facts}, created_by=by, created_at=now)
    Stage.objects.bulk_create(
        Stage(job=job, name=name, kind=kind, position=position) for position, (name, kind) in enumerate(stages)
    )
    Opening.objects.bulk_create(Opening(job=job, number=number, opened_at=now) for number in range(1, openings + 1))
    # Without this the maker of a confidential job could not see it.
    HiringTeamMember.objects.create(job=job, user=by, role=HiringTeamMember.Role.RECRUITER, created_at=now)
    audit.record("job.created", target=job, by=by, job=job, openings=openings, confidential=job.confidential)
    return job


@transaction.atomic
def update(
    *,
    job: Job,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    expected_updated_at: datetime | None = None,
) -> Job:
    """Change what a job says. Raises Conflict if it changed since `expected_updated_at` or is archived."""
    job = _locked(job)
    if expected_updated_at is not None and job.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this job since you read it. Read it again.", code="job_changed")
    if job.status == Job.Status.ARCHIVED:
        raise Conflict("This job is archived. Bring it back first.", code="job_status")
    if "title" in facts:
        _require_title(facts["title"])
    changed = [name for name in FACTS if name in facts and getattr(job, name) != facts[name]]
    if not changed:
        return job
    for name in changed:
        setattr(job, name, facts[name])
    if "confidential" in changed and job.confidential and not job.team.filter(user=by).exists():
        HiringTeamMember.objects.create(job=job, user=by, role=HiringTeamMember.Role.RECRUITER, created_at=now)
    job.save(update_fields=[*changed, "updated_at"])
    audit.record("job.updated", target=job, by=by, job=job, fields=changed)
    return job


@transaction.atomic
def open_job(*, job: Job, by: User, now: datetime) -> Job:
    """Let people apply: from draft, on hold or closed."""
    job = _locked(job)
    before = job.status
    job.require_move(Job.Status.OPEN)
    if not job.stages.exists():
        raise DomainError("A job without stages cannot be opened. Add stages first.", code="no_stages")
    job.status, job.closed_at, job.opened_at = Job.Status.OPEN, None, job.opened_at or now
    job.save(update_fields=["status", "opened_at", "closed_at", "updated_at"])
    audit.record("job.opened" if before != Job.Status.CLOSED else "job.reopened", target=job, by=by, job=job)
    return job


@transaction.atomic
def hold(*, job: Job, by: User, now: datetime) -> Job:
    """Take no new applications for now; those that are there may go on."""
    return _moved(job, to=Job.Status.ON_HOLD, action="job.held", by=by)


@transaction.atomic
def close(*, job: Job, by: User, now: datetime) -> Job:
    """End the search and cancel the seats that are still open. Raises StillActive while people wait for an answer."""
    job = _locked(job)
    job.require_move(Job.Status.CLOSED)
    if waiting := job.applications.active().count():
        raise StillActive(count=waiting)
    cancelled = job.openings.filter(closed_at__isnull=True).update(
        closed_at=now, close_reason=Opening.CloseReason.CANCELLED
    )
    job.status, job.closed_at = Job.Status.CLOSED, now
    job.save(update_fields=["status", "closed_at", "updated_at"])
    audit.record("job.closed", target=job, by=by, job=job, cancelled_openings=cancelled)
    return job


@transaction.atomic
def reopen(*, job: Job, by: User, now: datetime, openings: int = 0) -> Job:
    """Search again after closing, or bring an archived job back to closed; `openings` are added seats."""
    job = _locked(job)
    if job.status == Job.Status.ARCHIVED:
        return _moved(job, to=Job.Status.CLOSED, action="job.unarchived", by=by)
    if job.status != Job.Status.CLOSED:
        job.require_move(Job.Status.OPEN)
        raise Conflict("Only a closed or archived job can be reopened.", code="job_status")
    job = open_job(job=job, by=by, now=now)
    add_openings(job=job, count=openings or (0 if job.openings.filter(closed_at__isnull=True).exists() else 1),
                 by=by, now=now)  # fmt: skip
    return job


@transaction.atomic
def archive(*, job: Job, by: User, now: datetime) -> Job:
    """Put a draft or a closed job out of sight of daily work."""
    return _moved(job, to=Job.Status.ARCHIVED, action="job.archived", by=by)


@transaction.atomic
def add_openings(*, job: Job, count: int, by: User, now: datetime) -> list[Opening]:
    """Add seats behind the highest number there is."""
    if count == 0:
        return []
    job = _locked(job)
    highest = job.openings.order_by("-number").values_list("number", flat=True).first() or 0
    if count < 0 or highest + count > 1000:
        raise DomainError("A job has 1 to 1000 openings.", code="openings", fields={"openings": ["Use 1 to 1000."]})
    added = Opening.objects.bulk_create(
        Opening(job=job, number=highest + step, opened_at=now) for step in range(1, count + 1)
    )
    audit.record("job.openings_added", target=job, by=by, job=job, count=count)
    return added


@transaction.atomic
def add_team_member(*, job: Job, user: User, role: str, by: User, now: datetime) -> HiringTeamMember:
    """Give a user a part in the job, and with it sight of the job and its people; adding again changes nothing."""
    job = _locked(job)
    if role not in HiringTeamMember.Role.values:
        raise DomainError("Unknown role. Use one of: {roles}.", code="unknown_role",
                          roles=", ".join(HiringTeamMember.Role.values))  # fmt: skip
    if not user.is_active:
        raise DomainError("This account is switched off.", code="inactive_user")
    member, added = HiringTeamMember.objects.get_or_create(job=job, user=user, role=role, defaults={"created_at": now})
    if added:
        job.save(update_fields=["updated_at"])
        audit.record("job.team_added", target=job, by=by, job=job, user=str(user.pk), role=role)
    return member


@transaction.atomic
def remove_team_member(*, job: Job, user: User, by: User, now: datetime, role: str = "") -> int:
    """Take one part (or, without `role`, every part) of a user in the job away; the number of parts removed."""
    job = _locked(job)
    parts = job.team.filter(user=user, **({"role": role} if role else {}))
    roles = list(parts.values_list("role", flat=True))
    if roles:
        parts.delete()
        job.save(update_fields=["updated_at"])
        audit.record("job.team_removed", target=job, by=by, job=job, user=str(user.pk), roles=roles)
    return len(roles)


def _locked(job: Job) -> Job:
    return Job.objects.select_for_update(no_key=True).get(pk=job.pk)


def _moved(job: Job, *, to: str, action: str, by: User) -> Job:
    job = _locked(job)
    job.require_move(to)
    job.status = to
    job.save(update_fields=["status", "updated_at"])
    audit.record(action, target=job, by=by, job=job)
    return job


def _require_title(title: str) -> None:
    if not title.strip():
        raise NoTitle(fields={"title": ["This must not be empty."]})


def _require_pipeline(stages: Sequence[tuple[str, str]]) -> None:
    kinds = [kind for _, kind in stages]
    if not stages or kinds[-1] != Stage.Kind.HIRED or Stage.Kind.HIRED in kinds[:-1]:
        raise DomainError(
            "A pipeline ends with its only stage of the kind hired.",
            code="bad_pipeline",
            fields={"stages": ["The last stage, and only the last one, is of the kind hired."]},
        )
    if len({name.strip().lower() for name, _ in stages}) != len(stages):
        raise DomainError("Two stages have the same name.", code="bad_pipeline",
                          fields={"stages": ["Each name once."]})  # fmt: skip
    if unknown := sorted(set(kinds) - set(Stage.Kind.values)):
        raise DomainError("Unknown kinds of stages: {unknown}.", code="bad_pipeline", unknown=", ".join(unknown))
