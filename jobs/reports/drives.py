"""How far drives are on the way to their targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from jobs.models import RecruitmentDrive
from jobs.reports.scope import Scope, rows


@dataclass(frozen=True, slots=True)
class DriveProgress:
    """A drive with what came of it so far; a target of 0 is none. `elapsed` is the share of its days that is over."""

    id: UUID
    name: str
    status: str
    starts_on: date
    ends_on: date
    jobs: int
    applications: int
    target_applications: int
    hires: int
    target_hires: int
    elapsed: float

    def share(self, count: int, target: int) -> float | None:
        return count / target if target else None


def drive_progress(scope: Scope, *, today: date, limit: int = 50) -> list[DriveProgress]:
    """Drives of the user that run at some time in the period, newest first.

    Applications are those for its jobs (that the user sees) that came in from its first to its last day; hires are
    those among them who are hired, a hire that was undone not counting.
    """
    return scope.kept(f"drives-{limit}-{today}", lambda asked: _count(asked, today=today, limit=limit))


def _count(scope: Scope, *, today: date, limit: int) -> list[DriveProgress]:
    drives = list(
        RecruitmentDrive.objects.visible_to(scope.user)
        .filter(starts_on__lte=scope.until, ends_on__gte=scope.since)
        .order_by("-starts_on", "-pk")[:limit]
    )
    counted = rows(
        """
        SELECT part.drive_id, count(DISTINCT part.job_id) AS jobs, count(entry.application_id) AS applications,
               count(*) FILTER (WHERE entry.status = 'hired') AS hires
        FROM jobs_drivejob part
        JOIN jobs_recruitmentdrive drive ON drive.id = part.drive_id
        LEFT JOIN LATERAL (
            SELECT step.application_id, application.status FROM jobs_application application
            JOIN jobs_stagetransition step ON step.application_id = application.id AND step.from_stage_id IS NULL
            WHERE application.job_id = part.job_id
              AND step.at >= drive.starts_on::timestamp AT TIME ZONE %(zone)s
              AND step.at < (drive.ends_on + 1)::timestamp AT TIME ZONE %(zone)s
        ) entry ON true
        WHERE part.drive_id = ANY(%(drives)s) AND part.job_id = ANY(%(jobs)s)
        GROUP BY part.drive_id
        """,
        scope.params | {"drives": [drive.pk for drive in drives]},
    )
    by_drive = {row["drive_id"]: row for row in counted}
    nothing = {"jobs": 0, "applications": 0, "hires": 0}
    return [
        DriveProgress(
            id=drive.pk,
            name=drive.name,
            status=drive.get_status_display(),
            starts_on=drive.starts_on,
            ends_on=drive.ends_on,
            jobs=by_drive.get(drive.pk, nothing)["jobs"],
            applications=by_drive.get(drive.pk, nothing)["applications"],
            target_applications=drive.target_applications,
            hires=by_drive.get(drive.pk, nothing)["hires"],
            target_hires=drive.target_hires,
            elapsed=min(
                1.0, max(0.0, ((today - drive.starts_on).days + 1) / ((drive.ends_on - drive.starts_on).days + 1))
            ),
        )
        for drive in drives
    ]
