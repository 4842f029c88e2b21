"""What a human decided in the review queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from jobs.models.application import Application, RejectionReason, seen
from jobs.models.match import Match

if TYPE_CHECKING:
    from hrassist.models import User


class HumanDecisionQuerySet(models.QuerySet["HumanDecision"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(seen(user, path="application__"))

    def standing(self) -> Self:
        return self.filter(undone_at__isnull=True)


class HumanDecision(models.Model):
    """A reviewer's verdict on an application, with the ranking they saw, until they take it back."""

    class Verdict(models.TextChoices):
        SHORTLIST = "shortlist"
        MAYBE = "maybe"
        REJECT = "reject"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    reason = models.ForeignKey(RejectionReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    match = models.ForeignKey(
        Match, null=True, blank=True, on_delete=models.SET_NULL, related_name="decisions",
        help_text="The place in a ranking that the reviewer had before them.",
    )  # fmt: skip
    moved = models.BooleanField(default=False, help_text="The application took a step with it, which undo takes back.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = HumanDecisionQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {"id", "application", "verdict", "reason", "match", "moved", "by", "at", "undone_at"}

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("add", "view")
        indexes: ClassVar = [models.Index(fields=["by", "-at"], name="humandecision_of_user")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["application", "by"], condition=Q(undone_at__isnull=True), name="humandecision_one_standing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.by}"
