"""What interviewers think, attribute by attribute, hidden from each other until each has said it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen
from jobs.models.interview import Interview
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


# Nobody met the person in these.
NO_CARD_DUE = (Interview.Status.CANCELLED, Interview.Status.NO_SHOW)


class ScorecardAttribute(models.Model):
    """Something that a job's interviewers rate."""

    class Category(models.TextChoices):
        SKILL = "skill"
        TRAIT = "trait"
        QUALIFICATION = "qualification"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="scorecard_attributes")
    name = models.CharField(max_length=80)
    category = models.CharField(max_length=13, choices=Category.choices, default=Category.SKILL)
    position = models.PositiveSmallIntegerField()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "job", "name", "category", "position"}

    class Meta:
        ordering: ClassVar = ["position"]
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "name"], name="scorecardattribute_name_once")]

    def __str__(self) -> str:
        return self.name


def owes_a_card(user_pk: Any, application: Any) -> Q:
    """Whether this user has to say something about the application before they read what others say."""
    theirs = Scorecard.objects.filter(by=user_pk, submitted_at__isnull=False, interview=OuterRef("pk"))
    begun = Scorecard.objects.filter(application=application, by=user_pk, submitted_at__isnull=True).exclude(
        interview__status__in=NO_CARD_DUE
    )
    owed = (
        Interview.objects.exclude(status__in=NO_CARD_DUE)
        .filter(application=application, interviewers__user=user_pk)
        .exclude(Exists(theirs))
    )
    return Q(Exists(begun)) | Q(Exists(owed))


def still_owes(user: User, application: Application) -> bool:
    """Whether others' cards about this application are hidden from the user."""
    return Application.objects.filter(owes_a_card(user.pk, OuterRef("pk")), pk=application.pk).exists()


class ScorecardQuerySet(models.QuerySet["Scorecard"]):
    def visible_to(self, user: User) -> Self:
        """One's own; of others only what is submitted, and only when one owes no card to the same application.

        Owed is a card of an interview in which one is an interviewer (whatever one answered to the invitation), and a
        card that one has begun. Whatever is counted, averaged, listed or told must begin here.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        others = Q(submitted_at__isnull=False) & seen(user, path="application__")
        return self.filter(Q(by=user.pk) | others & ~owes_a_card(user.pk, OuterRef("application")))

    def submitted(self) -> Self:
        return self.filter(submitted_at__isnull=False)


class Scorecard(models.Model):
    """One interviewer's judgement of one application."""

    class Recommendation(models.TextChoices):
        DEFINITELY_NOT = "definitely_not", "Definitely not"
        NO = "no"
        YES = "yes"
        STRONG_YES = "strong_yes", "Strong yes"
        NO_DECISION = "no_decision", "No decision"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="scorecards")
    interview = models.ForeignKey(
        Interview, null=True, blank=True, on_delete=models.SET_NULL, related_name="scorecards"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="scorecards")
    recommendation = models.CharField(max_length=14, choices=Recommendation.choices, blank=True)
    takeaways = models.TextField(blank=True, help_text="What the others should know.")
    private_note = models.TextField(blank=True, help_text="Only for you.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = ScorecardQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"takeaways", "private_note"}
        keep: ClassVar = {
            "id", "application", "interview", "by", "recommendation", "created_at", "updated_at", "submitted_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["interview", "by"], condition=Q(interview__isnull=False), name="scorecard_one_an_interview"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True) | ~Q(recommendation=""), name="scorecard_submitted_with_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.get_recommendation_display() or 'not yet'}"


class ScorecardRating(models.Model):
    """One attribute's rating on a card: 1 (far below) to 4 (far above what the job needs)."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.CASCADE, related_name="ratings")
    attribute = models.ForeignKey(ScorecardAttribute, on_delete=models.PROTECT, related_name="ratings")
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class PersonalData:
        erase: ClassVar = {"note"}
        keep: ClassVar = {"id", "scorecard", "attribute", "rating"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scorecard", "attribute"], name="scorecardrating_once"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=4), name="scorecardrating_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.rating or '–'}"
