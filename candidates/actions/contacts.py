"""Adding ways to reach somebody, without touching those that are known."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import phonenumbers
from django.db import transaction
from django.db.models import Q

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail, CandidatePhone

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
        e164 = _e164(number, candidate.country or None)
        same = Q(number=number) | Q(e164=e164) if e164 else Q(number=number)
        if not candidate.phones.filter(same).exists():
            CandidatePhone.objects.create(candidate=candidate, number=number, e164=e164, source=source, created_at=now)
            added += 1
    if added:
        candidate.last_activity_at = now
        candidate.save(update_fields=["last_activity_at", "updated_at"])
        audit.record("candidate.contacts_added", target=candidate, by=by, subject=candidate, contacts=added)
    return added


def _e164(number: str, region: str | None) -> str:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
