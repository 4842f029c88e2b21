"""What the team writes to each other about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import Candidate, visibility
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen

if TYPE_CHECKING:
    from hrassist.models import User


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: User) -> Self:
        """Notes on people one sees; one that belongs to an application only with sight of its job; private ones own."""
        # Conditions on what a note is about, not subqueries: one of those in an OR would be read to its end.
        about = Q(application__isnull=True) | Q(application__isnull=False) & seen(user, path="application__")
        own = Q(private=False) | Q(by=user.pk)
        return self.filter(about, own, visibility.condition(user, path="candidate__"))

    def there(self) -> Self:
        return self.filter(deleted_at__isnull=True)


class Note(models.Model):
    """A few sentences about a person, for the team or only for oneself; @name tells a colleague."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="notes")
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.CASCADE, related_name="notes",
        help_text="Only those who see its job see the note.",
    )  # fmt: skip
    text = models.TextField(max_length=5000)
    private = models.BooleanField(default=False, help_text="Only for yourself.")
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, through="NoteMention", related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = NoteQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"text"}
        keep: ClassVar = {
            "id", "candidate", "application", "private", "by", "at", "edited_at", "deleted_at", "deleted_by",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["candidate", "-at"], name="note_of_candidate")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=both_or_none("deleted_at", "deleted_by"), name="note_deleted_pair"),
        ]

    def __str__(self) -> str:
        return f"Note of {self.at:%Y-%m-%d}"


class NoteMention(models.Model):
    """Somebody who was told of a note."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "note", "user"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["note", "user"], name="notemention_once")]

    def __str__(self) -> str:
        return f"@{self.user}"
