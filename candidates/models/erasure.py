"""The removal of everything that says who somebody was: from the request to the certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, user: User) -> Self:
        """Those of people whom the user sees, or saw until they were erased."""
        return self.filter(visibility.condition(user, path="candidate__"))

    def open(self) -> Self:
        return self.filter(state__in=Erasure.OPEN)

    def waiting(self) -> Self:
        return self.filter(state=Erasure.State.WAITING)

    def to_run(self, *, now: datetime) -> Self:
        """Whose time has come and which nobody works on."""
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
        agreed = Q(needs_second=False) | Q(confirmed_at__isnull=False)
        return self.open().filter(free, agreed, run_after__lte=now)

    def overdue(self, *, now: datetime) -> Self:
        return self.open().filter(due_at__lte=now)


class Erasure(models.Model):
    """One person's erasure: who asked for it on which grounds, how far it is, and the certificate at its end."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"

    class Grounds(models.TextChoices):
        REQUEST = "request", "The person asked for it"
        RETENTION = "retention", "Its time had come"
        REPLAY = "replay", "Erased before a restore"

    class Channel(models.TextChoices):
        ADMIN = "admin", "These pages"
        API = "api", "The interface for programs"
        SELF_SERVICE = "self_service", "The person's own page"
        MAIL = "mail", "E-mail or letter"
        RETENTION = "retention", "A retention rule"
        RESTORE = "restore", "The replay after a restore"

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.WAITING: {State.RUNNING, State.CANCELLED},
        State.RUNNING: {State.DONE},
    }
    OPEN: ClassVar = (State.WAITING, State.RUNNING)
    # What is promised to whoever asks.
    WITHIN: ClassVar = timedelta(hours=24)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="erasures")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    grounds = models.CharField(max_length=9, choices=Grounds.choices, default=Grounds.REQUEST)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    reason = models.CharField(max_length=300, blank=True, help_text="In somebody's words; gone when it is done.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    # Of many at once, where the installation asks for it: a colleague has to agree first.
    needs_second = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    run_after = models.DateTimeField(help_text="Until then it can be cancelled.")
    due_at = models.DateTimeField(help_text="When it has to be done at the latest.")
    started_at = models.DateTimeField(null=True, blank=True)
    # The worker that holds it: a later claim raises the fence, and a zombie's steps no longer fit.
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    step = models.CharField(max_length=20, blank=True, editable=False, help_text="The last step that is done.")
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    failed_for = models.CharField(max_length=60, blank=True, help_text="Why the last try broke off.")
    objects_left = models.JSONField(default=list, editable=False, help_text="Keys in the store that are to go.")
    counts = models.JSONField(default=dict, help_text="{what: how many were removed}")
    certificate = models.JSONField(null=True, blank=True, editable=False)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    overdue_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ErasureQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"reason"}
        keep: ClassVar = {
            "id", "candidate", "state", "grounds", "channel", "requested_by", "requested_at", "needs_second",
            "confirmed_at", "confirmed_by", "run_after", "due_at", "started_at", "claimed_until", "fence", "step",
            "tries", "failed_for", "objects_left", "counts", "certificate", "done_at", "cancelled_at", "cancelled_by",
            "overdue_told_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-requested_at", "-id"]
        default_permissions = ("view", "add")
        permissions: ClassVar = [("bulk_erase", "Can erase many people at once, and confirm a colleague's request")]
        indexes: ClassVar = [
            models.Index(fields=["-requested_at", "-id"], name="erasure_newest"),
            models.Index(fields=["run_after"], condition=Q(state__in=["waiting", "running"]), name="erasure_open"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["candidate"], condition=Q(state__in=["waiting", "running"]), name="erasure_one_open"
            ),
            models.CheckConstraint(
                condition=both_or_none("confirmed_at", "confirmed_by"), name="erasure_confirmed_pair"
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="erasure_done_with_state",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | ~Q(state="cancelled") & Q(cancelled_at__isnull=True),
                name="erasure_cancelled_with_state",
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.requested_at:%Y-%m-%d}"

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move that is not in MOVES."""
        if to not in self.MOVES.get(self.state, set()):
            raise Conflict(
                f"An erasure that is {self.get_state_display().lower()} cannot become {to}.", code="erasure_state"
            )
        self.state = to
        if to == self.State.RUNNING:
            self.started_at = now
        elif to == self.State.DONE:
            self.done_at = now
        else:
            self.cancelled_at = now

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def is_overdue(self, *, now: datetime) -> bool:
        return self.is_open and self.due_at <= now
