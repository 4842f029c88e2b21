"""What the operators' security page reads: results of scans, counters of refusals, and what operators were told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from hrassist.lib.ids import uuid7


class Scan(models.Model):
    """What one tool found when it ran; counts and the names of weaknesses, never the lines they stand in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tool = models.CharField(max_length=40)
    target = models.CharField(max_length=100, blank=True, help_text="What was looked at: an image, an address.")
    ran_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    critical = models.PositiveIntegerField(default=0)
    high = models.PositiveIntegerField(default=0)
    medium = models.PositiveIntegerField(default=0)
    low = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=list, help_text="Names of the first findings: CVE-2026-1234 in package 1.2.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the result file.")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "tool", "target", "ran_at", "recorded_at", "critical", "high", "medium", "low", "found", "digest",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-ran_at"]
        default_permissions = ()
        permissions: ClassVar = [("view_security", "Can open the security page")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tool", "target", "digest"], name="scan_result_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["tool", "target", "-ran_at"], name="scan_newest")]

    def __str__(self) -> str:
        return f"{self.tool} of {self.ran_at:%Y-%m-%d %H:%M}"


class Tally(models.Model):
    """How often something was refused within an hour: a limit by its name, a rule of the content policy by its page.

    Who it was is not kept: the audit trail has that where it matters.
    """

    class Kind(models.TextChoices):
        THROTTLED = "throttled", "Requests over a limit"
        POLICY = "policy", "Violations of the content policy"
        EGRESS = "egress", "Calls to the outside that were refused"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    hour = models.DateTimeField(help_text="The hour's beginning.")
    what = models.CharField(max_length=160)
    count = models.PositiveIntegerField(default=0)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "kind", "hour", "what", "count"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "hour", "what"], name="tally_once"),
            models.CheckConstraint(condition=Q(count__gte=0), name="tally_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.what}: {self.count}"


class SecurityAlert(models.Model):
    """A serious finding that operators were told of; open until it is no longer found."""

    id = models.BigAutoField(primary_key=True)
    section = models.CharField(max_length=40)
    # Digits of the sentence are left out: "3 tokens" and "4 tokens" are one finding.
    digest = models.CharField(max_length=64)
    what = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField()
    last_told_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "section", "digest", "what", "first_seen_at", "last_told_at", "over_at"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "digest"], name="alert_once"),
            models.CheckConstraint(condition=Q(last_told_at__gte=F("first_seen_at")), name="alert_told_after_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.what}"
