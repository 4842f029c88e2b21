"""A stored, checked file of a candidate and what was read from it.

The row is small on purpose: text, parse and vector live in side tables, so that lists never load them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import HalfVectorField, HnswIndex

from candidates.models import visibility
from candidates.models.candidate import Candidate
from candidates.models.upload import UploadTicket
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User

DIMENSIONS = 384


class ResumeQuerySet(models.QuerySet["Resume"]):
    def visible_to(self, user: User) -> Self:
        seen = visibility.condition(user, path="candidate__") & Q(candidate__isnull=False)
        if user.has_perm("candidates.view_all_uploads"):
            # A file that could not be read belongs to nobody yet; those who look after uploads see it.
            seen |= Q(candidate__isnull=True)
        return self.filter(seen)

    def ready(self) -> Self:
        return self.filter(state=Resume.State.READY)

    def current(self) -> Self:
        return self.filter(is_current=True)


class Resume(models.Model):
    """One version of somebody's resume: bytes that were checked, and the state of reading them."""

    class State(models.TextChoices):
        READY = "ready"
        UNREADABLE = "unreadable"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, null=True, blank=True, on_delete=models.CASCADE, related_name="resumes")
    ticket = models.OneToOneField(UploadTicket, null=True, on_delete=models.SET_NULL, related_name="resume")
    key = models.CharField(max_length=120, unique=True, editable=False)
    version_id = models.CharField(max_length=100, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, db_index=True, editable=False)
    size = models.PositiveIntegerField(editable=False)
    kind = models.CharField(max_length=8, editable=False, help_text="Detected from the bytes: pdf, docx, odt, …")
    filename = models.CharField(max_length=150)
    page_count = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=12, choices=State.choices)
    unreadable_at = models.DateTimeField(null=True, blank=True)
    unreadable_for = models.CharField(max_length=40, blank=True, help_text="Reason code.")
    is_current = models.BooleanField(default=True)
    has_hidden_text = models.BooleanField(default=False)
    parser_version = models.CharField(max_length=40, blank=True)
    scanned_by = models.CharField(max_length=80, help_text="Scanner and signature date, or 'none configured'.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ResumeQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"filename", "key", "sha256"}
        keep: ClassVar = {
            "id", "candidate", "ticket", "version_id", "size", "kind", "page_count", "language", "state",
            "unreadable_at", "unreadable_for", "is_current", "has_hidden_text", "parser_version", "scanned_by",
            "created_by", "created_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [("download_resume", "Can download the original file of a resume")]
        indexes: ClassVar = [
            models.Index(fields=["candidate", "-created_at"], name="resume_of_candidate"),
            models.Index(fields=["-created_at", "-id"], name="resume_newest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=both_or_none("unreadable_at", "unreadable_for", what_is_text=True),
                name="resume_unreadable_pair",
            ),
            models.CheckConstraint(
                condition=Q(state="unreadable") | Q(candidate__isnull=False), name="resume_ready_has_candidate"
            ),
            models.UniqueConstraint(
                fields=["candidate"], condition=Q(is_current=True, state="ready"), name="resume_one_current"
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class ResumeText(models.Model):
    """The visible text, the masked text that search and ranking read (same length, offsets agree), hidden passages."""

    resume = models.OneToOneField(Resume, primary_key=True, on_delete=models.CASCADE, related_name="text")
    text = models.TextField()
    masked_text = models.TextField()
    head = models.TextField(blank=True, help_text="Masked title, summary and latest job: what the vector is made of.")
    page_starts = models.JSONField(default=list)
    hidden = models.JSONField(default=list, help_text="[{page, text, reason}]: never searched, never scored.")
    search = SearchVectorField(null=True, editable=False)

    class PersonalData:
        erase: ClassVar = {"text", "masked_text", "head", "hidden", "search"}
        keep: ClassVar = {"resume", "page_starts"}

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["search"], name="resumetext_search")]

    def __str__(self) -> str:
        return f"text of {self.resume_id}"


class ResumeParse(models.Model):
    """The parsed resume in the JSON Resume schema, the evidence for each value, and the sections."""

    resume = models.OneToOneField(Resume, primary_key=True, on_delete=models.CASCADE, related_name="parse")
    json_resume = models.JSONField(default=dict)
    fields = models.JSONField(default=list, help_text="[{label, value, start, end, page, confidence, path, concept}]")
    sections = models.JSONField(default=list, help_text="[{kind, start, end}]")
    skills = models.JSONField(default=list, help_text="ESCO or O*NET identifiers, each once.")
    warnings = models.JSONField(default=list)
    skill_names = ArrayField(
        models.CharField(max_length=80), default=list, help_text="In small letters, each once: what skill: searches."
    )
    titles = SearchVectorField(null=True, editable=False)

    class PersonalData:
        erase: ClassVar = {"json_resume", "fields", "skills", "skill_names", "titles"}
        keep: ClassVar = {"resume", "sections", "warnings"}

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["skill_names"], name="resumeparse_skill_names"),
            GinIndex(fields=["titles"], name="resumeparse_titles"),
        ]

    def __str__(self) -> str:
        return f"parse of {self.resume_id}"


class ResumeVector(models.Model):
    """The sentence vector of the head of the masked text, by the model whose hash stands beside it."""

    resume = models.OneToOneField(Resume, primary_key=True, on_delete=models.CASCADE, related_name="vector")
    embedding = HalfVectorField(dimensions=DIMENSIONS)
    model_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="Nothing where it was made before this was kept."
    )

    class PersonalData:
        erase: ClassVar = {"embedding"}
        keep: ClassVar = {"resume", "model_hash", "made_at"}

    class Meta:
        indexes: ClassVar = [
            HnswIndex(
                fields=["embedding"],
                name="resumevector_hnsw",
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
            ),
            # How many were made lately is asked every five minutes, and each row is a page long.
            models.Index(fields=["made_at"], condition=Q(made_at__isnull=False), name="resumevector_made"),
        ]

    def __str__(self) -> str:
        return f"vector of {self.resume_id}"


class ResumePage(models.Model):
    """The picture of one page, drawn in the cage; people look at it instead of opening the original."""

    resume = models.ForeignKey(Resume, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    key = models.CharField(max_length=120, unique=True, editable=False)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    class PersonalData:
        erase: ClassVar = {"key"}
        keep: ClassVar = {"id", "resume", "number", "width", "height"}

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["resume", "number"], name="resumepage_once")]

    def __str__(self) -> str:
        return f"page {self.number} of {self.resume_id}"
