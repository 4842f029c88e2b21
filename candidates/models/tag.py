"""Words that recruiters put on people."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from candidates.models.candidate import Candidate


class Tag(models.Model):
    """A word of the team's own vocabulary, the same in small letters or capitals."""

    class Colour(models.TextChoices):
        GREY = "", "Grey"
        BLUE = "blue"
        VIOLET = "violet"
        GOOD = "good", "Green"
        WARN = "warn", "Yellow"
        BAD = "bad", "Red"
        ACCENT = "accent", "Teal"

    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=6, choices=Colour.choices, blank=True, default=Colour.GREY)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "name", "colour", "created_by", "created_at"}

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class CandidateTag(models.Model):
    """A tag on a person: who put it there and when."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="candidate_links")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "candidate", "tag", "by", "at"}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["candidate", "tag"], name="candidatetag_once")]

    def __str__(self) -> str:
        return f"{self.tag}"
