"""Offers: every version kept, each approved before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from jobs.models.application import Application, seen
from jobs.models.approval import ApprovalStep, decided_with_decision

if TYPE_CHECKING:
    from hrassist.models import User


def offer_seen(user: User, *, path: str = "") -> Q:
    """What to filter by so that only offers visible to the user stay; `path` leads to them (`offer__`)."""
    asked = Q(**{f"{path}id__in": OfferApproval.objects.filter(approver=user.pk).values("offer")})
    if not user.has_perm("jobs.view_offer"):
        return asked
    return asked | Q(**{f"{path}id__isnull": False}) & seen(user, path=f"{path}application__")


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: User) -> Self:
        """Pay is not for everybody on a team: who may see offers sees those of their jobs, an approver their own."""
        return self.filter(offer_seen(user))

    def current(self) -> Self:
        return self.exclude(status=Offer.Status.DEPRECATED)

    def waiting_for(self, user: User) -> Self:
        """Those whose turn to approve is this user's: everybody before them has agreed."""
        earlier = OfferApproval.objects.filter(
            offer=OuterRef("offer"), position__lt=OuterRef("position"), decision=ApprovalStep.Decision.WAITING
        )
        turn = OfferApproval.objects.filter(approver=user.pk, decision=ApprovalStep.Decision.WAITING)
        return self.filter(
            status=Offer.Status.APPROVAL_SENT, pk__in=turn.exclude(Exists(earlier)).order_by().values("offer")
        )


class Offer(models.Model):
    """One version of what a candidate is offered; a change makes a new version and deprecates this one."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        APPROVAL_SENT = "approval_sent", "In approval"
        APPROVED = "approved"
        SENT = "sent"
        SIGNED = "signed", "Accepted"
        DENIED = "denied", "Declined by the candidate"
        DEPRECATED = "deprecated", "Replaced"

    class Period(models.TextChoices):
        YEAR = "year", "a year"
        MONTH = "month", "a month"
        HOUR = "hour", "an hour"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.APPROVAL_SENT, Status.DEPRECATED},
        Status.APPROVAL_SENT: {Status.APPROVED, Status.DRAFT, Status.DEPRECATED},
        Status.APPROVED: {Status.SENT, Status.DEPRECATED},
        Status.SENT: {Status.SIGNED, Status.DENIED, Status.DEPRECATED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="offers")
    version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=13, choices=Status.choices, default=Status.DRAFT)
    position_title = models.CharField(max_length=150)
    salary = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code, for example EUR.")
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.YEAR)
    bonus = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    employer = models.CharField(max_length=150, blank=True, help_text="Who employs them, as the letter says it.")
    benefits = models.TextField(blank=True, help_text="One a line.")
    terms = models.TextField(blank=True, help_text="Further paragraphs of the letter.")
    letter_docx_key = models.CharField(max_length=120, blank=True, editable=False)
    letter_pdf_key = models.CharField(max_length=120, blank=True, editable=False)
    letter_made_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_note = models.CharField(max_length=500, blank=True)

    objects = OfferQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"salary", "bonus", "terms", "answer_note", "letter_docx_key", "letter_pdf_key"}
        keep: ClassVar = {
            "id", "application", "version", "status", "position_title", "currency", "period", "starts_on", "answer_by",
            "employer", "benefits", "letter_made_at", "created_by", "created_at", "updated_at", "sent_at",
            "answered_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [("approve_offer", "Can stand in the approval chain of an offer")]
        indexes: ClassVar = [
            models.Index(fields=["status", "-created_at", "-id"], name="offer_status"),
            models.Index(fields=["status", "answer_by", "sent_at"], name="offer_answer_by"),
            models.Index(fields=["-created_at", "-id"], name="offer_newest"),
            # The sweep of the store asks by key, for every object that there is.
            models.Index(fields=["letter_pdf_key"], name="offer_letter_pdf"),
            models.Index(fields=["letter_docx_key"], name="offer_letter_docx"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "version"], name="offer_version_once"),
            models.UniqueConstraint(
                fields=["application"], condition=~Q(status__in=["deprecated", "denied"]), name="offer_one_current"
            ),
            models.CheckConstraint(condition=Q(salary__gt=0), name="offer_salary_positive"),
        ]

    def __str__(self) -> str:
        return f"Offer {self.version}"

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())

    def require_move(self, to: str) -> None:
        if not self.can_move(to):
            raise Conflict(
                f"An offer that is {self.get_status_display().lower()} cannot become {self.Status(to).label.lower()}.",
                code="offer_status",
            )


class OfferApproval(ApprovalStep):
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="approvals")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "offer", "position", "approver", "decision", "decided_at", "comment"}

    class Meta:
        ordering: ClassVar = ["position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["offer", "position"], name="offerapproval_position_once"),
            models.UniqueConstraint(fields=["offer", "approver"], name="offerapproval_approver_once"),
            decided_with_decision("offerapproval_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.approver}: {self.decision}"
