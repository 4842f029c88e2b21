"""Campaigns over several jobs: planned, begun, ended, and which jobs take part with which target."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import DriveJob, Job, RecruitmentDrive

if TYPE_CHECKING:
    from hrassist.models import User

Status = RecruitmentDrive.Status
FACTS = ("name", "description", "starts_on", "ends_on", "target_applications", "target_hires")


class DriveChanged(Conflict):
    """Somebody else wrote in the meantime."""

    code = "drive_changed"
    default_message = "Somebody changed this drive since you read it. Read it again, then repeat your change."


@transaction.atomic
def create(*, by: User, now: datetime, facts: Mapping[str, Any]) -> RecruitmentDrive:
    """A planned drive without jobs; its links take nobody before it runs."""
    _require_sense(facts)
    drive = RecruitmentDrive.objects.create(
        **{name: facts[name] for name in FACTS if name in facts}, created_by=by, created_at=now
    )
    audit.record("drive.created", target=drive, by=by)
    return drive


@transaction.atomic
def update(
    *,
    drive: RecruitmentDrive,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    expected_updated_at: datetime | None = None,
) -> RecruitmentDrive:
    """Change its name, dates and targets. Raises DriveChanged for one that was written since."""
    drive = _locked(drive)
    if expected_updated_at is not None and drive.updated_at != expected_updated_at:
        raise DriveChanged
    _require_sense({**{name: getattr(drive, name) for name in FACTS}, **facts})
    changed = [name for name in FACTS if name in facts and getattr(drive, name) != facts[name]]
    if changed:
        for name in changed:
            setattr(drive, name, facts[name])
        drive.save(update_fields=[*changed, "updated_at"])
        audit.record("drive.updated", target=drive, by=by, fields=changed)
    return drive


@transaction.atomic
def put_job(*, drive: RecruitmentDrive, job: Job, by: User, now: datetime, target_hires: int = 0) -> DriveJob:
    """Let a job take part, or give it another target. Raises Conflict for a confidential job."""
    drive = _locked(drive)
    if not Job.objects.visible_to(by).filter(pk=job.pk).exists():
        raise DomainError("Choose a job that you see.", code="bad_job")
    if job.confidential:
        raise Conflict("This job is confidential: it takes no part in a public drive.", code="job_not_public")
    if not 0 <= target_hires <= 1000:
        raise DomainError("Use a target of 0 to 1000 hires.", code="bad_target")
    part, _ = DriveJob.objects.update_or_create(drive=drive, job=job, defaults={"target_hires": target_hires})
    drive.save(update_fields=["updated_at"])
    audit.record("drive.job_put", target=drive, by=by, job=job, target_hires=target_hires)
    return part


@transaction.atomic
def take_job(*, drive: RecruitmentDrive, job: Job, by: User, now: datetime) -> None:
    """Let a job take no part any more; who applied through the drive stays."""
    drive = _locked(drive)
    gone, _ = DriveJob.objects.filter(drive=drive, job=job).delete()
    if gone:
        drive.save(update_fields=["updated_at"])
        audit.record("drive.job_taken", target=drive, by=by, job=job)


@transaction.atomic
def start(*, drive: RecruitmentDrive, by: User, now: datetime) -> RecruitmentDrive:
    """Let people apply through its links, also again after it ended. Raises DomainError for a drive without jobs."""
    drive = _moved(drive, Status.RUNNING)
    if not drive.drive_jobs.exists():
        raise DomainError("Add a job first: people choose among the drive's jobs.", code="no_jobs")
    if drive.ends_on < now.date():
        raise DomainError("Its last day has passed. Give it a later one first.", code="bad_dates")
    return _saved(drive, "drive.started", by=by)


@transaction.atomic
def end(*, drive: RecruitmentDrive, by: User, now: datetime) -> RecruitmentDrive:
    """Take no more applications through its links."""
    return _saved(_moved(drive, Status.ENDED), "drive.ended", by=by)


def _locked(drive: RecruitmentDrive) -> RecruitmentDrive:
    return RecruitmentDrive.objects.select_for_update(of=("self",)).get(pk=drive.pk)


def _moved(drive: RecruitmentDrive, to: str) -> RecruitmentDrive:
    drive = _locked(drive)
    if not drive.can_move(to):
        raise Conflict(f"This drive is {drive.get_status_display().lower()} already.", code="drive_status")
    drive.status = to
    return drive


def _saved(drive: RecruitmentDrive, action: str, *, by: User) -> RecruitmentDrive:
    drive.save(update_fields=["status", "updated_at"])
    audit.record(action, target=drive, by=by)
    return drive


def _require_sense(facts: Mapping[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    if not str(facts.get("name", "")).strip():
        wrong["name"] = ["Give it a name."]
    first, last = facts.get("starts_on"), facts.get("ends_on")
    if first is None or last is None:
        wrong["starts_on"] = ["Say on which days it begins and ends."]
    elif first > last:
        wrong["ends_on"] = ["This is before its first day."]
    if wrong:
        raise DomainError(" ".join(sentence for one in wrong.values() for sentence in one), code="bad_drive",
                          fields=wrong)  # fmt: skip
