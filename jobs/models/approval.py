"""Who has to agree, one after the other, and what each decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class ApprovalStep(models.Model):
    """One person's place in an approval chain; the chain goes on when this one approves and ends when they decline."""

    class Decision(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        DECLINED = "declined"

    position = models.PositiveSmallIntegerField()
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.WAITING)
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


def decided_with_decision(name: str) -> models.CheckConstraint:
    """The rule of every chain's table: a decision has its time, and nothing else has one."""
    return models.CheckConstraint(
        condition=Q(decision="waiting", decided_at__isnull=True) | ~Q(decision="waiting") & Q(decided_at__isnull=False),
        name=name,
    )
