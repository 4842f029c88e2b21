"""Ways to reach somebody, one at a time: added behind those that are known, or found not to lead anywhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail, CandidatePhone
from candidates.resumes.person import e164_of

if TYPE_CHECKING:
    from hrassist.models import User


@transaction.atomic
def add(*, candidate: Candidate, by: User, now: datetime, source: str, email: str = "", phone: str = "") -> int:
    """Add what is not known yet, behind what is; the number of contacts added."""
    candidate = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate.pk)
    added = 0
    address = email.strip().lower()
    if address and not candidate.emails.filter(address=address).exists():
        CandidateEmail.objects.create(candidate=candidate, address=address, source=source, created_at=now)
        added += 1
    number = " ".join(phone.split())[:40]
    if number:
        e164 = e164_of(number, candidate.country or None)
        same = Q(number=number) | Q(e164=e164) if e164 else Q(number=number)
        if not candidate.phones.filter(same).exists():
            CandidatePhone.objects.create(candidate=candidate, number=number, e164=e164, source=source, created_at=now)
            added += 1
    if added:
        candidate.last_activity_at = now
        candidate.save(update_fields=["last_activity_at", "updated_at"])
        audit.record("candidate.contacts_added", target=candidate, by=by, subject=candidate, contacts=added)
    return added


@transaction.atomic
def mark_address_invalid(*, address: str, now: datetime) -> int:
    """Mail to this address is not delivered: nobody's record offers it any more; how many records had it."""
    rows = CandidateEmail.objects.filter(address=address.strip().lower(), status=CandidateEmail.Status.CURRENT)
    owners = list(rows.select_for_update().order_by("pk").values_list("candidate_id", flat=True))
    if not owners:
        return 0
    rows.update(status=CandidateEmail.Status.INVALID)
    Candidate.objects.filter(pk__in=owners).update(updated_at=now)
    for owner in owners:
        audit.record("candidate.address_invalid", target=Candidate(pk=owner), subject=owner)
    return len(owners)
