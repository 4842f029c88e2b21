"""What is learnt about addresses from outside: that mail to one does not arrive."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail

Status = CandidateEmail.Status


@transaction.atomic
def mark_address_invalid(*, address: str, now: datetime) -> int:
    """Mail to this address is not delivered: nobody's record offers it any more; how many records had it."""
    rows = CandidateEmail.objects.filter(address=address.strip().lower(), status=Status.CURRENT)
    owners = list(rows.select_for_update().order_by("pk").values_list("candidate_id", flat=True))
    if not owners:
        return 0
    rows.update(status=Status.INVALID)
    Candidate.objects.filter(pk__in=owners).update(updated_at=now)
    for owner in owners:
        audit.record("candidate.address_invalid", target=Candidate(pk=owner), subject=owner)
    return len(owners)
