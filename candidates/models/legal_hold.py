"""What must not be removed, because a dispute or an authority asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def visible_to(self, user: User) -> Self:
        """Those on what the user sees: asked of each kind of thing that can be held."""
        from candidates.models import holding  # noqa: PLC0415  it asks this table

        return self.filter(holding.seen_by(user))

    def standing(self) -> Self:
        return self.filter(released_at__isnull=True)


class LegalHold(models.Model):
    """Nothing of a person, of everybody who applied for a job, or of one application is removed while it stands."""

    class Scope(models.TextChoices):
        CANDIDATE = "candidate", "Person"
        JOB = "job", "Job"
        APPLICATION = "application", "Application"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=11, choices=Scope.choices)
    target_ref = models.UUIDField(help_text="The person, job or application: jobs are an app above this one.")
    reason = models.CharField(max_length=300, help_text="The dispute or order, with its reference.")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now, editable=False)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = LegalHoldQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"reason"}
        keep: ClassVar = {"id", "scope", "target_ref", "placed_by", "placed_at", "released_at", "released_by"}

    class Meta:
        ordering: ClassVar = ["-placed_at", "-id"]
        default_permissions = ("view", "add", "change")
        indexes: ClassVar = [
            models.Index(fields=["-placed_at", "-id"], name="legalhold_newest"),
            models.Index(fields=["target_ref"], name="legalhold_target"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "target_ref"], condition=Q(released_at__isnull=True), name="legalhold_once"
            ),
            models.CheckConstraint(
                condition=both_or_none("released_at", "released_by"), name="legalhold_released_pair"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="legalhold_says_why"),
        ]

    def __str__(self) -> str:
        return f"Legal hold of {self.placed_at:%Y-%m-%d}"


def held_now() -> list[UUID]:
    """The people and jobs under a standing hold: what is on record about them stays too."""
    return list(LegalHold.objects.standing().values_list("target_ref", flat=True))
