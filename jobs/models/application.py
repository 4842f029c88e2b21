"""Somebody's candidacy for one job, and how it moved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from candidates.models import Candidate
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7
from jobs.models.job import Job, of_seen_job
from jobs.models.stage import Stage

if TYPE_CHECKING:
    from hrassist.models import User


class RejectionReason(models.Model):
    """Why an application ended: we rejected, or they withdrew."""

    class Kind(models.TextChoices):
        WE_REJECTED = "we_rejected"
        THEY_WITHDREW = "they_withdrew"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.WE_REJECTED)
    active = models.BooleanField(default=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "name", "kind", "active"}

    class Meta:
        ordering: ClassVar = ["kind", "name"]

    def __str__(self) -> str:
        return self.name


def seen(user: User, *, path: str = "") -> Q:
    """What to filter by so that only applications visible to the user stay; `path` leads to them (`application__`)."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.only_jobs is not None:
        return Q(**{f"{path}job__in": user.only_jobs})
    if sees_by_job(user):
        return of_seen_job(user, path=f"{path}job")
    return Q(**{f"{path}id__in": _few(user, "id")})


def sees_by_job(user: User) -> bool:
    """Whether what the user sees follows from jobs alone, beyond those of their own."""
    return user.has_perm("jobs.view_all_jobs") or user.has_perm("jobs.view_confidential_jobs")


def _few(user: User, column: str) -> RawSQL:
    """This column of the applications on the user's jobs and of those that they meet.

    A union, because an OR of two subqueries would be tried on every application there is; of the column that is asked
    for, because then a single row is looked up in it, and not the union made first. Interviewers of a confidential job
    stand on its team (jobs.actions.interviews holds that), or see nothing of it.
    """
    return RawSQL(  # noqa: S611 - the column's name is ours # nosec B611
        f"""
            SELECT of_team.{column}
            FROM jobs_application of_team JOIN jobs_hiringteammember member ON member.job_id = of_team.job_id
            WHERE member.user_id = %s
            UNION
            SELECT theirs.{column}
            FROM jobs_interviewer one
            JOIN jobs_interview met ON met.id = one.interview_id
            JOIN jobs_application theirs ON theirs.id = met.application_id
            JOIN jobs_job job ON job.id = theirs.job_id
            WHERE one.user_id = %s AND met.status <> 'cancelled' AND NOT job.confidential
        """,  # noqa: S608 - a column's name of ours
        [user.pk, user.pk],
        output_field=models.UUIDField(),
    )


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: User) -> Self:
        """Those of jobs that the user sees; interviewers see the ones they meet, and nothing else of the job."""
        return self.filter(seen(user))

    def active(self) -> Self:
        return self.filter(status=Application.Status.ACTIVE)


class Application(models.Model):
    """A candidate for a job; one at a time while active."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        HIRED = "hired"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.ACTIVE: {Status.HIRED, Status.REJECTED, Status.WITHDRAWN},
        Status.REJECTED: {Status.ACTIVE},
        Status.WITHDRAWN: {Status.ACTIVE},
        Status.HIRED: {Status.ACTIVE},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(max_length=100, blank=True, db_index=True)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, db_index=False, related_name="applications")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="applications")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="applications")
    # That of the stage, so that lists over every job read an index. The database alone writes it: jobs_kind_of_stage.
    stage_kind = models.CharField(max_length=10, choices=Stage.Kind.choices, db_default="", editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    source = models.CharField(max_length=60, blank=True)
    credited_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    tracking_link = models.ForeignKey(
        "jobs.TrackingLink", null=True, blank=True, on_delete=models.SET_NULL, related_name="applications"
    )
    applied_at = models.DateTimeField(default=timezone.now)
    entered_stage_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.ForeignKey(RejectionReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"external_id"}
        keep: ClassVar = {
            "id", "candidate", "job", "stage", "stage_kind", "status", "source", "credited_to", "tracking_link",
            "applied_at", "entered_stage_at", "ended_at", "ended_by", "reason", "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-applied_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["stage", "-applied_at", "-id"], name="application_in_stage"),
            # Everybody at a kind of step, whatever the job: those who came last are not there yet.
            models.Index(fields=["stage_kind", "-applied_at", "-id"], name="application_at_kind"),
            # With the stage, so that a pipeline is counted without reading its rows.
            models.Index(fields=["job", "status", "-applied_at"], include=["stage"], name="application_by_job"),
            # In the place of the key's own: who is known by which job is asked of each person that a page shows.
            models.Index(fields=["candidate", "job"], name="application_of_person"),
            models.Index(fields=["-updated_at", "-id"], name="application_updated"),
            models.Index(fields=["-applied_at", "-id"], name="application_newest"),
            models.Index(fields=["-created_at", "-id"], name="application_created"),
            # The columns of a pipeline board: whoever waits longest stands on top.
            models.Index(
                fields=["stage", "entered_stage_at", "id"], condition=Q(status="active"), name="application_on_board"
            ),
            # The review queue over every job: read from its beginning until there are enough.
            models.Index(fields=["entered_stage_at", "id"], condition=Q(status="active"), name="application_waiting"),
            # What reports ask of each application, without reading its row.
            models.Index(fields=["id"], include=["job", "stage", "status", "source"], name="application_figures"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["candidate", "job"], condition=Q(status="active"), name="application_one_active"
            ),
            # Only a person ends an application: no score, rule or service can.
            models.CheckConstraint(
                condition=Q(status="active", ended_at__isnull=True) | ~Q(status="active") & Q(ended_at__isnull=False),
                name="application_ended_with_status",
            ),
            # Withdrawn without anybody of ours: the person was erased.
            models.CheckConstraint(
                condition=both_or_none("ended_at", "ended_by") | Q(status="withdrawn", ended_by__isnull=True),
                name="application_ended_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate} for {self.job}"

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())


class StageTransition(models.Model):
    """One step of an application through the stages: the only source of funnel and time-in-stage figures."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="transitions")
    from_stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    to_stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    from_status = models.CharField(max_length=10, choices=Application.Status.choices, blank=True)
    to_status = models.CharField(max_length=10, choices=Application.Status.choices)
    reason = models.ForeignKey(RejectionReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by",
        help_text="The step that this one takes back: neither of the two counts.",
    )  # fmt: skip

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {
            "id", "application", "from_stage", "to_stage", "from_status", "to_status", "reason", "by", "at", "undoes",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            # The steps of an application in their order, with what reports ask of each.
            models.Index(
                fields=["application", "at", "id"],
                include=["to_stage", "to_status", "undoes"],
                name="stagetransition_life",
            ),
            # Reports begin with those who came in, or were hired, in a period.
            models.Index(
                fields=["at"],
                include=["application"],
                condition=Q(from_stage__isnull=True),
                name="stagetransition_came_in",
            ),
            models.Index(fields=["at"], condition=Q(to_status="hired"), name="stagetransition_hired"),
            # Steps that take others back are few; figures leave both out.
            models.Index(fields=["undoes"], condition=Q(undoes__isnull=False), name="stagetransition_undoing"),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage or 'new'} → {self.to_stage}"


def people_in_process(now: datetime) -> tuple[str, list[object]]:
    """Candidates with an active application, as a ground to be ranked; not if they withdrew consent since."""
    del now
    sql = """
        SELECT a.candidate_id FROM jobs_application a
        WHERE a.status = 'active' AND NOT EXISTS (
            SELECT 1 FROM candidates_consentrecord c
            WHERE c.candidate_id = a.candidate_id AND c.purpose = 'application' AND c.withdrawn_at > a.applied_at
              AND (c.job_ref IS NULL OR c.job_ref = a.job_id))
    """
    return sql, []


def people_of_visible_applications(user: User) -> models.QuerySet[Any] | RawSQL:
    """Candidates whom the user sees because they applied for a job the user sees."""
    if user.only_jobs is not None or sees_by_job(user):
        return Application.objects.visible_to(user).values("candidate_id")
    return _few(user, "candidate_id")


class KnownByHiddenJobsOnly(Func):
    """Whether a candidate applied for confidential jobs that the user may not see, and for no job that they do see."""

    # Said in SQL because every list of people carries it, and composing it anew cost more than all the rest of a list.
    # Which jobs are seen is Job.objects.visible_to over again; tests/jobs/models/test_application.py holds them equal.
    # Scalar subqueries, because EXISTS may be hashed: that reads every application to show fifty people.
    SQL = """
        ((SELECT true FROM jobs_application known
          WHERE known.candidate_id = {candidate}
            AND known.job_id = ANY(ARRAY(SELECT id FROM jobs_job WHERE confidential)) LIMIT 1) IS TRUE
         AND (SELECT true FROM jobs_application other JOIN jobs_job seen ON seen.id = other.job_id
              WHERE other.candidate_id = {candidate}
                AND (%s AND NOT seen.confidential
                     OR seen.id = ANY(ARRAY(SELECT job_id FROM jobs_hiringteammember WHERE user_id = %s)))
              LIMIT 1) IS NOT TRUE)
    """
    arity = 1
    output_field = models.BooleanField()

    def __init__(self, candidate: Any, *, user: User | None = None) -> None:
        super().__init__(candidate)
        self.said = [user.has_perm("jobs.view_all_jobs"), user.pk] if user is not None else [False, None]

    def as_sql(  # type: ignore[override]  # the stubs know neither lists nor other values as parameters
        self, compiler: Any, connection: Any, **_extra: Any
    ) -> tuple[str, list[Any]]:
        candidate, params = compiler.compile(self.source_expressions[0])
        return self.SQL.format(candidate=candidate), [*params, *params, *self.said]


def people_of_confidential_jobs_only(user: User, candidate: models.F) -> KnownByHiddenJobsOnly | None:
    """Candidates known only through confidential jobs that the user may not see."""
    if user.only_jobs is not None:
        # They see who applied for those jobs, and nobody else.
        return None
    return None if user.has_perm("jobs.view_confidential_jobs") else KnownByHiddenJobsOnly(candidate, user=user)


def jobs_seen(user: User, ids: set[UUID]) -> set[UUID]:
    """Of these jobs, those that the user may see."""
    return set(Job.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
