"""Consents: who agreed to what having read which text, and taking that back, which works at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates.models import (
    Candidate,
    Channel,
    ConsentRecord,
    Notice,
    PoolMembership,
    consent_effects,
)
from hrassist.lib.errors import Conflict, DomainError

if TYPE_CHECKING:
    from hrassist.models import User

Purpose = ConsentRecord.Purpose
# How long somebody who agreed is kept in mind before they are asked again.
POOL_MONTHS = 12


@transaction.atomic
def give(
    *,
    candidate: Candidate,
    purpose: str,
    notice: Notice,
    channel: str,
    now: datetime,
    by: User | None = None,
    given_at: datetime | None = None,
    evidence: str = "",
    job: UUID | None = None,
    months: int = 0,
) -> ConsentRecord:
    """Put a consent down. Who has one for this purpose (and job) that stands gives it anew only where it ends later.

    What a colleague writes down for somebody needs evidence. Raises DomainError.
    """
    if purpose not in Purpose.values or channel not in Channel.values:
        raise DomainError("There is no such consent.", code="bad_consent")
    if by is not None and not evidence.strip():
        raise DomainError("Say what shows it: when they said so, and to whom.", code="no_evidence",
                          fields={"evidence": ["Say what shows it."]})  # fmt: skip
    if not notice.is_published:
        raise Conflict("Nobody can agree to a draft. Publish it first.", code="notice_draft")
    given_at = given_at or now
    if given_at > now:
        raise DomainError("A consent cannot be given in the future.", code="future_consent")
    candidate = Candidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
    if candidate.merged_into_id is not None:
        raise Conflict("This record was merged into another one. Use that one.", code="candidate_merged")
    lasts = timedelta(days=round((months or POOL_MONTHS) * 30.44)) if purpose == Purpose.TALENT_POOL else None
    expires_at = given_at + lasts if lasts else None
    same = ConsentRecord.objects.standing(now=now).filter(candidate=candidate, purpose=purpose, job_ref=job)
    for earlier in same:
        if earlier.notice_id == notice.pk and (expires_at is None or earlier.expires_at == expires_at):
            return earlier
    made = ConsentRecord.objects.create(
        candidate=candidate, purpose=purpose, notice=notice, job_ref=job, channel=channel,
        evidence=evidence.strip()[:300], given_at=given_at, expires_at=expires_at, recorded_by=by,
    )  # fmt: skip
    audit.record(
        "consent.given", target=made, by=by, subject=candidate, job=job, purpose_of=purpose, channel=channel,
        notice=notice.pk, text=notice.sha256,
    )  # fmt: skip
    return made


@transaction.atomic
def withdraw(
    *, candidate: Candidate, purpose: str, channel: str, now: datetime, by: User | None = None, job: UUID | None = None
) -> list[ConsentRecord]:
    """Take back every consent of this purpose that stands (for one job, where it is named); what rested on it ends now.

    Leaving a talent pool needs no consent that was put down: whoever says no is taken out in any case. Raises
    DomainError for a purpose or a way that there is not.
    """
    if purpose not in Purpose.values or channel not in Channel.values:
        raise DomainError("There is no such consent.", code="bad_consent")
    candidate = Candidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
    rows = ConsentRecord.objects.select_for_update(of=("self",)).filter(
        candidate=candidate, purpose=purpose, withdrawn_at__isnull=True
    )
    ended = list(rows.filter(job_ref=job) if job else rows)
    for one in ended:
        one.withdrawn_at, one.withdrawn_channel, one.withdrawn_by = now, channel, by
        one.save(update_fields=["withdrawn_at", "withdrawn_channel", "withdrawn_by"])
        audit.record("consent.withdrawn", target=one, by=by, subject=candidate, job=one.job_ref, purpose_of=purpose,
                     channel=channel)  # fmt: skip
    if purpose == Purpose.TALENT_POOL:
        _leave_pools(candidate, by=by, now=now)
    for one in ended:
        consent_effects.withdrawn(one, now)
    return ended


def _leave_pools(candidate: Candidate, *, by: User | None, now: datetime) -> None:
    rows = PoolMembership.objects.select_for_update(of=("self",)).filter(candidate=candidate, removed_at__isnull=True)
    for one in rows:
        one.removed_at, one.removed_by = now, by
        one.removed_for = "" if by else PoolMembership.Left.WITHDRAWN
        one.save(update_fields=["removed_at", "removed_by", "removed_for"])
        audit.record("talentpool.left", target=one.pool, by=by, subject=candidate, reason_code="withdrawn")
