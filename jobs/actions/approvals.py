"""Approval chains, the same for requisitions and offers: asked one after the other, ended by the first no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from hrassist.lib.errors import Conflict, DomainError
from jobs.models.approval import ApprovalStep

if TYPE_CHECKING:
    from hrassist.models import User

Decision = ApprovalStep.Decision


class NotYourTurn(Conflict):
    """Somebody else has to decide now, or nobody any more."""

    code = "not_your_turn"
    default_message = "It is not your turn to decide on this."


def begin(chain: QuerySet[Any], *, approvers: Sequence[User], permission: str, **owner: Any) -> User:
    """Replace a chain by these people in this order, and give the first of them.

    `chain` is the owner's approvals, `owner` the column that ties a step to it. Raises DomainError for no approver,
    one who stands there twice, or one who may not approve.
    """
    if not approvers:
        raise DomainError("Name at least one person who approves.", code="no_approver",
                          fields={"approvers": ["Choose somebody."]})  # fmt: skip
    if len({one.pk for one in approvers}) != len(approvers):
        raise DomainError("Each person approves once.", code="approver_twice",
                          fields={"approvers": ["Each person once."]})  # fmt: skip
    for one in approvers:
        if not one.is_active or not one.has_perm(permission):
            raise DomainError("{name} may not approve this.", code="may_not_approve", name=one.display_name)
    chain.all().delete()
    chain.model.objects.bulk_create(
        chain.model(position=position, approver=approver, **owner) for position, approver in enumerate(approvers, 1)
    )
    return approvers[0]


def next_step(chain: QuerySet[Any]) -> Any:
    """The step that waits for its person, or None when the chain has ended."""
    steps = list(chain.select_related("approver").order_by("position"))
    if any(step.decision == Decision.DECLINED for step in steps):
        return None
    return next((step for step in steps if step.decision == Decision.WAITING), None)


def decide(chain: QuerySet[Any], *, by: User, approve: bool, comment: str, now: datetime) -> Any:
    """Write down what the person whose turn it is decided; the caller holds the owner's lock.

    Gives the next step that waits, or None: after a no, or when everybody has agreed. Raises NotYourTurn; DomainError
    for a no without a comment.
    """
    step = next_step(chain)
    if step is None or step.approver_id != by.pk:
        raise NotYourTurn
    if not approve and not comment.strip():
        raise DomainError("Say why: whoever asked has to know what to change.", code="no_comment",
                          fields={"comment": ["Say why."]})  # fmt: skip
    step.decision = Decision.APPROVED if approve else Decision.DECLINED
    step.decided_at, step.comment = now, comment.strip()[:500]
    step.save(update_fields=["decision", "decided_at", "comment"])
    return next_step(chain) if approve else None
