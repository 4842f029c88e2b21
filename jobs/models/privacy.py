"""Where a ranking is not used and who asked for a human: switches per place and job, opt-outs, and reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import Candidate, Channel
from candidates.models import visibility as people
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


class JurisdictionSetting(models.Model):
    """What this installation says about one jurisdiction of jurisdictions.toml; no row: as it comes."""

    code = models.CharField(max_length=10, unique=True)
    enabled = models.BooleanField(default=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Whom people write to, as notices say it.")
    grievance_contact = models.CharField(max_length=200, blank=True, help_text="Who answers a grievance.")
    alternative = models.CharField(
        max_length=300, blank=True, help_text="How to ask for another selection process or an accommodation."
    )
    bias_audit_on = models.DateField("last bias audit", null=True, blank=True)
    bias_audit_url = models.URLField("its public summary", max_length=300, blank=True)
    asks_demographics = models.BooleanField(
        "asks for sex and race",
        default=False,
        db_default=False,
        help_text="Applicants are asked, if they like, after they applied.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "code", "enabled", "contact", "grievance_contact", "alternative", "bias_audit_on", "bias_audit_url",
            "asks_demographics", "updated_at", "updated_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["code"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.code


class JobPrivacy(models.Model):
    """What is decided for one job by hand: no ranking at all, or other jurisdictions than its place gives."""

    class Asks(models.TextChoices):
        AS_PLACE = "", "As its place says"
        YES = "yes", "Ask"
        NO = "no", "Do not ask"

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="privacy")
    ranking_off = models.BooleanField(default=False)
    ranking_off_for = models.CharField(max_length=200, blank=True, help_text="Why people are not ranked for it.")
    jurisdictions = models.JSONField(null=True, blank=True, help_text="Codes; null: as the job's place gives.")
    asks_demographics = models.CharField(
        "asks for sex and race", max_length=3, blank=True, choices=Asks.choices, default=Asks.AS_PLACE, db_default=""
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "job", "ranking_off", "ranking_off_for", "jurisdictions", "asks_demographics", "updated_at",
            "updated_by",
        }  # fmt: skip

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Privacy of {self.job}"


class RankingOptOutQuerySet(models.QuerySet["RankingOptOut"]):
    def visible_to(self, user: User) -> Self:
        seen_jobs = Q(job__isnull=True) | Q(job__in=Job.objects.visible_to(user))
        return self.filter(people.condition(user, path="candidate__"), seen_jobs)

    def standing(self) -> Self:
        return self.filter(ended_at__isnull=True)


class RankingOptOut(models.Model):
    """Somebody is to be read without a ranking: for one job, or without a job for all; ended, never removed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="ranking_optouts")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="ranking_optouts")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who wrote it down; nobody where they did it themselves.",
    )  # fmt: skip
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_channel = models.CharField(max_length=12, blank=True, choices=Channel.choices)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = RankingOptOutQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "candidate", "job", "channel", "at", "by", "ended_at", "ended_channel", "ended_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("add", "view")
        verbose_name = "opt-out of ranking"
        verbose_name_plural = "opt-outs of ranking"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["candidate", "job"], condition=Q(ended_at__isnull=True), nulls_distinct=False,
                name="rankingoptout_once",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["job", "candidate"], condition=Q(ended_at__isnull=True), name="rankingoptout_stands"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate} without a ranking"


class ReviewRequestQuerySet(models.QuerySet["ReviewRequest"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(seen(user, path="application__"))

    def open(self) -> Self:
        return self.filter(state=ReviewRequest.State.OPEN)


class ReviewRequest(models.Model):
    """Somebody asks that a person looks at a decision again; answered by one who did not take it."""

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld", "Decision stands"
        CHANGED = "changed", "Decision changed"

    MOVES: ClassVar[dict[str, set[str]]] = {State.OPEN: {State.UPHELD, State.CHANGED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="review_requests")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    message = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    answer = models.CharField(max_length=2000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReviewRequestQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"message", "answer"}
        keep: ClassVar = {
            "id", "application", "channel", "state", "asked_at", "due_at", "answered_at", "answered_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        default_permissions = ("add", "view", "change")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application"], condition=Q(state="open"), name="reviewrequest_one_open"),
            models.CheckConstraint(
                condition=both_or_none("answered_at", "answered_by"), name="reviewrequest_answered_pair"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-asked_at", "-id"], name="reviewrequest_newest"),
            models.Index(fields=["due_at"], condition=Q(state="open"), name="reviewrequest_due"),
        ]

    def __str__(self) -> str:
        return f"Review asked for by {self.application.candidate}"
