"""What the public reads about a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


class JobPostQuerySet(models.QuerySet["JobPost"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(job__in=Job.objects.visible_to(user))

    def live(self) -> Self:
        return self.filter(status=JobPost.Status.LIVE, job__status=Job.Status.OPEN, job__confidential=False)


class JobPost(models.Model):
    """The public text of a job for one board in one language."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        CLOSED = "closed"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.LIVE},
        Status.LIVE: {Status.CLOSED},
        Status.CLOSED: {Status.LIVE},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="posts")
    board = models.CharField(max_length=60, default="Careers page", help_text="Where it is published.")
    language = models.CharField(max_length=8, default="en", help_text="Language tag, for example en or pt-BR.")
    title = models.CharField(max_length=150)
    body = models.TextField(help_text="Plain text; an empty line begins a paragraph, a dash a list entry.")
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = JobPostQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "job", "board", "language", "title", "body", "status", "published_at", "closed_at", "created_by",
            "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["job", "board", "language"],
                condition=~Q(status="closed"),
                name="jobpost_one_a_board_and_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.board}, {self.language})"

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())
