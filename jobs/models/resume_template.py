"""A Word file of this organisation that tailored resumes are put into."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ResumeTemplate(models.Model):
    """One template: its bytes as they were uploaded and checked, kept in the row, for there are a handful of them."""

    name = models.CharField(max_length=60, unique=True, help_text="As recruiters choose it.")
    content = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    placeholders = ArrayField(models.CharField(max_length=60), default=list, editable=False)
    is_default = models.BooleanField("default", default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "name", "content", "sha256", "placeholders", "is_default", "created_by", "created_at"}

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = "resume template"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="resumetemplate_default"),
        ]

    def __str__(self) -> str:
        return self.name
