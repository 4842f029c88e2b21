"""What somebody is told: in the admin always, by mail as they chose."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from hrassist.models.user import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(user=user.pk)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """One sentence for one user with the page it is about.

    Who lost sight of that page since then must not read its name here: `subject_ref` and `job_ref` say what it tells
    of, and whoever shows or mails it asks again whether the user still sees both.
    """

    class Kind(models.TextChoices):
        MENTION = "mention", "Somebody mentioned you"
        APPROVAL_ASKED = "approval_asked", "Your approval is asked for"
        APPROVAL_DECIDED = "approval_decided", "Your request was decided"
        INTERVIEW = "interview", "Interviews of yours"
        SCORECARD_DUE = "scorecard_due", "A scorecard is due"
        APPLICATION = "application", "Applications for your jobs"
        OFFER = "offer", "Offers"
        MESSAGE_FAILED = "message_failed", "A mail was not delivered"
        TASK_ENDED = "task_ended", "Long work ended"
        DRIVE = "drive", "Drives"
        REPORT = "report", "Scheduled reports"
        PRIVACY = "privacy", "Privacy: requests, and people who fall due"
        SECURITY = "security", "The security page has a serious finding"
        ACCOUNT = "account", "Your own account and how you sign in"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    text = models.CharField(max_length=200)
    url = models.CharField(max_length=300, help_text="A path of this site.")
    subject_ref = models.UUIDField(null=True, blank=True, help_text="The candidate it tells of.")
    job_ref = models.UUIDField(null=True, blank=True, help_text="The job it tells of.")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"text"}
        keep: ClassVar = {
            "id", "user", "kind", "url", "subject_ref", "job_ref", "by", "created_at", "read_at", "mailed_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_newest"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["created_at"], condition=Q(mailed_at__isnull=True), name="notification_unmailed"),
            models.Index(fields=["subject_ref"], name="notification_subject"),
        ]

    def __str__(self) -> str:
        return self.text
