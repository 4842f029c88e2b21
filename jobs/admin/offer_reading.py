"""What the page of an offer shows: its facts beside those of the version before, and its chain as steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString

from hrassist.admin import cells
from hrassist.models import User
from jobs.models import Offer, OfferApproval
from jobs.models.approval import ApprovalStep
from jobs.reports.offer_letter import pay

SOON_DAYS = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an offer; `before` is what the former version said, where that was something else."""

    label: str
    value: str
    before: str = ""
    changed: bool = False


def page(offer: Offer, *, user: User) -> dict[str, Any]:
    versions = list(
        Offer.objects.visible_to(user).filter(application=offer.application_id).order_by("-version")
    )  # fmt: skip
    before = next((one for one in versions if one.version < offer.version), None)
    chain = list(OfferApproval.objects.filter(offer=offer).select_related("approver").order_by("position"))
    waiting = _turn(chain) if offer.status == Offer.Status.APPROVAL_SENT else None
    return {
        "offer": offer,
        "versions": versions,
        "before": before,
        "facts": facts(offer, before),
        "chain": chain,
        "turn": waiting,
        "my_turn": waiting is not None and waiting.approver_id == user.pk,
        "seen": offer.updated_at.isoformat(),
        "newest": not versions or versions[0].pk == offer.pk,
        "messages_of_offer": list(offer.messages.visible_to(user).order_by("-created_at")),
    }


def facts(offer: Offer, before: Offer | None) -> list[Fact]:
    """Every line that one of the two has."""
    now, then = _said(offer), _said(before) if before else {}
    return [
        Fact(label, now[label], then.get(label, ""), changed=before is not None and then[label] != now[label])
        for label in now
        if now[label] or then.get(label)
    ]


def answer_by(offer: Offer, *, today: date) -> SafeString:
    """The last day for an answer; of an offer that is out, coloured when it is near or over."""
    if offer.answer_by is None:
        return cells.NOTHING
    said = date_format(offer.answer_by, "j M Y")
    if offer.status != Offer.Status.SENT:
        # nosemgrep: no-mark-safe -- a date
        return SafeString(said)
    days = (offer.answer_by - today).days
    if days < 0:
        return cells.badge(f"{said}, overdue", "bad", "clock")
    return cells.badge(said, "warn" if days <= SOON_DAYS else "", "clock" if days <= SOON_DAYS else "")


def _said(offer: Offer) -> dict[str, str]:
    return {
        "Position": offer.position_title,
        "Pay": pay(offer),
        "Bonus": offer.bonus,
        "First day": _day(offer.starts_on),
        "Answer by": _day(offer.answer_by),
        "Employer": offer.employer,
        "Benefits": offer.benefits,
        "Further terms": offer.terms,
    }


def _day(value: date | None) -> str:
    return date_format(value, "j F Y") if value else ""


def _turn(chain: list[OfferApproval]) -> OfferApproval | None:
    return next((step for step in chain if step.decision == ApprovalStep.Decision.WAITING), None)
