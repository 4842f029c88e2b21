"""Interviews: what a stage plans, who meets whom when, and what calendars are told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen
from jobs.models.stage import Stage

if TYPE_CHECKING:
    from hrassist.models import User


class InterviewPlanStep(models.Model):
    """One interview that everybody in a stage shall have: its length, and what to find out in it."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="plan")
    name = models.CharField(max_length=80)
    minutes = models.PositiveSmallIntegerField(default=45)
    position = models.PositiveSmallIntegerField()
    instructions = models.TextField(blank=True, help_text="For the interviewers.")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "stage", "name", "minutes", "position", "instructions"}

    class Meta:
        ordering: ClassVar = ["stage__position", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stage", "position"], name="interviewplanstep_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=600), name="interviewplanstep_minutes"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


def calendar_uid() -> str:
    return f"{uuid4()}@hrassist"


class InterviewQuerySet(models.QuerySet["Interview"]):
    def visible_to(self, user: User) -> Self:
        """Those of jobs the user sees; interviewers see those in which they were to meet somebody, or are."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm("jobs.view_all_jobs") or user.has_perm("jobs.view_confidential_jobs"):
            return self.filter(seen(user, path="application__"))
        few = RawSQL(
            """
                SELECT of_team.id
                FROM jobs_interview of_team
                JOIN jobs_application theirs ON theirs.id = of_team.application_id
                JOIN jobs_hiringteammember member ON member.job_id = theirs.job_id
                WHERE member.user_id = %s
                UNION
                SELECT one.interview_id
                FROM jobs_interviewer one
                JOIN jobs_interview met ON met.id = one.interview_id
                JOIN jobs_application theirs ON theirs.id = met.application_id
                JOIN jobs_job job ON job.id = theirs.job_id
                WHERE one.user_id = %s AND NOT job.confidential
            """,
            [user.pk, user.pk],
            output_field=models.UUIDField(),
        )
        return self.filter(pk__in=few)

    def scheduled(self) -> Self:
        return self.filter(status=Interview.Status.SCHEDULED)

    def overlapping(self, *, starts_at: datetime, ends_at: datetime) -> Self:
        """Those that share a minute with this time; one that ends when the other begins does not."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


class Interview(models.Model):
    """A meeting with a candidate. `uid` and `sequence` are what calendars know it by (RFC 5545 3.8.4.7, 3.8.7.4)."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        DONE = "done"
        CANCELLED = "cancelled"
        NO_SHOW = "no_show", "Did not come"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.SCHEDULED: {Status.DONE, Status.CANCELLED, Status.NO_SHOW},
        Status.DONE: {Status.SCHEDULED},
        Status.NO_SHOW: {Status.SCHEDULED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="interviews")
    plan_step = models.ForeignKey(
        InterviewPlanStep, null=True, blank=True, on_delete=models.SET_NULL, related_name="interviews"
    )
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, help_text="Of the meeting, for example Europe/Berlin.")
    place = models.CharField(max_length=300, blank=True, help_text="Room or address, or the link of a video call.")
    note_to_candidate = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SCHEDULED)
    uid = models.CharField(max_length=80, unique=True, default=calendar_uid, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    invite_candidate = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cancelled_for = models.CharField(max_length=300, blank=True)

    objects = InterviewQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"title", "place", "note_to_candidate", "cancelled_for"}
        keep: ClassVar = {
            "id", "application", "plan_step", "starts_at", "ends_at", "time_zone", "status", "uid", "sequence",
            "invite_candidate", "created_by", "created_at", "updated_at", "cancelled_at", "cancelled_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["-starts_at", "-id"], name="interview_newest"),
            models.Index(fields=["application", "starts_at"], name="interview_of_application"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=models.F("ends_at")), name="interview_ends_after_start"),
            models.CheckConstraint(
                condition=both_or_none("cancelled_at", "cancelled_by"), name="interview_cancelled_pair"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())

    def require_move(self, to: str) -> None:
        if not self.can_move(to):
            raise Conflict(
                f"An interview that is {self.get_status_display().lower()} cannot become "
                f"{self.Status(to).label.lower()}.",
                code="interview_status",
            )


class Interviewer(models.Model):
    """A user in an interview, and what they answered."""

    class Response(models.TextChoices):
        WAITING = "waiting", "No answer yet"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        TENTATIVE = "tentative"

    interview = models.ForeignKey(Interview, on_delete=models.CASCADE, related_name="interviewers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="interviews")
    response = models.CharField(max_length=9, choices=Response.choices, default=Response.WAITING)
    responded_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they were last told that a scorecard is due."
    )

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "interview", "user", "response", "responded_at", "reminded_at"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["interview", "user"], name="interviewer_once")]

    def __str__(self) -> str:
        return f"{self.user}"


class CalendarInvitation(models.Model):
    """One calendar mail to one of ours. Its text is made when it is sent, from what the interview is by then."""

    class Method(models.TextChoices):
        REQUEST = "request", "Invitation or update"
        CANCEL = "cancel", "Cancellation"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.CASCADE, related_name="invitations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=7, choices=Method.choices)
    sequence = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Sent, or overtaken by a later one before it was sent.
    settled_at = models.DateTimeField(null=True, blank=True)
    failed_for = models.CharField(max_length=300, blank=True)

    class PersonalData:
        erase: ClassVar = {"failed_for"}
        keep: ClassVar = {"id", "interview", "user", "method", "sequence", "created_at", "settled_at"}

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["interview", "user", "sequence"], name="calendarinvitation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()} {self.sequence}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def visible_to(self, user: User) -> Self:
        """Everybody who schedules may know that a colleague is away; others see their own."""
        return self if user.has_perm("jobs.add_interview") else self.filter(user=user.pk)


class Absence(models.Model):
    """A time in which somebody of ours cannot be planned for interviews."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=100, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {"id", "user", "starts_at", "ends_at"}

    class Meta:
        ordering: ClassVar = ["-starts_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["user", "starts_at"], name="absence_of_user")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=models.F("ends_at")), name="absence_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.user} away"
