"""What people are told about their data: texts whose published versions never change, and who was shown which."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class Channel(models.TextChoices):
    """How something reached us, or we them."""

    APPLY_FORM = "apply_form", "Application form"
    REFERRAL = "referral", "Referral"
    PHONE = "phone", "By phone"
    IN_PERSON = "in_person", "In person"
    MAIL = "mail", "By mail"
    IMPORT = "import", "Import"
    SELF_SERVICE = "self_service", "Their own page"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class Notice(models.Model):
    """One version of one text in one language; published it is fixed, and its digest says what was read."""

    class Kind(models.TextChoices):
        PRIVACY = "privacy", "Use of data"
        AI_USE = "ai_use", "Use of a ranking"
        TALENT_POOL = "talent_pool", "Consent for later jobs"
        POST_ADVERSE = "post_adverse", "After a rejection"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    jurisdiction = models.CharField(max_length=10, blank=True, help_text="A code, or empty: everywhere else.")
    language = models.CharField(max_length=8, default="en")
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=150)
    text = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = NoticeQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "kind", "jurisdiction", "language", "version", "title", "text", "sha256", "created_by", "created_at",
            "updated_at", "published_at", "published_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["kind", "jurisdiction", "language", "-version"]
        default_permissions = ("add", "view", "change")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "jurisdiction", "language", "version"], name="notice_version_once"),
            models.UniqueConstraint(
                fields=["kind", "jurisdiction", "language"], condition=Q(published_at__isnull=True),
                name="notice_one_draft",
            ),
        ]  # fmt: skip
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="published_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language}, version {self.version})"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @staticmethod
    def digest(title: str, text: str) -> str:
        return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()


class NoticeDeliveryQuerySet(models.QuerySet["NoticeDelivery"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"))

    def open_at(self, now: datetime) -> Self:
        """Those whose waiting time is over."""
        return self.filter(begins_at__lte=now)


class NoticeDelivery(models.Model):
    """Somebody was shown or sent one version of a notice; kept for ever as it happened."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="notice_deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    job_ref = models.UUIDField(null=True, blank=True, help_text="The job it was about.")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    at = models.DateTimeField(default=timezone.now)
    begins_at = models.DateTimeField(help_text="From when on what it tells of may happen.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = NoticeDeliveryQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "candidate", "notice", "job_ref", "channel", "at", "begins_at", "by"}

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("add", "view")
        verbose_name_plural = "notice deliveries"
        indexes: ClassVar = [
            models.Index(fields=["candidate", "-at"], name="noticedelivery_of_person"),
            models.Index(fields=["job_ref", "begins_at"], name="noticedelivery_of_job"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="told_is_kept", operation=pgtrigger.Delete),
            # A record that is merged takes what its person was told along.
            pgtrigger.Protect(
                name="told_stays_told",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["candidate"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice} to {self.candidate}"


class ConsentRecordQuerySet(models.QuerySet["ConsentRecord"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"))

    def standing(self, *, now: datetime) -> Self:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), withdrawn_at__isnull=True)


class ConsentRecord(models.Model):
    """Somebody agreed to one purpose, having read one version of a notice; it can be withdrawn once, nothing else."""

    class Purpose(models.TextChoices):
        APPLICATION = "application", "Deciding about an application"
        TALENT_POOL = "talent_pool", "Being considered for later jobs"
        CONTACT = "contact", "Mail about other jobs"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="consents")
    job_ref = models.UUIDField(null=True, blank=True, help_text="The job it was given with.")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    evidence = models.CharField(
        max_length=300, blank=True, help_text="What shows it: who was on the phone, a form's number."
    )
    given_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who wrote it down; nobody where they did it themselves.",
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_channel = models.CharField(max_length=12, blank=True, choices=Channel.choices)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ConsentRecordQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"evidence"}
        keep: ClassVar = {
            "id", "candidate", "purpose", "notice", "job_ref", "channel", "given_at", "expires_at", "recorded_by",
            "withdrawn_at", "withdrawn_channel", "withdrawn_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-given_at", "-id"]
        default_permissions = ("add", "view", "change")
        verbose_name = "consent"
        indexes: ClassVar = [
            models.Index(fields=["candidate", "-given_at"], name="consentrecord_of_person"),
            # Whom a ranking may include on this ground.
            models.Index(
                fields=["candidate", "expires_at"], condition=Q(purpose="talent_pool", withdrawn_at__isnull=True),
                name="consentrecord_pool_standing",
            ),
        ]  # fmt: skip
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_channel="")
                | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_channel=""),
                name="consentrecord_withdrawn_somehow",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True) | Q(withdrawn_at__isnull=False),
                name="consentrecord_withdrawn_by_when_withdrawn",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="given_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="given_stays_given",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["candidate", "evidence", "withdrawn_at", "withdrawn_channel", "withdrawn_by"]
                ),
            ),
            pgtrigger.Protect(
                name="withdrawn_stays_withdrawn",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.withdrawn_at IS NOT NULL AND (NEW.withdrawn_at, NEW.withdrawn_channel, NEW.withdrawn_by_id) "
                    "IS DISTINCT FROM (OLD.withdrawn_at, OLD.withdrawn_channel, OLD.withdrawn_by_id)"
                ),
            ),
            # Erasing somebody empties what was written about them.
            pgtrigger.Protect(
                name="evidence_is_only_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.evidence <> NEW.evidence AND NEW.evidence <> ''"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} by {self.candidate}"

    def stands(self, now: datetime) -> bool:
        return self.withdrawn_at is None and (self.expires_at is None or self.expires_at > now)
