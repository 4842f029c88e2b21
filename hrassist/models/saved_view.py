"""Lists as somebody likes to see them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.ids import uuid7
from hrassist.models.user import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(Q(owner=user.pk) | Q(shared=True))


class SavedView(models.Model):
    """A search with its filters and order, under a name: a tab above the list, for its owner or for everybody.

    It keeps the question, never the answer: whoever opens a shared view sees what they may see.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.CharField(max_length=60, help_text="The list it belongs to: app.model in lower case.")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, blank=True, help_text="The list's address behind the question mark.")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    shared = models.BooleanField(default=False, help_text="Everybody who sees the list has this tab.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"name", "query"}
        keep: ClassVar = {"id", "model", "owner", "shared", "created_at", "updated_at"}

    class Meta:
        ordering: ClassVar = ["name"]
        default_permissions = ()
        permissions: ClassVar = [("share_savedview", "Can share a saved view with everybody")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "model", "name"], name="savedview_name_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["model"], condition=Q(shared=True), name="savedview_shared")]

    def __str__(self) -> str:
        return self.name
