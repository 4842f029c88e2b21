"""What people say about their own sex and race, if they like: counted in the bias audit, and read by nobody else.

Nothing leads here from an application: the relations have no name, so that no query over people or applications can
join it. It is imported by its own name (`jobs.models.demographic`), and pyproject.toml says by whom it may not be.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from jobs.models.application import Application
from jobs.models.drive import IntakeSubmission

# Which questions were asked, with which answers to choose from: the categories of the EEO-1 report, component 1.
FORM = "eeo1-2026"
# What people agree to by answering. A text never changes: write the next version, and let CONSENT name it.
CONSENTS = {
    "2026-11": (
        "I answer of my own free will. My answer is kept apart from my application, is seen by nobody who decides "
        "about it and by no program that ranks, and is used only to count, over many people, whether applicants of all "
        "groups are treated alike. I can take it back at any time, which deletes it."
    ),
}  # fmt: skip
CONSENT = "2026-11"


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    ANOTHER = "another", "Another"


class Race(models.TextChoices):
    """All but the first: not Hispanic or Latino."""

    HISPANIC = "hispanic", "Hispanic or Latino"
    WHITE = "white", "White"
    BLACK = "black", "Black or African American"
    ISLANDER = "islander", "Native Hawaiian or Other Pacific Islander"
    ASIAN = "asian", "Asian"
    NATIVE = "native", "American Indian or Alaska Native"
    SEVERAL = "several", "Two or more races"


class DemographicAnswer(models.Model):
    """One person's own answer for one application; a question that was left open is an empty text.

    Who prefers not to say, or takes an answer back, has no row. Until the resume that came with it is read, it belongs
    to what was sent through the form.
    """

    # The longest that a place of the list asks for records of such tools to be kept: California, four years.
    KEPT: ClassVar = timedelta(days=4 * 365)

    class Channel(models.TextChoices):
        APPLY_FORM = "apply_form", "After the application form"
        SELF_SERVICE = "self_service", "Their own page"
        API = "api", "A program that had asked them"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.OneToOneField(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    submission = models.OneToOneField(
        IntakeSubmission, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    sex = models.CharField(max_length=7, blank=True, choices=Sex.choices)
    race = models.CharField(max_length=8, blank=True, choices=Race.choices)
    form_version = models.CharField(max_length=20)
    consent_version = models.CharField(max_length=20, blank=True, help_text="Empty where a program had asked.")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(default=timezone.now)

    class PersonalData:
        erase: ClassVar = {"sex", "race"}
        keep: ClassVar = {
            "id", "application", "submission", "form_version", "consent_version", "channel", "asked_at", "answered_at",
        }  # fmt: skip

    class Meta:
        # No permission to look: there is no page, list or endpoint that shows one. To count them, and to bring them.
        default_permissions = ("add",)
        permissions: ClassVar = [("count_demographicanswer", "Can count answers about sex and race")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sex="", race=""), name="demographicanswer_says_something"),
            models.CheckConstraint(
                condition=Q(application__isnull=False) | Q(submission__isnull=False),
                name="demographicanswer_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(asked_at__lte=models.F("answered_at")), name="demographicanswer_asked_before"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["answered_at"], name="demographicanswer_oldest")]

    def __str__(self) -> str:
        return "An answer about sex and race"
