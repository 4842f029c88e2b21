"""What people say is wrong about them: a proposal, until one of ours takes it over or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from candidates.actions import candidates as people
from candidates.actions import contacts
from candidates.models import Candidate, CorrectionRequest
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification, User

if TYPE_CHECKING:
    from collections.abc import Iterable

State = CorrectionRequest.State
# What may be put right, and what it is called.
FACTS = {
    "full_name": "Name",
    "headline": "Headline",
    "city": "City",
    "country": "Country",
    "email": "Another e-mail address",
    "phone": "Another phone number",
}
ANSWERED_WITHIN = timedelta(days=30)
MOST_OPEN = 5


@transaction.atomic
def ask(*, candidate: Candidate, proposed: Mapping[str, str], message: str, now: datetime) -> CorrectionRequest:
    """Keep what somebody says should be different; nothing is changed by it. Raises DomainError."""
    said = {name: " ".join(value.split())[:200] for name, value in proposed.items() if name in FACTS}
    changed = {name: value for name, value in said.items() if value and value != getattr(candidate, name, "")}
    if not changed and not message.strip():
        raise DomainError("Change something, or write what is wrong.", code="nothing_asked")
    wrong: dict[str, list[str]] = {}
    if "email" in changed:
        try:
            validate_email(changed["email"])
        except ValidationError:
            wrong["email"] = ["Write an e-mail address."]
    if "country" in changed and not (len(changed["country"]) == 2 and changed["country"].isalpha()):
        wrong["country"] = ["Write the two letters of the country, for example DE."]
    if wrong:
        raise DomainError(" ".join(one for said_of in wrong.values() for one in said_of), code="bad_form", fields=wrong)
    # Two at once are counted one after the other.
    Candidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
    if CorrectionRequest.objects.open().filter(candidate=candidate).count() >= MOST_OPEN:
        raise Conflict("We have not answered your earlier requests yet. They are on our list.", code="too_many_open")
    made = CorrectionRequest.objects.create(
        candidate=candidate, proposed=changed, message=message.strip()[:1000], created_at=now
    )
    audit.record("correction.asked", target=made, subject=candidate, fields=sorted(changed))
    notifications.tell(
        users=_answerable(candidate),
        kind=Notification.Kind.APPLICATION,
        text=f"{candidate} asks to have something put right",
        url=reverse("admin:candidates_correctionrequest_change", args=[made.pk]),
        now=now,
        subject=candidate,
    )
    return made


@transaction.atomic
def accept(*, request: CorrectionRequest, by: User, now: datetime, answer: str = "") -> CorrectionRequest:
    """Take it over: facts are replaced, addresses and numbers are added.

    Raises NotFound, PermissionDenied, Conflict where it was decided.
    """
    row = _open(request, by=by)
    facts = {name: value for name, value in row.proposed.items() if name in people.FACTS}
    if "country" in facts:
        facts["country"] = facts["country"].upper()
    people.update(candidate=row.candidate, by=by, now=now, facts=facts)
    contacts.add(
        candidate=row.candidate, by=by, now=now, source="their own word", email=row.proposed.get("email", ""),
        phone=row.proposed.get("phone", ""),
    )  # fmt: skip
    return _decide(row, State.ACCEPTED, by=by, now=now, answer=answer)


@transaction.atomic
def decline(*, request: CorrectionRequest, by: User, now: datetime, answer: str) -> CorrectionRequest:
    """Say why it stays as it is; the person reads the answer. Raises DomainError without one, else as `accept`."""
    if not answer.strip():
        raise DomainError("Say why it stays as it is: the person reads this.", code="no_answer",
                          fields={"answer": ["Say why."]})  # fmt: skip
    return _decide(_open(request, by=by), State.DECLINED, by=by, now=now, answer=answer)


def may_decide(user: User) -> bool:
    return user.has_perm("candidates.change_correctionrequest") and user.has_perm("candidates.change_candidate")


def _open(request: CorrectionRequest, *, by: User) -> CorrectionRequest:
    if not may_decide(by):
        raise PermissionDenied
    rows = CorrectionRequest.objects.visible_to(by).select_for_update(of=("self",)).select_related("candidate")
    row = rows.filter(pk=request.pk).first()
    if row is None:
        raise NotFound
    if row.state != State.OPEN:
        raise Conflict("Somebody has answered this already.", code="correction_decided")
    return row


def _decide(row: CorrectionRequest, state: str, *, by: User, now: datetime, answer: str) -> CorrectionRequest:
    row.state, row.answer, row.decided_at, row.decided_by = state, answer.strip()[:500], now, by
    row.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    audit.record(f"correction.{state}", target=row, by=by, subject=row.candidate_id, fields=sorted(row.proposed))
    return row


def _answerable(candidate: Candidate) -> Iterable[User]:
    """Who made the record; everybody else finds it on the list."""
    maker: Any = candidate.created_by
    return [maker] if maker is not None else []
