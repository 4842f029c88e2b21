"""A role being hired for, and who works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Func, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> Self:
        """All jobs but confidential ones for recruiters; everybody sees the jobs on whose hiring team they are."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.only_jobs is not None:
            return self.filter(pk__in=user.only_jobs)
        if user.has_perm("jobs.view_confidential_jobs"):
            return self
        mine = Q(
            pk__in=RawSQL(
                "SELECT job_id FROM jobs_hiringteammember WHERE user_id = %s",
                [user.pk],
                output_field=models.UUIDField(),
            )
        )
        if user.has_perm("jobs.view_all_jobs"):
            return self.filter(Q(confidential=False) | mine)
        return self.filter(mine)

    def open(self) -> Self:
        return self.filter(status=Job.Status.OPEN)

    def with_application_counts(self) -> Self:
        # For each job that is shown by itself: grouping would read every application there is.
        applications: Any = self.model._meta.get_field("applications").related_model
        active = (
            applications.objects.active()
            .filter(job=OuterRef("pk"))
            .order_by()
            .values("job")
            # Of anything, not of a column: the index answers alone.
            .annotate(count=Count("*"))
            .values("count")
        )
        return self.annotate(active_applications=Coalesce(Subquery(active), 0))


class Job(models.Model):
    """A role being hired for."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        OPEN = "open"
        ON_HOLD = "on_hold", "On hold"
        CLOSED = "closed"
        ARCHIVED = "archived"

    class EmploymentType(models.TextChoices):
        FULL_TIME = "full_time", "Full time"
        PART_TIME = "part_time", "Part time"
        CONTRACT = "contract", "Contract"
        INTERNSHIP = "internship", "Internship"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.OPEN, Status.ARCHIVED},
        Status.OPEN: {Status.ON_HOLD, Status.CLOSED},
        Status.ON_HOLD: {Status.OPEN, Status.CLOSED},
        Status.CLOSED: {Status.OPEN, Status.ARCHIVED},
        Status.ARCHIVED: {Status.CLOSED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(max_length=100, blank=True, db_index=True)
    title = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    must_have = models.TextField(
        blank=True, help_text="One requirement a line. Shown as coverage, never part of the score."
    )
    nice_to_have = models.TextField(blank=True, help_text="One requirement a line.")
    department = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 code, for example DE.")
    remote = models.BooleanField(default=False)
    employment_type = models.CharField(max_length=12, choices=EmploymentType.choices, default=EmploymentType.FULL_TIME)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    confidential = models.BooleanField(default=False, help_text="Only the hiring team sees it, and who applied for it.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "external_id", "title", "description", "must_have", "nice_to_have", "department", "city", "country",
            "remote", "employment_type", "status", "confidential", "created_by", "created_at", "updated_at",
            "opened_at", "closed_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [
            ("view_all_jobs", "Can see every job that is not confidential"),
            ("view_confidential_jobs", "Can see confidential jobs without being on their team"),
            ("view_reports", "Can see reports over the jobs one sees"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-created_at", "-id"], name="job_status_newest"),
            models.Index(fields=["-updated_at", "-id"], name="job_updated"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            # Which jobs hide people is asked with every list of people.
            models.Index(fields=["id"], condition=Q(confidential=True), name="job_confidential"),
        ]

    def __str__(self) -> str:
        return self.title

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())

    def require_move(self, to: str) -> None:
        if not self.can_move(to):
            raise Conflict(
                f"A job that is {self.get_status_display().lower()} cannot become {self.Status(to).label.lower()}.",
                code="job_status",
            )

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.city, self.country, "remote" if self.remote else "") if part)


class HiringTeamMember(models.Model):
    """A user's part in one job; it gives sight of the job and of the people who applied for it."""

    class Role(models.TextChoices):
        RECRUITER = "recruiter"
        COORDINATOR = "coordinator"
        HIRING_MANAGER = "hiring_manager"
        INTERVIEWER = "interviewer"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="job_memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "job", "user", "role", "created_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "user", "role"], name="hiringteammember_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Hidden(Func):
    """Whether a job is confidential and the user is not on its team.

    Arrays, because they are read once for a statement: a subquery in a filter keeps the planner from following indexes.
    """

    SQL = """
        {job} = ANY(ARRAY(SELECT id FROM jobs_job WHERE confidential
                          AND id <> ALL(ARRAY(SELECT job_id FROM jobs_hiringteammember WHERE user_id = %s))))
    """
    arity = 1
    output_field = models.BooleanField()

    def __init__(self, job: Any, *, user_id: int | None = None) -> None:
        super().__init__(job)
        self.user_id = user_id

    def as_sql(self, compiler: Any, *_args: Any, **_extra: Any) -> Any:
        job, params = compiler.compile(self.source_expressions[0])
        return self.SQL.format(job=job), [*params, self.user_id]


def of_seen_job(user: User, *, path: str = "job") -> Q:
    """What to filter rows of jobs by so that only those of jobs visible to the user stay; `path` leads to the job.

    For who sees most jobs it asks for the few that are hidden: naming the others would read every job for every list.
    """
    if not user.is_authenticated or not user.is_active or not user.has_perm("jobs.view_all_jobs"):
        return Q(**{f"{path}__in": Job.objects.visible_to(user)})
    if user.has_perm("jobs.view_confidential_jobs"):
        return Q()
    return ~Q(Hidden(F(f"{path}_id"), user_id=user.pk))


def open_jobs_of(user: User) -> list[tuple[UUID, str]]:
    """The open jobs that the user sees, by title: what a token of theirs may be narrowed to."""
    return list(Job.objects.visible_to(user).open().order_by("title", "id").values_list("pk", "title"))
