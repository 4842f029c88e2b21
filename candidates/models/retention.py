"""How long people are kept: the rules, and who falls due soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class RetentionRule(models.Model):
    """How long after something happened a person may, or must, be kept; see docs/privacy.md for which rule wins."""

    class Effect(models.TextChoices):
        AT_MOST = "at_most", "Erase after"
        AT_LEAST = "at_least", "Keep for at least"

    class Clock(models.TextChoices):
        REJECTED = "rejected", "Application rejected"
        WITHDRAWN = "withdrawn", "Application withdrawn"
        HIRED = "hired", "Hired"
        POOL = "pool", "Taken into a talent pool"
        PROSPECT = "prospect", "Added, without application or pool"
        LAST_CONTACT = "last_contact", "Last contact, whatever else there is"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=40, blank=True, editable=False, help_text="Which of our presets it began as.")
    name = models.CharField(max_length=120)
    effect = models.CharField(max_length=8, choices=Effect.choices, default=Effect.AT_MOST)
    clock = models.CharField(max_length=12, choices=Clock.choices)
    country = models.CharField(
        max_length=2, blank=True,
        help_text="ISO 3166-1 code of the job's country, or of the person's where there is no job. Empty: everywhere.",
    )  # fmt: skip
    job_ref = models.UUIDField(null=True, blank=True, help_text="Only for this job.")
    job_status = models.CharField(max_length=10, blank=True, help_text="Only while the job is in this status.")
    months = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300, blank=True, help_text="The law or decision that it follows.")
    active = models.BooleanField(default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "key", "name", "effect", "clock", "country", "job_ref", "job_status", "months", "source", "active",
            "changed_by", "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["effect", "clock", "country", "name"]
        default_permissions = ("view", "add", "change")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(months__gte=0, months__lte=240), name="retentionrule_months"),
            # Two rules for the same case would contradict each other.
            models.UniqueConstraint(
                fields=["effect", "clock", "country", "job_ref", "job_status"],
                condition=Q(active=True),
                nulls_distinct=False,
                name="retentionrule_one_for_a_case",
                violation_error_message="Another rule in force speaks of the same case. Change that one, or switch it "
                "off first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RetentionDueQuerySet(models.QuerySet["RetentionDue"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"), candidate__erased_at__isnull=True)


class RetentionDue(models.Model):
    """Somebody who falls due within the next weeks, as the last run of the rules found it."""

    candidate = models.OneToOneField(
        Candidate, primary_key=True, on_delete=models.CASCADE, related_name="retention_due"
    )
    due_at = models.DateTimeField()
    rule = models.ForeignKey(RetentionRule, null=True, on_delete=models.SET_NULL, related_name="+")
    clock = models.CharField(max_length=12, choices=RetentionRule.Clock.choices)
    since = models.DateTimeField(help_text="When the clock of the rule began.")
    held = models.BooleanField(default=False, help_text="A legal hold keeps the person in spite of it.")
    found_at = models.DateTimeField()
    reminded_for = models.DateTimeField(null=True, blank=True, help_text="The date that their owner was told of.")

    objects = RetentionDueQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"candidate", "due_at", "rule", "clock", "since", "held", "found_at", "reminded_for"}

    class Meta:
        ordering: ClassVar = ["due_at", "candidate"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["due_at", "candidate"], name="retentiondue_next")]

    def __str__(self) -> str:
        return f"due on {self.due_at:%Y-%m-%d}"
