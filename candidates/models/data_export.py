"""A person's request for a copy of everything that is held about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="candidate__"), candidate__erased_at__isnull=True)

    def open(self) -> Self:
        return self.filter(state__in=DataExport.OPEN)

    def overdue(self, *, now: datetime) -> Self:
        return self.open().filter(due_at__lte=now)

    def expired(self, *, now: datetime) -> Self:
        return self.filter(state=DataExport.State.READY, expires_at__lte=now)


class DataExport(models.Model):
    """One copy of somebody's data: asked for, made by the worker, handed out while it is kept, answered within 30 days.

    It is open until it was handed over: downloaded by the person, or by a colleague who sends it on.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        MAKING = "making", "Being made"
        READY = "ready", "Ready to hand over"
        HANDED_OVER = "handed_over", "Handed over"
        FAILED = "failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.MAKING, State.CANCELLED},
        State.MAKING: {State.READY, State.FAILED, State.CANCELLED},
        State.READY: {State.HANDED_OVER, State.EXPIRED, State.CANCELLED},
        State.HANDED_OVER: {State.EXPIRED},
        State.FAILED: {State.WAITING, State.CANCELLED},
        State.EXPIRED: {State.WAITING},
    }
    OPEN: ClassVar = (State.WAITING, State.MAKING, State.READY, State.FAILED)
    WITHIN: ClassVar = timedelta(days=30)
    KEPT: ClassVar = timedelta(days=7)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="data_exports")
    state = models.CharField(max_length=11, choices=State.choices, default=State.WAITING)
    channel = models.CharField(max_length=12)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(help_text="The law's month.")
    started_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=120, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    failed_for = models.CharField(max_length=60, blank=True)
    overdue_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DataExportQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"key", "sha256"}
        keep: ClassVar = {
            "id", "candidate", "state", "channel", "requested_by", "requested_at", "due_at", "started_at", "made_at",
            "size", "expires_at", "handed_over_at", "handed_over_by", "failed_for", "overdue_told_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-requested_at", "-id"]
        default_permissions = ("view", "add")
        permissions: ClassVar = [("download_dataexport", "Can download the copy of a person's data, to hand it over")]
        indexes: ClassVar = [
            models.Index(fields=["-requested_at", "-id"], name="dataexport_newest"),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "making", "ready", "failed"]),
                name="dataexport_open",
            ),
            models.Index(fields=["key"], name="dataexport_key"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["candidate"], condition=Q(state__in=["waiting", "making"]), name="dataexport_one_at_a_time"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Copy of data of {self.requested_at:%Y-%m-%d}"

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move that is not in MOVES."""
        if to not in self.MOVES.get(self.state, set()):
            raise Conflict(
                f"A copy that is {self.get_state_display().lower()} cannot become {self.State(to).label.lower()}.",
                code="data_export_state",
            )
        self.state = to
        if to == self.State.MAKING:
            self.started_at = now
        elif to == self.State.READY:
            self.made_at, self.expires_at, self.failed_for = now, now + self.KEPT, ""
        elif to == self.State.HANDED_OVER:
            self.handed_over_at = now

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_overdue(self, *, now: datetime) -> bool:
        return self.is_open and self.due_at <= now
