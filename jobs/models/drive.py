"""Campaigns over several jobs, the links that bring people, and what came in through them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import Candidate, Source, UploadTicket
from hrassist.lib.ids import uuid7
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


class RecruitmentDriveQuerySet(models.QuerySet["RecruitmentDrive"]):
    def visible_to(self, user: User) -> Self:
        """Drives in which the user sees a job, and their own; a drive without jobs yet is seen by who sees all jobs."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        with_a_job = DriveJob.objects.filter(job__in=Job.objects.visible_to(user)).values("drive")
        seen = Q(pk__in=with_a_job) | Q(created_by=user)
        if user.has_perm("jobs.view_all_jobs"):
            # No join: a drive with four jobs would stand in the list four times.
            seen |= ~Q(pk__in=DriveJob.objects.values("drive"))
        return self.filter(seen)


class RecruitmentDrive(models.Model):
    """A campaign with dates and targets over several jobs."""

    class Status(models.TextChoices):
        PLANNED = "planned"
        RUNNING = "running"
        ENDED = "ended"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.PLANNED: {Status.RUNNING, Status.ENDED},
        Status.RUNNING: {Status.ENDED},
        Status.ENDED: {Status.RUNNING},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    target_applications = models.PositiveIntegerField(default=0, help_text="0: no target.")
    target_hires = models.PositiveIntegerField(default=0, help_text="0: no target.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RecruitmentDriveQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "name", "description", "status", "starts_on", "ends_on", "target_applications", "target_hires",
            "created_by", "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-starts_on", "-id"]
        verbose_name = "drive"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_on__lte=models.F("ends_on")), name="recruitmentdrive_dates"),
        ]

    def __str__(self) -> str:
        return self.name

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())


class DriveJob(models.Model):
    """A job's part in a drive."""

    drive = models.ForeignKey(RecruitmentDrive, on_delete=models.CASCADE, related_name="drive_jobs")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="drive_jobs")
    target_hires = models.PositiveIntegerField(default=0, help_text="0: no target.")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "drive", "job", "target_hires"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["drive", "job"], name="drivejob_once")]

    def __str__(self) -> str:
        return f"{self.job} in {self.drive}"


def link_token() -> str:
    return secrets.token_urlsafe(12)


class TrackingLinkQuerySet(models.QuerySet["TrackingLink"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(
            Q(job__in=Job.objects.visible_to(user)) | Q(drive__in=RecruitmentDrive.objects.visible_to(user))
        )

    def usable(self, *, now: datetime) -> Self:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), closed_at__isnull=True)


class TrackingLink(models.Model):
    """A public address that says where people came from: of a job, or of a drive, where they choose among its jobs.

    With `takes_applications` it opens a form; without, it leads to `target_url` and only counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=32, unique=True, default=link_token, editable=False)
    label = models.CharField(max_length=100, help_text="Where it is used: University fair, May newsletter, …")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="tracking_links")
    drive = models.ForeignKey(
        RecruitmentDrive, null=True, blank=True, on_delete=models.CASCADE, related_name="tracking_links"
    )
    referred_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="A colleague's own link: who applies through it is their referral.",
    )  # fmt: skip
    takes_applications = models.BooleanField(default=True)
    target_url = models.URLField(max_length=300, blank=True)
    visits = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TrackingLinkQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "token", "label", "source", "job", "drive", "referred_by", "takes_applications", "target_url",
            "visits", "expires_at", "closed_at", "created_by", "created_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(job__isnull=True, drive__isnull=False) | Q(job__isnull=False, drive__isnull=True),
                name="trackinglink_of_a_job_or_a_drive",
            ),
            models.CheckConstraint(
                condition=Q(takes_applications=True) | ~Q(target_url=""), name="trackinglink_leads_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class IntakeSubmissionQuerySet(models.QuerySet["IntakeSubmission"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(job__in=Job.objects.visible_to(user))

    def waiting(self) -> Self:
        return self.filter(state=IntakeSubmission.State.WAITING)


class IntakeSubmission(models.Model):
    """What somebody sent through a public form; once the resume is read, it becomes an application."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being read"
        APPLIED = "applied"
        REJECTED = "rejected", "File refused"
        FAILED = "failed", "Needs a look"

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.APPLIED, State.REJECTED, State.FAILED},
        State.FAILED: {State.WAITING},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.ForeignKey(TrackingLink, on_delete=models.PROTECT, related_name="submissions")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="submissions")
    full_name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    consented_at = models.DateTimeField()
    consent_text = models.CharField(max_length=500, blank=True, help_text="What they agreed to, as it stood there.")
    notices = models.JSONField(default=list, help_text="Identifiers of the notices that stood on the form.")
    pool_notice = models.UUIDField(null=True, blank=True, help_text="What they agreed to, if they want to be kept.")
    ticket = models.OneToOneField(
        UploadTicket, null=True, blank=True, on_delete=models.SET_NULL, related_name="submission"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    failed_for = models.CharField(max_length=300, blank=True)
    candidate = models.ForeignKey(
        Candidate, null=True, blank=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    application = models.ForeignKey(
        "jobs.Application", null=True, blank=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    secret_digest = models.CharField(max_length=64, editable=False, help_text="Of what the sender's page asks with.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = IntakeSubmissionQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"full_name", "email", "phone", "message"}
        keep: ClassVar = {
            "id", "link", "job", "consented_at", "consent_text", "notices", "pool_notice", "ticket", "state",
            "failed_for", "candidate", "application", "secret_digest", "created_at", "settled_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("view", "change")
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=Q(state="waiting"), name="intakesubmission_waiting"),
            models.Index(fields=["created_at"], condition=Q(state="failed"), name="intakesubmission_failed"),
            models.Index(fields=["link", "-created_at"], name="intakesubmission_of_link"),
            models.Index(fields=["-created_at", "-id"], name="intakesubmission_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} through {self.link}"

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.state, set())
