"""What is set by hand: a jurisdiction switched on or off with its facts, and one job's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db import transaction

from audit import actions as audit
from hrassist.lib import jurisdictions
from hrassist.lib.errors import Conflict, DomainError
from jobs.matching import lawful
from jobs.models import Job, JobPrivacy, JurisdictionSetting

if TYPE_CHECKING:
    from hrassist.models import User

FACTS = ("contact", "grievance_contact", "alternative", "bias_audit_url")
NOT_ASKED = (
    "The questions about sex and race are those of the United States. They are not asked under the law of {place}."
)


@transaction.atomic
def set_jurisdiction(
    *,
    code: str,
    enabled: bool,
    by: User,
    now: datetime,
    bias_audit_on: date | None = None,
    asks_demographics: bool | None = None,
    expected_updated_at: datetime | None = None,
    **facts: str,
) -> JurisdictionSetting:
    """Switch a jurisdiction and state its facts; `asks_demographics` None leaves it as it is.

    Raises DomainError, Conflict where somebody else did meanwhile.
    """
    place = jurisdictions.everything().get(code)
    if place is None:
        raise DomainError("There is no such jurisdiction.", code="bad_jurisdiction")
    if asks_demographics and not place.demographics:
        raise DomainError(NOT_ASKED, place=place.name, code="not_asked_here")
    if bias_audit_on is not None and bias_audit_on > now.date():
        raise DomainError("An audit cannot lie in the future.", code="future_audit",
                          fields={"bias_audit_on": ["Choose the day of the last audit."]})  # fmt: skip
    url = facts.get("bias_audit_url", "").strip()
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise DomainError("Write the address of the summary with https://.", code="bad_url",
                          fields={"bias_audit_url": ["Write an address with https://."]})  # fmt: skip
    JurisdictionSetting.objects.get_or_create(code=code)
    row = JurisdictionSetting.objects.select_for_update().get(code=code)
    if expected_updated_at is not None and row.updated_by_id is not None and row.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this since you read it. Read it again.", code="setting_changed")
    row.enabled, row.bias_audit_on, row.updated_by = enabled, bias_audit_on, by
    if asks_demographics is not None:
        row.asks_demographics = asks_demographics
    for name in FACTS:
        setattr(
            row,
            name,
            " ".join(facts.get(name, "").split())[: 300 if name in {"alternative", "bias_audit_url"} else 200],
        )
    row.save()
    audit.record(
        "jurisdiction.set", target=row, by=by, code=code, enabled=enabled, audited=bias_audit_on,
        asks_demographics=row.asks_demographics,
    )  # fmt: skip
    return row


@transaction.atomic
def set_job(
    *, job: Job, ranking_off: bool, why: str, codes: Sequence[str] | None, by: User, now: datetime,
    asks_demographics: str | None = None, expected_updated_at: datetime | None = None,
) -> JobPrivacy:  # fmt: skip
    """Switch rankings for one job off or on, and name its jurisdictions where its place does not; None: as it gives.

    `asks_demographics` is one of `JobPrivacy.Asks`, None leaves it as it is.
    Raises DomainError, Conflict where somebody else set them since.
    """
    unknown = set(codes or ()) - set(jurisdictions.everything())
    if unknown:
        raise DomainError("There is no such jurisdiction.", code="bad_jurisdiction")
    if ranking_off and not why.strip():
        raise DomainError("Say why nobody is ranked for this job.", code="no_reason",
                          fields={"why": ["Say why."]})  # fmt: skip
    Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    row, new = JobPrivacy.objects.get_or_create(job=job, defaults={"updated_by": by})
    if expected_updated_at is not None and not new and row.updated_at != expected_updated_at:
        raise Conflict("Somebody set the rules of this job since you read them. Read them again.",
                       code="setting_changed")  # fmt: skip
    row.ranking_off, row.ranking_off_for = ranking_off, " ".join(why.split())[:200] if ranking_off else ""
    row.jurisdictions, row.updated_by = None if codes is None else sorted(set(codes)), by
    if asks_demographics is not None:
        if asks_demographics not in JobPrivacy.Asks.values:
            raise DomainError("Choose one of the answers.", code="bad_choice")
        row.asks_demographics = asks_demographics
    row.save()
    _require_place_to_ask(job, row)
    audit.record(
        "job.privacy_set", target=job, by=by, job=job, ranking_off=ranking_off, jurisdictions=row.jurisdictions,
        asks_demographics=row.asks_demographics,
    )  # fmt: skip
    del now
    return row


def _require_place_to_ask(job: Job, row: JobPrivacy) -> None:
    if row.asks_demographics != JobPrivacy.Asks.YES:
        return
    for place in lawful.in_force(job):
        if not place.demographics:
            raise DomainError(NOT_ASKED, place=place.name, code="not_asked_here")
