"""Permission to upload one file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models.candidate import Candidate
from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from candidates.models.resume import Resume
    from hrassist.models import User


# PostgreSQL notifies "owner:ticket" here whenever a ticket is made or its state changes.
STATE_CHANNEL = "upload_state"


class UploadTicketQuerySet(models.QuerySet["UploadTicket"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_perm("candidates.view_all_uploads") else self.filter(created_by=user)

    def open(self, *, now: datetime) -> Self:
        return self.filter(state=UploadTicket.State.ISSUED, expires_at__gt=now)

    def abandoned(self, *, now: datetime) -> Self:
        # An upload begun before expiry may end after it: leave an hour before sweeping.
        return self.filter(state=UploadTicket.State.ISSUED, expires_at__lt=now - timedelta(hours=1))

    def waiting(self) -> Self:
        return self.filter(state=UploadTicket.State.CONFIRMED, parked_at__isnull=True)

    def parked(self) -> Self:
        return self.filter(state=UploadTicket.State.CONFIRMED, parked_at__isnull=False)


class UploadTicket(models.Model):
    """Permission to put one file into the store, once, within 15 minutes."""

    class State(models.TextChoices):
        ISSUED = "issued"
        CONFIRMED = "confirmed"
        AVAILABLE = "available"
        REJECTED = "rejected"
        EXPIRED = "expired"

    class Method(models.TextChoices):
        POST = "POST"
        PUT = "PUT"

    MOVES: ClassVar[dict[str, set[str]]] = {
        State.ISSUED: {State.CONFIRMED, State.EXPIRED},
        State.CONFIRMED: {State.AVAILABLE, State.REJECTED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True, editable=False)
    method = models.CharField(max_length=4, choices=Method.choices)
    filename = models.CharField(max_length=150, help_text="As shown to people; never part of a key or path.")
    declared_type = models.CharField(max_length=100)
    declared_size = models.PositiveIntegerField()
    declared_md5 = models.CharField(max_length=24, help_text="Base64, as Content-MD5 sends it.")
    declared_sha256 = models.CharField(max_length=64, blank=True)
    candidate = models.ForeignKey(
        Candidate, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads",
        help_text="Whose resume it is; empty where reading it shall tell.",
    )  # fmt: skip
    state = models.CharField(max_length=12, choices=State.choices, default=State.ISSUED)
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_for = models.CharField(max_length=40, blank=True, help_text="Reason code.")
    rejected_message = models.CharField(max_length=300, blank=True)
    etag = models.CharField(max_length=80, blank=True)
    version_id = models.CharField(max_length=100, blank=True)
    # The worker that holds the ticket: a later claim raises the fence, and a zombie's writes no longer fit.
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Stopped after too many failed attempts: the file stays, and an operator retries or rejects it.
    parked_at = models.DateTimeField(null=True, blank=True, editable=False)
    parked_for = models.CharField(max_length=40, blank=True, editable=False, help_text="Reason code.")
    duplicate_of = models.ForeignKey(
        "candidates.Resume", null=True, blank=True, editable=False, on_delete=models.SET_NULL,
        related_name="duplicates",
        help_text="The stored resume with the same bytes, where this upload brought nothing new.",
    )  # fmt: skip
    idempotency_key = models.CharField(max_length=200, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it became available, rejected or expired.")
    expires_at = models.DateTimeField()

    objects = UploadTicketQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"filename"}
        keep: ClassVar = {
            "id", "key", "method", "declared_type", "declared_size", "declared_md5", "declared_sha256", "candidate",
            "state", "rejected_at", "rejected_for", "rejected_message", "etag", "version_id", "claimed_until", "fence",
            "attempts", "parked_at", "parked_for", "duplicate_of", "idempotency_key", "created_by", "created_at",
            "confirmed_at", "settled_at", "expires_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [("view_all_uploads", "Can see everybody's uploads")]
        indexes: ClassVar = [
            models.Index(fields=["state", "expires_at"], name="uploadticket_state"),
            models.Index(fields=["created_by", "-created_at"], name="uploadticket_mine"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=both_or_none("rejected_at", "rejected_for", what_is_text=True),
                name="uploadticket_rejected_pair",
            ),
            models.CheckConstraint(
                condition=both_or_none("parked_at", "parked_for", what_is_text=True),
                name="uploadticket_parked_pair",
            ),
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="uploadticket_once_per_key",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="tell_state",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                func=f"PERFORM pg_notify('{STATE_CHANNEL}', NEW.created_by_id || ':' || NEW.id); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.state})"

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.state, set())

    def move(self, to: str, *, now: datetime) -> None:
        """Set the next state on this instance; the caller saves it. Raises Conflict for a move that is not in MOVES."""
        if not self.can_move(to):
            raise Conflict(f"An upload that is {self.state} cannot become {to}.", code="upload_state")
        self.state = to
        if to == self.State.CONFIRMED:
            self.confirmed_at = now
        else:
            self.settled_at = now

    @property
    def result(self) -> Resume | None:
        """The resume that this upload became or already was; None while it has none."""
        return getattr(self, "resume", None) or self.duplicate_of

    @property
    def is_settled(self) -> bool:
        return self.state in {self.State.AVAILABLE, self.State.REJECTED, self.State.EXPIRED}

    def as_subject(self) -> dict[str, Any]:
        return {"id": str(self.pk), "state": self.state, "size": self.declared_size}
