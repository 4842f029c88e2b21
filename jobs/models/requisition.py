"""Permission to hire."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hrassist.lib.errors import Conflict
from hrassist.lib.ids import uuid7
from jobs.models.approval import ApprovalStep, decided_with_decision
from jobs.models.job import Job

if TYPE_CHECKING:
    from hrassist.models import User


class RequisitionQuerySet(models.QuerySet["Requisition"]):
    def visible_to(self, user: User) -> Self:
        """All for who may see them; otherwise one's own, those one has to approve, and those of jobs one sees."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_perm("jobs.view_all_requisitions"):
            return self.filter(Q(job__isnull=True) | Q(job__in=Job.objects.visible_to(user)) | Q(created_by=user))
        asked = RequisitionApproval.objects.filter(approver=user).values("requisition")
        return self.filter(Q(created_by=user) | Q(pk__in=asked) | Q(job__in=Job.objects.visible_to(user)))


class Requisition(models.Model):
    """A request to hire n people for one role; approved, it becomes the openings of a job."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        IN_APPROVAL = "in_approval", "In approval"
        APPROVED = "approved"
        DECLINED = "declined"
        CANCELLED = "cancelled"

    class Reason(models.TextChoices):
        NEW = "new", "New position"
        REPLACEMENT = "replacement", "Replacement"
        TEMPORARY = "temporary", "Temporary need"

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.IN_APPROVAL, Status.CANCELLED},
        Status.IN_APPROVAL: {Status.APPROVED, Status.DECLINED, Status.DRAFT, Status.CANCELLED},
        Status.DECLINED: {Status.DRAFT, Status.CANCELLED},
        Status.APPROVED: {Status.CANCELLED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(max_length=100, blank=True, db_index=True)
    title = models.CharField(max_length=150)
    department = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 code, for example DE.")
    employment_type = models.CharField(
        max_length=12, choices=Job.EmploymentType.choices, default=Job.EmploymentType.FULL_TIME
    )
    headcount = models.PositiveSmallIntegerField(default=1, help_text="How many people are to be hired.")
    reason = models.CharField(max_length=12, choices=Reason.choices, default=Reason.NEW)
    justification = models.TextField(blank=True, help_text="What an approver needs to know to decide.")
    budget_from = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, help_text="Pay a year.")
    budget_to = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217 code, for example EUR.")
    wanted_by = models.DateField(null=True, blank=True, help_text="When the people should start.")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="requisitions")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = RequisitionQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "external_id", "title", "department", "city", "country", "employment_type", "headcount", "reason",
            "justification", "budget_from", "budget_to", "currency", "wanted_by", "status", "job", "created_by",
            "created_at", "updated_at", "submitted_at", "decided_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [
            ("view_all_requisitions", "Can see every requisition but those of hidden jobs"),
            ("approve_requisition", "Can stand in the approval chain of a requisition"),
        ]
        indexes: ClassVar = [models.Index(fields=["status", "-created_at", "-id"], name="requisition_status")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(headcount__gte=1, headcount__lte=1000), name="requisition_headcount"),
            models.CheckConstraint(
                condition=Q(budget_from__isnull=True)
                | Q(budget_to__isnull=True)
                | Q(budget_from__lte=models.F("budget_to")),
                name="requisition_budget_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def can_move(self, to: str) -> bool:
        return to in self.MOVES.get(self.status, set())

    def require_move(self, to: str) -> None:
        if not self.can_move(to):
            raise Conflict(
                f"A requisition that is {self.get_status_display().lower()} cannot become "
                f"{self.Status(to).label.lower()}.",
                code="requisition_status",
            )

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.city, self.country) if part)


class RequisitionApproval(ApprovalStep):
    requisition = models.ForeignKey(Requisition, on_delete=models.CASCADE, related_name="approvals")

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "requisition", "position", "approver", "decision", "decided_at", "comment"}

    class Meta:
        ordering: ClassVar = ["position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["requisition", "position"], name="requisitionapproval_position_once"),
            models.UniqueConstraint(fields=["requisition", "approver"], name="requisitionapproval_approver_once"),
            decided_with_decision("requisitionapproval_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.approver}: {self.decision}"
