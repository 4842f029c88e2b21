"""What a ranking showed, kept as it was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from candidates.models import Candidate, Resume
from hrassist.lib.ids import uuid7
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


class MatchRunQuerySet(models.QuerySet["MatchRun"]):
    def logged_for(self, user: User) -> Self:
        """Every run, for those who answer for rankings: they read figures and versions, never who stood in it."""
        return self if user.has_perm("jobs.view_ranking_log") else self.none()

    def visible_to(self, user: User) -> Self:
        """Runs of jobs the user sees; of these only their own, because a ranking holds what its maker could see."""
        return self.filter(job__in=Job.objects.visible_to(user), created_by=user)


class MatchRun(models.Model):
    """One ranking of a job's people: with which model, weights and criteria, for whom, and over how many."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="match_runs")
    model_hash = models.CharField(max_length=64)
    weights = models.JSONField()
    criteria = models.JSONField(help_text="[{text, kind, skills}] as the ranking read them from the job.")
    filters = models.JSONField(default=dict)
    considered = models.PositiveIntegerField(help_text="Candidates after filters and visibility.")
    ranked = models.PositiveIntegerField()
    left_out = models.JSONField(
        default=dict, help_text="{why: how many} whom the rules of a place or a choice of theirs kept out of it."
    )
    inputs_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 over the job's text and the resumes that were scored."
    )
    app_version = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MatchRunQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "job", "model_hash", "weights", "criteria", "filters", "considered", "ranked", "left_out",
            "inputs_hash", "app_version", "milliseconds", "created_by", "created_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [("view_ranking_log", "Can read the log of all rankings, without the people in them")]
        indexes: ClassVar = [
            models.Index(fields=["job", "created_by", "-created_at"], name="matchrun_latest"),
            models.Index(fields=["-created_at", "-id"], name="matchrun_newest"),
        ]

    def __str__(self) -> str:
        return f"Ranking of {self.job} at {self.created_at:%Y-%m-%d %H:%M}"


class Match(models.Model):
    """One candidate's place in a ranking; `score` is the exact sum of `components`."""

    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE, related_name="matches")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="matches")
    resume = models.ForeignKey(Resume, null=True, on_delete=models.SET_NULL, related_name="+")
    rank = models.PositiveIntegerField()
    score = models.FloatField()
    components = models.JSONField(help_text="{name: contribution}; the contributions add up to the score.")
    must_covered = models.PositiveSmallIntegerField()
    must_total = models.PositiveSmallIntegerField()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "run", "candidate", "resume", "rank", "score", "components", "must_covered", "must_total",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "candidate"], name="match_once"),
            models.UniqueConstraint(fields=["run", "rank"], name="match_rank_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.candidate}"


class MatchEvidence(models.Model):
    """What the resume says about one criterion: a quote with page and offsets, or nothing found."""

    class Strength(models.TextChoices):
        STRONG = "strong"
        MENTIONED = "mentioned"
        NONE = "none", "no evidence found"

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="evidence")
    criterion = models.PositiveSmallIntegerField(help_text="Index into the run's criteria.")
    strength = models.CharField(max_length=10, choices=Strength.choices)
    quote = models.TextField(blank=True)
    page = models.PositiveSmallIntegerField(null=True)
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    similarity = models.FloatField(default=0)

    class PersonalData:
        erase: ClassVar = {"quote"}
        keep: ClassVar = {"id", "match", "criterion", "strength", "page", "start", "end", "similarity"}

    class Meta:
        ordering: ClassVar = ["criterion"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["match", "criterion"], name="matchevidence_once"),
            models.CheckConstraint(
                condition=models.Q(strength="none", quote="") | ~models.Q(strength="none") & ~models.Q(quote=""),
                name="matchevidence_quote_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.quote or "no evidence found"
