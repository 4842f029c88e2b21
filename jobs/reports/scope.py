"""What a report is about: a period and jobs, never others than those the user sees."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils import timezone

from hrassist import databases
from hrassist.lib.errors import DomainError
from jobs.models import HiringTeamMember, Job

if TYPE_CHECKING:
    from hrassist.models import User

DEFAULT_DAYS = 90
LONGEST_DAYS = 2 * 366
KEPT_SECONDS = 300
# Steps by how far they lead; reports work across jobs that name their stages differently.
KINDS = ("applied", "screen", "interview", "offer", "hired")
RANK = "array_position(ARRAY['applied', 'screen', 'interview', 'offer', 'hired'], stage.kind::text) - 1"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """From the first day to the last one, both included, in the site's time zone."""

    user: User
    since: date
    until: date
    job: UUID | None = None
    department: str = ""
    recruiter: int | None = None
    # Given where the caller knows them; otherwise asked once.
    jobs: Sequence[UUID] | None = field(default=None)

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise DomainError("The period ends before it begins.", code="bad_period")
        if (self.until - self.since).days > LONGEST_DAYS:
            raise DomainError("A report spans two years at most.", code="long_period")

    @cached_property
    def job_ids(self) -> list[UUID]:
        """The jobs that are counted: seen by the user, and fitting the filters."""
        if self.jobs is not None:
            return list(self.jobs)
        seen = Job.objects.visible_to(self.user)
        if self.job is not None:
            seen = seen.filter(pk=self.job)
        if self.department:
            seen = seen.filter(department=self.department)
        if self.recruiter is not None:
            of_recruiter = HiringTeamMember.objects.filter(user=self.recruiter).values("job")
            seen = seen.filter(pk__in=of_recruiter)
        return list(seen.order_by("pk").values_list("pk", flat=True))

    @property
    def begins(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.since, time()))

    @property
    def ends(self) -> datetime:
        """The first moment that is not counted any more."""
        return timezone.make_aware(datetime.combine(self.until + timedelta(days=1), time()))

    @property
    def params(self) -> dict[str, Any]:
        """What the queries of reports are given."""
        return {
            "begins": self.begins,
            "ends": self.ends,
            "jobs": self.job_ids,
            "zone": timezone.get_current_timezone_name(),
        }

    def kept(self, name: str, count: Callable[[Scope], T]) -> T:
        """A figure over many rows, counted anew after five minutes; rights count at once, they are part of the key."""
        told = f"{name}|{self.since}|{self.until}|".encode() + b"".join(one.bytes for one in self.job_ids)
        digest = hashlib.sha256(told).hexdigest()[:32]
        key = f"report-{self.user.pk}-{digest}"
        found: T | None = cache.get(key)
        if found is None:
            found = count(self)
            cache.set(key, found, KEPT_SECONDS)
        return found


def last_days(user: User, *, today: date, days: int = DEFAULT_DAYS, **filters: Any) -> Scope:
    """The period that ends today."""
    return Scope(user=user, since=today - timedelta(days=days - 1), until=today, **filters)


def rows(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row of a query, by column; from a replica where there is one.

    Which jobs are counted is a parameter: who may see them was asked where rights are written.
    """
    alias = databases.for_lagging_reads()
    try:
        return _rows(alias, sql, params)
    except DatabaseError:
        if alias == DEFAULT_DB_ALIAS:
            raise
        # A copy may end a query because it has to replay what contradicts it.
        return _rows(DEFAULT_DB_ALIAS, sql, params)


def _rows(alias: str, sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# A step that was taken back, and the one that took it back, never happened.
STANDS = """
    step.undoes_id IS NULL AND NOT EXISTS (
        SELECT FROM jobs_stagetransition back WHERE back.undoes_id = step.id AND back.undoes_id IS NOT NULL)
"""
# Who came in: the first step of an application, at the moment it was put down; nothing takes that one back.
ENTERED = """
    entered AS (
        SELECT step.application_id, step.at, application.job_id, application.source, application.stage_id,
               application.status
        FROM jobs_stagetransition step
        JOIN jobs_application application ON application.id = step.application_id
        WHERE step.from_stage_id IS NULL AND step.at >= %(begins)s AND step.at < %(ends)s
          AND application.job_id = ANY(%(jobs)s)
    )
"""
# How far each of them is: where its standing steps have led, which is what the application itself says. Whatever was
# taken back, by a move back or an undone hire, is not there any more.
REACHED = f"""
    reached AS (
        SELECT entered.application_id, entered.job_id, entered.source, entered.status,
               CASE WHEN entered.status = 'hired' THEN 4 ELSE {RANK} END AS rank
        FROM entered JOIN jobs_stage stage ON stage.id = entered.stage_id
    )
"""  # noqa: S608  put together from constants of this module
