"""Mail to candidates: templates, and every message with what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from candidates.models import Candidate, visibility
from hrassist.lib.constraints import both_or_none
from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen
from jobs.models.offer import Offer, offer_seen

if TYPE_CHECKING:
    from hrassist.models import User


class EmailTemplate(models.Model):
    """A mail with placeholders such as {{ candidate.first_name }}; unknown ones are refused when it is saved."""

    class Kind(models.TextChoices):
        GENERAL = "general"
        REJECTION = "rejection"
        INTERVIEW = "interview", "Interview invitation"
        OFFER = "offer"
        RECEIVED = "received", "Application received"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.GENERAL)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    language = models.CharField(max_length=8, default="en", help_text="Language tag, for example en or pt-BR.")
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "name", "kind", "subject", "body", "language", "active", "created_by", "created_at", "updated_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["kind", "name"]

    def __str__(self) -> str:
        return self.name


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        """Those to people and about applications the user sees; what tells of an offer as the offer itself."""
        # Conditions on what a mail is about, not subqueries: one of those in an OR would be read to its end.
        alone = Q(application__isnull=True) & visibility.condition(user, path="candidate__")
        about = Q(application__isnull=False) & seen(user, path="application__")
        told = Q(offer__isnull=True) | Q(offer__isnull=False) & offer_seen(user, path="offer__")
        return self.filter(alone | about).filter(told)

    def queued(self) -> Self:
        return self.filter(state=Message.State.QUEUED)


class Message(models.Model):
    """One mail to one candidate, as it was sent, and what became of it."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        CANCELLED = "cancelled"
        SENT = "sent"
        FAILED = "failed", "Not sent"
        BOUNCED = "bounced", "Not delivered"
        UNCLEAR = "unclear", "Perhaps sent"

    # A mail is handed over at most once: what was being sent when a worker died is unclear until a person, or the
    # report of a mail system, says more.
    MOVES: ClassVar[dict[str, set[str]]] = {
        State.QUEUED: {State.SENDING, State.FAILED, State.CANCELLED},
        State.SENDING: {State.SENT, State.QUEUED, State.FAILED, State.UNCLEAR, State.BOUNCED},
        State.SENT: {State.BOUNCED},
        State.UNCLEAR: {State.QUEUED, State.SENT, State.BOUNCED},
        State.FAILED: {State.QUEUED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="messages")
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.CASCADE, related_name="messages",
        help_text="The offer that it tells of: then only those read it who may see the offer.",
    )  # fmt: skip
    template = models.ForeignKey(EmailTemplate, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    attachments = models.JSONField(default=list, help_text="[{filename, content_type, key}]: objects in the store.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    send_at = models.DateTimeField(default=timezone.now, help_text="Not before; until then it can be taken back.")
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When a worker took it up.")
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failed_for = models.CharField(max_length=300, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounced_for = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=200, blank=True, db_index=True, help_text="As the mail system names it.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MessageQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"to", "subject", "body", "attachments", "failed_for", "bounced_for"}
        keep: ClassVar = {
            "id", "candidate", "application", "offer", "template", "state", "send_at", "claimed_at", "sent_at",
            "failed_at", "bounced_at", "message_id", "by", "created_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(fields=["candidate", "-created_at"], name="message_of_candidate"),
            models.Index(fields=["send_at"], condition=Q(state="queued"), name="message_queued"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="message_sending"),
            models.Index(fields=["state", "-created_at", "-id"], name="message_state"),
            models.Index(fields=["by", "-created_at", "-id"], name="message_of_sender"),
            models.Index(fields=["template", "-created_at", "-id"], name="message_of_template"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=both_or_none("bounced_at", "bounced_for", what_is_text=True), name="message_bounced_pair"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.state, set())

    def require_move(self, to: str) -> None:
        if not self.can_move(to):
            raise Conflict(
                f"A mail in the state “{self.get_state_display().lower()}” cannot become "
                f"“{self.State(to).label.lower()}”.",
                code="message_state",
            )
