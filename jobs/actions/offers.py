"""Offers: each change a new version or a draft that is still open, agreed by its approvers, sent with its letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification, User
from jobs.actions import approvals, messages
from jobs.actions.offer_letters import attachment, ensure_letter, forget_letter
from jobs.models import Application, EmailTemplate, HiringTeamMember, Message, Offer, OfferApproval

if TYPE_CHECKING:
    from django.db.models import QuerySet

Status = Offer.Status
Kind = Notification.Kind
FACTS = (
    "position_title", "salary", "currency", "period", "bonus", "starts_on", "answer_by", "employer", "benefits",
    "terms",
)  # fmt: skip
APPROVE = "jobs.approve_offer"


class OfferChanged(Conflict):
    """Somebody changed the offer since it was read."""

    code = "offer_changed"
    default_message = "Somebody changed this offer since you opened it: it is {status} now. Open it again."


@transaction.atomic
def create(*, application: Application, facts: Mapping[str, Any], by: User, now: datetime) -> Offer:
    """Write the next version, as a draft; the one before it is replaced.

    Raises Conflict for an application that has ended or whose offer was accepted.
    """
    application = Application.objects.select_for_update(of=("self",)).select_related("job").get(pk=application.pk)
    if application.status != Application.Status.ACTIVE:
        raise Conflict("This application has ended: only an active one gets an offer.", code="application_ended")
    before = Offer.objects.select_for_update().filter(application=application).order_by("-version").first()
    if before is not None and before.status == Status.SIGNED:
        raise Conflict("The offer was accepted. It cannot be replaced any more.", code="offer_accepted")
    if before is not None and before.status != Status.DENIED:
        _deprecate(before, by=by)
    offer = Offer(
        application=application, version=before.version + 1 if before else 1, created_by=by, created_at=now
    )  # fmt: skip
    _write(offer, facts)
    offer.save()
    _put_down("offer.created", offer, by=by, version=offer.version, replaced=before.pk if before else None)
    return offer


@transaction.atomic
def update(
    *, offer: Offer, facts: Mapping[str, Any], by: User, now: datetime, expected_updated_at: datetime | None = None
) -> Offer:
    """Change a draft. Raises Conflict once it is in approval: then a new version is the way."""
    del now
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    if offer.status != Status.DRAFT:
        raise Conflict("Only a draft can be changed. Write a new version instead.", code="offer_status")
    changed = _write(offer, facts)
    if changed:
        forget_letter(offer)
        offer.save()
        _put_down("offer.updated", offer, by=by, fields=changed)
    return offer


def submit(
    *,
    offer: Offer,
    approvers: Sequence[User],
    by: User,
    now: datetime,
    expected_updated_at: datetime | None = None,
) -> Offer:
    """Ask these people, one after the other; the letter they agree to is made first and stays as it is.

    Raises OfferChanged, DomainError for approvers who may not, NoFont.
    """
    # Outside the transaction: the store is asked, and no row stays locked while it answers.
    ensure_letter(offer=offer, by=by, now=now)
    return _submit(offer, approvers, by=by, now=now, expected_updated_at=expected_updated_at)


@transaction.atomic
def _submit(
    offer: Offer, approvers: Sequence[User], *, by: User, now: datetime, expected_updated_at: datetime | None
) -> Offer:
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    offer.require_move(Status.APPROVAL_SENT)
    first = approvals.begin(_chain(offer), approvers=approvers, permission=APPROVE, offer=offer)
    _move(offer, Status.APPROVAL_SENT)
    _put_down("offer.submitted", offer, by=by, approvers=[one.pk for one in approvers])
    _ask(offer, first, by=by, now=now)
    return offer


@transaction.atomic
def decide(
    *,
    offer: Offer,
    approve: bool,
    by: User,
    now: datetime,
    comment: str = "",
    expected_updated_at: datetime | None = None,
) -> Offer:
    """Agree or not, when it is one's turn. A no makes it a draft again, to be changed and submitted anew.

    Raises NotYourTurn; OfferChanged when it says something else than was read; DomainError for a no without a comment.
    """
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    if offer.status != Status.APPROVAL_SENT:
        raise approvals.NotYourTurn
    following = approvals.decide(_chain(offer), by=by, approve=approve, comment=comment, now=now)
    if not approve:
        _move(offer, Status.DRAFT)
    elif following is None:
        _move(offer, Status.APPROVED)
    _put_down("offer.decided", offer, by=by, approved=approve, status=offer.status)
    if following is not None:
        _ask(offer, following.approver, by=by, now=now)
    else:
        said = "was approved and can be sent" if approve else "was not approved"
        _tell(offer, [offer.created_by], Kind.APPROVAL_DECIDED, f"An offer {said}", by=by, now=now)
    return offer


@transaction.atomic
def withdraw(*, offer: Offer, by: User, now: datetime, expected_updated_at: datetime | None = None) -> Offer:
    """Take it out of approval, to change it; who has agreed is asked again afterwards."""
    del now
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    if offer.status != Status.APPROVAL_SENT:
        raise Conflict("Only an offer in approval can be taken back to a draft.", code="offer_status")
    _move(offer, Status.DRAFT)
    _put_down("offer.withdrawn", offer, by=by)
    return offer


@transaction.atomic
def send(
    *,
    offer: Offer,
    subject: str,
    body: str,
    by: User,
    now: datetime,
    template: EmailTemplate | None = None,
    to: str = "",
    expected_updated_at: datetime | None = None,
) -> Message:
    """Send the approved offer with its letter; the mail leaves at once. Raises OfferChanged, NoAddress."""
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    offer.require_move(Status.SENT)
    offer.sent_at = now
    _move(offer, Status.SENT, "sent_at")
    message = messages.queue(
        candidate=offer.application.candidate, application=offer.application, offer=offer, template=template,
        subject=subject, body=body, to=to, by=by, now=now, attachments=[attachment(offer)],
    )  # fmt: skip
    _put_down("offer.sent", offer, by=by, message=message.pk)
    return message


@transaction.atomic
def record_answer(
    *,
    offer: Offer,
    accepted: bool,
    by: User,
    now: datetime,
    note: str = "",
    expected_updated_at: datetime | None = None,
) -> Offer:
    """Write down what the candidate answered; hiring them is an act of its own."""
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    to = Status.SIGNED if accepted else Status.DENIED
    offer.require_move(to)
    offer.answered_at, offer.answer_note = now, note.strip()[:500]
    _move(offer, to, "answered_at", "answer_note")
    _put_down("offer.answered", offer, by=by, accepted=accepted)
    team = User.objects.filter(
        job_memberships__job=offer.application.job_id,
        job_memberships__role__in=[HiringTeamMember.Role.RECRUITER, HiringTeamMember.Role.HIRING_MANAGER],
    )
    said = "was accepted" if accepted else "was declined by the candidate"
    _tell(offer, [offer.created_by, *team], Kind.OFFER, f"An offer {said}", by=by, now=now)
    return offer


@transaction.atomic
def deprecate(*, offer: Offer, by: User, now: datetime, expected_updated_at: datetime | None = None) -> Offer:
    """Let it no longer hold, without a new version in its place."""
    del now
    offer = _locked(offer, by, expected_updated_at=expected_updated_at)
    return _deprecate(offer, by=by)


def _deprecate(offer: Offer, *, by: User) -> Offer:
    offer.require_move(Status.DEPRECATED)
    before = offer.status
    _move(offer, Status.DEPRECATED)
    _put_down("offer.deprecated", offer, by=by, was=before)
    return offer


def _locked(offer: Offer, by: User, *, expected_updated_at: datetime | None = None) -> Offer:
    rows = Offer.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("application__candidate", "application__job", "created_by").get(pk=offer.pk)
    if expected_updated_at is not None and found.updated_at != expected_updated_at:
        raise OfferChanged(status=found.get_status_display().lower())
    return found


def _chain(offer: Offer) -> QuerySet[OfferApproval]:
    return OfferApproval.objects.filter(offer=offer)


def _move(offer: Offer, to: str, *columns: str) -> None:
    offer.require_move(to)
    offer.status = to
    offer.save(update_fields=["status", "updated_at", *columns])


def _write(offer: Offer, facts: Mapping[str, Any]) -> list[str]:
    given = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items() if name in FACTS}
    changed = [name for name, value in given.items() if getattr(offer, name) != value]
    for name in changed:
        setattr(offer, name, given[name])
    wrong = {}
    if not offer.position_title:
        wrong["position_title"] = ["Say which position is offered."]
    if offer.salary is None or offer.salary <= 0:
        wrong["salary"] = ["Say what is paid: more than 0."]
    if len(offer.currency) != 3 or not offer.currency.isalpha():
        wrong["currency"] = ["Use a code of three letters, for example EUR."]
    if wrong:
        raise DomainError(next(iter(wrong.values()))[0], code="bad_offer", fields=wrong)
    offer.currency = offer.currency.upper()
    return changed


def _ask(offer: Offer, approver: User, *, by: User, now: datetime) -> None:
    # Whoever is asked may see this offer and perhaps nothing else of the person: no name, and no job to be guarded by.
    notifications.tell(
        users=[approver], kind=Kind.APPROVAL_ASKED, text=f"Your approval is asked for: offer {offer.position_title}",
        url=page_of(offer), now=now, by=by,
    )  # fmt: skip


def _tell(offer: Offer, users: Sequence[User], kind: str, said: str, *, by: User, now: datetime) -> None:
    seeing = [one for one in users if Offer.objects.visible_to(one).filter(pk=offer.pk).exists()]
    notifications.tell(
        users=seeing, kind=kind, text=f"{said}: {offer.position_title}", url=page_of(offer), now=now, by=by,
        subject=offer.application.candidate_id, job=offer.application.job_id,
    )  # fmt: skip


def page_of(offer: Offer) -> str:
    return reverse("admin:jobs_offer_change", args=[offer.pk])


def _put_down(action: str, offer: Offer, *, by: User, **about: Any) -> None:
    application = offer.application
    audit.record(action, target=offer, by=by, subject=application.candidate_id, job=application.job_id, **about)
