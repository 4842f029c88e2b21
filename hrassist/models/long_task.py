"""Work that takes longer than a page may: imports, exports, bulk changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from hrassist.models.user import User


class LongTaskQuerySet(models.QuerySet["LongTask"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(created_by=user.pk)

    def unfinished(self) -> Self:
        return self.filter(state__in=[LongTask.State.QUEUED, LongTask.State.RUNNING])


class LongTask(models.Model):
    """One piece of long work of a user: what it is, how far it is, how it ended. Its page survives every reload."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    # A worker tells at every step that it lives; after this long without a word it is taken for dead.
    STALLED_AFTER: ClassVar = timedelta(minutes=2)

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.QUEUED: {State.RUNNING, State.CANCELLED, State.FAILED},
        State.RUNNING: {State.DONE, State.FAILED, State.CANCELLED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60, help_text="What runs it: candidates.import, candidates.bulk_tag, …")
    title = models.CharField(max_length=150, help_text="As its page says it: Import of people.csv.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    params = models.JSONField(default=dict, help_text="What it works on: identifiers, options, an address.")
    result = models.JSONField(default=dict, help_text="Counts, and the rows that were refused with their reasons.")
    message = models.CharField(max_length=300, blank=True)
    source_key = models.CharField(max_length=120, blank=True, help_text="The file it reads, in the store.")
    file_key = models.CharField(max_length=120, blank=True, help_text="The file it made, in the store.")
    file_name = models.CharField(max_length=150, blank=True)
    file_expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    objects = LongTaskQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"params", "result", "title", "message", "file_name", "source_key", "file_key"}
        keep: ClassVar = {
            "id", "kind", "state", "done", "total", "file_expires_at", "created_by", "created_at", "started_at",
            "ended_at", "heartbeat_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["created_by", "-created_at", "-id"], name="longtask_mine")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], ended_at__isnull=False),
                name="longtask_ended_with_state",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move that is not in MOVES."""
        if to not in self.MOVES.get(self.state, set()):
            raise Conflict(f"Work that is {self.get_state_display().lower()} cannot become {to}.", code="task_state")
        self.state = to
        if to == self.State.RUNNING:
            self.started_at = now
        else:
            self.ended_at = now

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    def is_stalled(self, *, now: datetime) -> bool:
        """Whether its worker has not been heard of for two minutes; the queue then gives it to another one."""
        if self.state != self.State.RUNNING:
            return False
        return (self.heartbeat_at or self.started_at or self.created_at) < now - self.STALLED_AFTER

    @property
    def percent(self) -> int | None:
        return None if not self.total else min(100, self.done * 100 // self.total)
