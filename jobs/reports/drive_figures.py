"""How far drives and links have come: visits, what was sent, applications, hires; always from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from jobs.models import Application, IntakeSubmission, Job, RecruitmentDrive, TrackingLink

if TYPE_CHECKING:
    from hrassist.models import User

Status = Application.Status
# More days than this are shown by the week: a bar has to stay wide enough to point at.
MOST_BARS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Applications, those still in process and hires of a drive, each with its target (0: none)."""

    applications: int = 0
    active: int = 0
    hires: int = 0
    target_applications: int = 0
    target_hires: int = 0

    def against(self, drive: RecruitmentDrive) -> Progress:
        """The same with the targets of this drive."""
        targets = {"target_applications": drive.target_applications, "target_hires": drive.target_hires}
        return replace(self, **targets)

    @property
    def applications_share(self) -> int:
        return _share(self.applications, self.target_applications)

    @property
    def hires_share(self) -> int:
        return _share(self.hires, self.target_hires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Applications of a day or week, and where their bar stands in a drawing of 100 by 40."""

    start: date
    end: date
    count: int
    x: float
    width: float
    y: float
    height: float


def progress_of(drives: Iterable[UUID], *, user: User) -> dict[UUID, Progress]:
    """The progress of each of these drives in the jobs that the user sees, without targets, in one query for all."""
    rows: Any = (
        Application.objects.visible_to(user)
        .filter(tracking_link__drive__in=list(drives))
        .order_by()
        .values(drive=F("tracking_link__drive"))
        .annotate(
            applications=Count("pk"),
            active=Count("pk", filter=Q(status=Status.ACTIVE)),
            hires=Count("pk", filter=Q(status=Status.HIRED)),
        )
    )
    return {row.pop("drive"): Progress(**row) for row in rows}


def progress_of_jobs(drive: RecruitmentDrive, jobs: Sequence[Job]) -> dict[UUID, dict[str, int]]:
    """Applications, active ones and hires of each of these jobs through the drive."""
    rows: Any = (
        Application.objects.filter(tracking_link__drive=drive, job__in=jobs)
        .order_by()
        .values("job")
        .annotate(
            applications=Count("pk"),
            active=Count("pk", filter=Q(status=Status.ACTIVE)),
            hires=Count("pk", filter=Q(status=Status.HIRED)),
        )
    )
    return {row.pop("job"): row for row in rows}


def with_figures(links: QuerySet[TrackingLink], *, user: User) -> list[Any]:
    """The links, each with `submitted`, `applied` and `hired`; two more queries, however many links there are."""
    found: list[Any] = list(links)
    keys = [one.pk for one in found]
    seen = IntakeSubmission.objects.visible_to(user)
    sent = dict(seen.filter(link__in=keys).order_by().values_list("link").annotate(n=Count("pk")))
    applied = {
        row["tracking_link"]: row
        for row in Application.objects.visible_to(user)
        .filter(tracking_link__in=keys)
        .order_by()
        .values("tracking_link")
        .annotate(n=Count("pk"), hired=Count("pk", filter=Q(status=Status.HIRED)))
    }
    for one in found:
        row: Any = applied.get(one.pk, {})
        one.submitted, one.applied, one.hired = sent.get(one.pk, 0), row.get("n", 0), row.get("hired", 0)
    return found


def per_day(drive: RecruitmentDrive, *, user: User, today: date) -> list[Bar]:
    """Applications through the drive for every day (or week, of a long one) from its first day to today."""
    last = min(drive.ends_on, max(today, drive.starts_on))
    days = (last - drive.starts_on).days + 1
    step = 1 if days <= MOST_BARS else 7
    counts: dict[date, int] = {}
    rows = (
        Application.objects.visible_to(user)
        .filter(tracking_link__drive=drive)
        .order_by()
        .annotate(day=TruncDate("applied_at"))
        .values_list("day")
        .annotate(n=Count("pk"))
    )
    for day, count in rows:
        start = drive.starts_on + timedelta(days=(day - drive.starts_on).days // step * step)
        counts[start] = counts.get(start, 0) + count
    starts = [drive.starts_on + timedelta(days=number) for number in range(0, days, step)]
    most = max(counts.values(), default=0) or 1
    slot = 100 / len(starts)
    return [
        Bar(
            start=start,
            end=min(start + timedelta(days=step - 1), last),
            count=counts.get(start, 0),
            x=round(number * slot + slot * 0.12, 3),
            width=round(slot * 0.76, 3),
            height=round(38 * counts.get(start, 0) / most, 2),
            y=round(40 - 38 * counts.get(start, 0) / most, 2),
        )
        for number, start in enumerate(starts)
    ]


def _share(count: int, target: int) -> int:
    return min(100, round(100 * count / target)) if target else 0
