"""Reports that come by themselves: what, how often, and to whom a link is mailed."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from jobs.models.drive import RecruitmentDrive
from jobs.models.job import Job, of_seen_job
from jobs.models.report_document import ReportKind, kinds_for

if TYPE_CHECKING:
    from hrassist.models import User

# A person's report is asked for when it is needed.
SCHEDULED_KINDS = (ReportKind.JOB, ReportKind.DRIVE, ReportKind.MONTHLY, ReportKind.BIAS)
WEEKDAYS = tuple(calendar.day_name)


class ReportScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    def visible_to(self, user: User) -> Self:
        """Those of what one sees, that one made or gets; whoever keeps schedules sees the others' too."""
        if not user.is_authenticated or not user.is_active or not user.has_perm("jobs.view_reportschedule"):
            return self.none()
        about = Q(job__isnull=True) | Q(job__isnull=False) & of_seen_job(user)
        drive = Q(drive__isnull=True) | Q(drive__in=RecruitmentDrive.objects.visible_to(user))
        rows = self.filter(about, drive, kind__in=kinds_for(user))
        if user.has_perm("jobs.change_reportschedule"):
            return rows
        gets = ReportRecipient.objects.filter(user=user.pk).values("schedule")
        return rows.filter(Q(created_by=user.pk) | Q(pk__in=gets))

    def due(self, *, today: date) -> Self:
        return self.filter(paused_at__isnull=True, next_on__lte=today)


class ReportSchedule(models.Model):
    """A report for some colleagues every week or month: each gets their own, with what they may see themselves."""

    class Every(models.TextChoices):
        WEEK = "week", "Every week"
        MONTH = "month", "Every month"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.label) for kind in SCHEDULED_KINDS])
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    drive = models.ForeignKey(RecruitmentDrive, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.WEEK)
    day = models.PositiveSmallIntegerField(help_text="Weekday from 0 (Monday) to 6, or day of the month from 1 to 28.")
    next_on = models.DateField(help_text="The next day on which it is made.")
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="ReportRecipient", related_name="+", blank=True
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReportScheduleQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "kind", "job", "drive", "every", "day", "next_on", "paused_at", "last_run_at",
            "created_by", "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["next_on", "pk"]
        verbose_name = "scheduled report"
        indexes: ClassVar = [
            models.Index(fields=["next_on"], condition=Q(paused_at__isnull=True), name="reportschedule_due"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="job", job__isnull=False, drive__isnull=True)
                | Q(kind="drive", job__isnull=True, drive__isnull=False)
                | Q(kind__in=["monthly", "bias"], job__isnull=True, drive__isnull=True),
                name="reportschedule_about_what_its_kind_says",
            ),
            models.CheckConstraint(
                condition=Q(every="week", day__lte=6) | Q(every="month", day__gte=1, day__lte=28),
                name="reportschedule_day",
            ),
        ]

    def __str__(self) -> str:
        about = self.job or self.drive
        return f"{self.get_kind_display()}: {about}" if about else str(self.get_kind_display())

    @property
    def says_when(self) -> str:
        if self.every == self.Every.WEEK:
            return f"every {WEEKDAYS[self.day]}"
        return f"on day {self.day} of every month"

    def first_after(self, day: date) -> date:
        """The first day after this one on which it is made."""
        if self.every == self.Every.WEEK:
            return day + timedelta(days=(self.day - day.weekday() - 1) % 7 + 1)
        if day.day < self.day:
            return day.replace(day=self.day)
        return (day.replace(day=1) + timedelta(days=32)).replace(day=self.day)

    def period(self, day: date) -> tuple[date, date]:
        """What a report made on this day is about: the week until yesterday, or the month before."""
        if self.every == self.Every.WEEK and self.kind != ReportKind.MONTHLY:
            return day - timedelta(days=7), day - timedelta(days=1)
        last = day.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last


class ReportRecipient(models.Model):
    """A colleague who gets a scheduled report, and what became of their last one."""

    schedule = models.ForeignKey(ReportSchedule, on_delete=models.CASCADE, related_name="places")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    last_at = models.DateTimeField(null=True, blank=True, help_text="When their last report was ready.")
    failed_for = models.CharField(max_length=300, blank=True, help_text="Why the last one was not made.")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "schedule", "user", "last_at", "failed_for"}

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "user"], name="reportrecipient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} gets {self.schedule}"
