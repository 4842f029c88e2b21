"""What people do about their own data: the link to their page, and what they ask to have put right."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from candidates.models.contact import CandidateEmail
from candidates.models.talent_pool import PoolMembership
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class SelfServiceLinkQuerySet(models.QuerySet["SelfServiceLink"]):
    def usable(self, *, now: datetime) -> Self:
        return self.filter(expires_at__gt=now, revoked_at__isnull=True).exclude(digest="")


class SelfServiceLink(models.Model):
    """A key to one person's own page, mailed to them; only its digest is kept, and the mail is not."""

    class Purpose(models.TextChoices):
        PAGE = "page", "Asked for"
        POOL = "pool", "Staying in a talent pool"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="self_service_links")
    email = models.ForeignKey(CandidateEmail, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    purpose = models.CharField(max_length=4, choices=Purpose.choices, default=Purpose.PAGE)
    membership = models.ForeignKey(
        PoolMembership, null=True, blank=True, on_delete=models.CASCADE, related_name="renewal_links"
    )
    digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = SelfServiceLinkQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "candidate", "email", "purpose", "membership", "digest", "created_by", "created_at", "sent_at",
            "opened_at", "expires_at", "revoked_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("add",)
        indexes: ClassVar = [models.Index(fields=["candidate", "-created_at"], name="selfservicelink_of_person")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.candidate}"

    def is_usable(self, now: datetime) -> bool:
        """The same as `usable` of a queryset, of a row that was read already."""
        return self.expires_at > now and self.revoked_at is None and self.digest != ""


class CorrectionRequestQuerySet(models.QuerySet["CorrectionRequest"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"))

    def open(self) -> Self:
        return self.filter(state=CorrectionRequest.State.OPEN)


class CorrectionRequest(models.Model):
    """What somebody says is wrong about them, until one of ours takes it over or says why not."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"

    MOVES: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.ACCEPTED, State.DECLINED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="correction_requests")
    proposed = models.JSONField(help_text="{name of a fact: what it should be}.")
    message = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CorrectionRequestQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"proposed", "message", "answer"}
        keep: ClassVar = {"id", "candidate", "state", "created_at", "decided_at", "decided_by"}

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ("view", "change")
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="correctionrequest_newest"),
            models.Index(fields=["created_at"], condition=Q(state="open"), name="correctionrequest_open"),
            models.Index(fields=["candidate"], name="correctionrequest_of_person"),
        ]

    def __str__(self) -> str:
        return f"Correction asked for by {self.candidate}"
