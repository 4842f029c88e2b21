"""People to come back to, without an application."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class TalentPool(models.Model):
    """A named group of prospects that the team keeps for a purpose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80, unique=True)
    description = models.TextField(blank=True, help_text="What these people are kept for.")
    keep_for_months = models.PositiveSmallIntegerField(
        default=12, help_text="A new membership expires after this time, unless it says otherwise."
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "name", "description", "keep_for_months", "owner", "created_at", "updated_at"}

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class PoolMembershipQuerySet(models.QuerySet["PoolMembership"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"))

    def current(self, *, now: datetime) -> Self:
        return self.filter(removed_at__isnull=True, expires_at__gt=now)

    def to_ask(self, *, now: datetime) -> Self:
        """Whose time runs out soon and who are asked whether they want to stay: a first and a second time."""
        ends = Q(expires_at__lte=now + PoolMembership.ASKED_BEFORE, expires_at__gt=now)
        first = Q(asked_times=0)
        again = Q(asked_times=1, expires_at__lte=now + PoolMembership.REMINDED_BEFORE)
        return self.filter(ends, first | again, removed_at__isnull=True)

    def expired(self, *, now: datetime) -> Self:
        return self.filter(removed_at__isnull=True, expires_at__lte=now)


class PoolMembership(models.Model):
    """Somebody in a pool: on which ground they may be kept, and until when."""

    class Basis(models.TextChoices):
        CONSENT = "consent", "Consent"
        LEGITIMATE_INTEREST = "legitimate_interest", "Legitimate interest"
        FORMER_APPLICANT = "former_applicant", "Former applicant"

    class Left(models.TextChoices):
        EXPIRED = "expired", "Their time ran out"
        WITHDRAWN = "withdrawn", "They withdrew their consent"
        LET_GO = "let_go", "They asked to be let go"

    ASKED_BEFORE: ClassVar = timedelta(days=30)
    REMINDED_BEFORE: ClassVar = timedelta(days=7)

    pool = models.ForeignKey(TalentPool, on_delete=models.CASCADE, related_name="memberships")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="memberships")
    basis = models.CharField("lawful basis", max_length=20, choices=Basis.choices)
    note = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_for = models.CharField(
        max_length=9, blank=True, choices=Left.choices, help_text="Where none of ours removed them."
    )
    asked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they were last asked whether they want to stay."
    )
    asked_times = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = PoolMembershipQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {
            "id", "pool", "candidate", "basis", "expires_at", "added_by", "added_at", "removed_at", "removed_by",
            "removed_for", "asked_at", "asked_times",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-added_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pool", "candidate"], condition=Q(removed_at__isnull=True), name="poolmembership_once"
            ),
            models.CheckConstraint(
                condition=both_or_none("removed_at", "removed_by") & Q(removed_for="")
                | Q(removed_at__isnull=False, removed_by__isnull=True) & ~Q(removed_for=""),
                name="poolmembership_removed_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pool", "-added_at", "-id"], name="poolmembership_newest"),
            models.Index(fields=["expires_at"], condition=Q(removed_at__isnull=True), name="poolmembership_expiry"),
            models.Index(
                fields=["pool", "removed_at"], condition=Q(removed_at__isnull=False), name="poolmembership_removed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate} in {self.pool}"
