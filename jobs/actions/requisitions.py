"""Permission to hire: asked for, decided by one person after the other, and turned into the seats of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.actions import approvals
from jobs.actions import jobs as job_actions
from jobs.models import Job, Opening, Requisition, RequisitionApproval

if TYPE_CHECKING:
    from hrassist.models import User

Status = Requisition.Status
Decision = RequisitionApproval.Decision
FACTS = (
    "title", "department", "city", "country", "employment_type", "headcount", "reason", "justification", "budget_from",
    "budget_to", "currency", "wanted_by", "external_id", "job",
)  # fmt: skip
APPROVE = "jobs.approve_requisition"


class Changed(Conflict):
    """Somebody else wrote in the meantime."""

    code = "requisition_changed"
    default_message = "Somebody changed this requisition since you read it. Read it again, then repeat your change."


class NothingLeft(Conflict):
    """Every seat of the permission is in use."""

    code = "requisition_used_up"
    default_message = "Every seat of this requisition is an opening already. Ask for more with a new requisition."


@transaction.atomic
def create(*, by: User, now: datetime, facts: Mapping[str, Any]) -> Requisition:
    """A draft that nobody but its maker and those who see all requisitions read."""
    _require_sense(facts)
    one = Requisition.objects.create(
        **{name: facts[name] for name in FACTS if name in facts}, created_by=by, created_at=now
    )
    audit.record("requisition.created", target=one, by=by, job=one.job_id, headcount=one.headcount)
    return one


@transaction.atomic
def update(
    *,
    requisition: Requisition,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    expected_updated_at: datetime | None = None,
) -> Requisition:
    """Change a draft. Raises Changed for one that was written since, Conflict for one that was submitted."""
    one = _locked(requisition)
    _require_owner(one, by)
    if expected_updated_at is not None and one.updated_at != expected_updated_at:
        raise Changed
    if one.status != Status.DRAFT:
        raise Conflict("Only a draft can be changed. Take it back first.", code="requisition_status")
    _require_sense({**{name: getattr(one, name) for name in FACTS}, **facts})
    changed = [name for name in FACTS if name in facts and getattr(one, name) != facts[name]]
    if not changed:
        return one
    for name in changed:
        setattr(one, name, facts[name])
    one.save(update_fields=[*changed, "updated_at"])
    audit.record("requisition.updated", target=one, by=by, job=one.job_id, fields=changed)
    return one


@transaction.atomic
def submit(
    *,
    requisition: Requisition,
    approvers: Sequence[User],
    by: User,
    now: datetime,
    expected_updated_at: datetime | None = None,
) -> Requisition:
    """Ask these people in this order; the first is told now, each next one when it is their turn."""
    one = _locked(requisition)
    _require_owner(one, by)
    if expected_updated_at is not None and one.updated_at != expected_updated_at:
        raise Changed
    one.require_move(Status.IN_APPROVAL)
    first = approvals.begin(one.approvals.all(), approvers=approvers, permission=APPROVE, requisition=one)
    one.status, one.submitted_at, one.decided_at = Status.IN_APPROVAL, now, None
    one.save(update_fields=["status", "submitted_at", "decided_at", "updated_at"])
    audit.record("requisition.submitted", target=one, by=by, job=one.job_id,
                 approvers=[str(user.pk) for user in approvers])  # fmt: skip
    _ask(one, first, now=now)
    return one


@transaction.atomic
def decide(*, requisition: Requisition, by: User, approve: bool, now: datetime, comment: str = "") -> Requisition:
    """Say yes or no when it is one's turn. Raises NotYourTurn, and DomainError for a no without a comment."""
    one = _locked(requisition)
    if one.status != Status.IN_APPROVAL:
        raise approvals.NotYourTurn
    following = approvals.decide(one.approvals.all(), by=by, approve=approve, comment=comment, now=now)
    audit.record("requisition.approved_step" if approve else "requisition.declined", target=one, by=by, job=one.job_id)
    if following is not None:
        one.save(update_fields=["updated_at"])
        _ask(one, following.approver, now=now)
        return one
    one.status, one.decided_at = (Status.APPROVED if approve else Status.DECLINED), now
    one.save(update_fields=["status", "decided_at", "updated_at"])
    if approve:
        audit.record("requisition.approved", target=one, by=by, job=one.job_id, headcount=one.headcount)
    notifications.tell(
        users=[one.created_by],
        kind=Notification.Kind.APPROVAL_DECIDED,
        text=f"{one.title}: " + ("approved, the job can be opened" if approve else f"declined by {by.display_name}"),
        url=address(one),
        now=now,
        by=by,
    )
    return one


@transaction.atomic
def withdraw(*, requisition: Requisition, by: User, now: datetime) -> Requisition:
    """Take it back to a draft, from approval or after a no; who had to decide is told that they need not."""
    one = _locked(requisition)
    _require_owner(one, by)
    one.require_move(Status.DRAFT)
    waiting = approvals.next_step(one.approvals.all()) if one.status == Status.IN_APPROVAL else None
    one.status, one.submitted_at, one.decided_at = Status.DRAFT, None, None
    one.save(update_fields=["status", "submitted_at", "decided_at", "updated_at"])
    audit.record("requisition.withdrawn", target=one, by=by, job=one.job_id)
    if waiting is not None:
        notifications.tell(
            users=[waiting.approver],
            kind=Notification.Kind.APPROVAL_DECIDED,
            text=f"{one.title}: taken back, your approval is not needed now",
            url=address(one),
            now=now,
            by=by,
        )
    return one


@transaction.atomic
def cancel(*, requisition: Requisition, by: User, now: datetime) -> Requisition:
    """End it for good; openings that it became stay as they are."""
    one = _locked(requisition)
    _require_owner(one, by)
    one.require_move(Status.CANCELLED)
    one.status, one.decided_at = Status.CANCELLED, one.decided_at or now
    one.save(update_fields=["status", "decided_at", "updated_at"])
    audit.record("requisition.cancelled", target=one, by=by, job=one.job_id)
    return one


@transaction.atomic
def open_job(
    *, requisition: Requisition, by: User, now: datetime, job: Job | None = None, count: int | None = None
) -> Job:
    """Turn an approved requisition into a new job, or into `count` openings (all that are left) of an existing one.

    Raises Conflict before it is approved, NothingLeft when its seats are in use.
    """
    one = _locked(requisition)
    if one.status != Status.APPROVED:
        raise Conflict("Only an approved requisition becomes a job.", code="requisition_status")
    left = seats_left(one)
    if left < 1:
        raise NothingLeft
    count = left if count is None else count
    if not 1 <= count <= left:
        raise DomainError("{left} of its seats are left. Use 1 to {left}.", code="openings", left=left,
                          fields={"count": [f"Use 1 to {left}."]})  # fmt: skip
    if job is None:
        job = job_actions.create(by=by, now=now, facts=_facts_of_a_job(one), openings=count)
        seats = list(job.openings.all())
    else:
        if not Job.objects.visible_to(by).filter(pk=job.pk).exists():
            raise DomainError("Choose a job that you see.", code="bad_job")
        if job.status == Job.Status.ARCHIVED:
            raise Conflict("This job is archived. Bring it back first.", code="job_status")
        seats = job_actions.add_openings(job=job, count=count, by=by, now=now)
    Opening.objects.filter(pk__in=[seat.pk for seat in seats]).update(requisition=one)
    one.job = job
    one.save(update_fields=["job", "updated_at"])
    audit.record("requisition.opened", target=one, by=by, job=job, openings=count)
    return job


def seats_left(requisition: Requisition) -> int:
    """How many people it still allows to hire: cancelled openings give their seat back."""
    used = requisition.openings.exclude(close_reason=Opening.CloseReason.CANCELLED).count()
    return max(0, requisition.headcount - used)


def address(requisition: Requisition) -> str:
    return reverse("admin:jobs_requisition_change", args=[requisition.pk])


def _facts_of_a_job(one: Requisition) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("title", "department", "city", "country", "employment_type")}


def _ask(one: Requisition, approver: User, *, now: datetime) -> None:
    people = "one person" if one.headcount == 1 else f"{one.headcount} people"
    notifications.tell(
        users=[approver],
        kind=Notification.Kind.APPROVAL_ASKED,
        text=f"{one.created_by.display_name} asks for your approval: {one.title}, {people}",
        url=address(one),
        now=now,
    )


def _locked(requisition: Requisition) -> Requisition:
    return (
        Requisition.objects.select_for_update(of=("self",)).select_related("created_by", "job").get(pk=requisition.pk)
    )


def _require_owner(one: Requisition, by: User) -> None:
    if one.created_by_id != by.pk and not by.has_perm("jobs.view_all_requisitions"):
        raise PermissionDenied("Only whoever made this requisition changes it.")


def _require_sense(facts: Mapping[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    if not str(facts.get("title", "")).strip():
        wrong["title"] = ["Give it a title."]
    if not 1 <= int(facts.get("headcount", 1) or 0) <= 1000:
        wrong["headcount"] = ["Use 1 to 1000."]
    low, high = facts.get("budget_from"), facts.get("budget_to")
    if low is not None and high is not None and low > high:
        wrong["budget_to"] = ["This is less than the lower end."]
    if (low is not None or high is not None) and len(str(facts.get("currency", ""))) != 3:
        wrong["currency"] = ["Name the currency in three letters, for example EUR."]
    if wrong:
        raise DomainError(" ".join(sentence for one in wrong.values() for sentence in one), code="bad_requisition",
                          fields=wrong)  # fmt: skip


def waiting_for(user: User) -> QuerySet[Requisition]:
    """Requisitions whose next step is this user's."""
    earlier = RequisitionApproval.objects.filter(
        requisition=OuterRef("requisition"), position__lt=OuterRef("position"), decision=Decision.WAITING
    )
    mine = RequisitionApproval.objects.filter(~Exists(earlier), approver=user, decision=Decision.WAITING)
    return Requisition.objects.filter(status=Status.IN_APPROVAL, pk__in=mine.values("requisition"))
