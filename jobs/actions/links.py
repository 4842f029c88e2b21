"""Public addresses that say where people came from: of a job, of a drive, and of a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F

from audit import actions as audit
from candidates.models import Source
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import Job, RecruitmentDrive, TrackingLink

if TYPE_CHECKING:
    from hrassist.models import User

# The board that this site itself is, and the label of the links by which people apply there.
CAREERS = "Careers page"
FACTS = ("label", "source", "expires_at", "takes_applications", "target_url")


@transaction.atomic
def create(
    *,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    job: Job | None = None,
    drive: RecruitmentDrive | None = None,
) -> TrackingLink:
    """A link of a job or of a drive. Raises Conflict for a confidential job: nobody outside may know of it."""
    if (job is None) == (drive is None):
        raise DomainError("A link belongs to a job or to a drive.", code="bad_link")
    if job is not None and job.confidential:
        raise Conflict("This job is confidential: it has no public address.", code="job_not_public")
    said = {name: facts[name] for name in FACTS if name in facts}
    said["label"] = " ".join(str(said.get("label", "")).split())[:100]
    _require_sense(said, now=now)
    link = TrackingLink.objects.create(job=job, drive=drive, created_by=by, created_at=now, **said)
    audit.record("link.created", target=link, by=by, job=job, drive=str(drive.pk) if drive else None)
    return link


@transaction.atomic
def close(*, link: TrackingLink, by: User, now: datetime) -> TrackingLink:
    """Whoever opens it from now on reads that it is closed; what came in through it stays."""
    link = TrackingLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if link.closed_at is None:
        link.closed_at = now
        link.save(update_fields=["closed_at"])
        audit.record("link.closed", target=link, by=by, job=link.job_id)
    return link


@transaction.atomic
def reopen(*, link: TrackingLink, by: User, now: datetime) -> TrackingLink:
    """Let people in again; an end that has passed is taken away."""
    link = TrackingLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    over = link.expires_at is not None and link.expires_at <= now
    if link.closed_at is not None or over:
        link.closed_at, link.expires_at = None, None if over else link.expires_at
        link.save(update_fields=["closed_at", "expires_at"])
        audit.record("link.reopened", target=link, by=by, job=link.job_id)
    return link


@transaction.atomic
def my_referral_link(*, job: Job, by: User, now: datetime) -> TrackingLink:
    """A colleague's own link for a job, made when it is first asked for: who applies through it is their referral."""
    # The lock makes it one link, however often and fast somebody asks.
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.confidential:
        raise Conflict("This job is confidential: it has no public address.", code="job_not_public")
    mine = TrackingLink.objects.filter(job=job, referred_by=by, takes_applications=True)
    if (link := mine.usable(now=now).first()) is not None:
        return link
    source = Source.objects.filter(kind=Source.Kind.REFERRAL, active=True).first()
    link = TrackingLink.objects.create(
        job=job,
        label=f"Referral by {by.display_name}"[:100],
        source=source,
        referred_by=by,
        created_by=by,
        created_at=now,
    )
    audit.record("link.created", target=link, by=by, job=job, referral=True)
    return link


def of_careers_page(job: Job, *, now: datetime) -> TrackingLink | None:
    """The link by which people who read the careers page apply for this job; None where there is none to use."""
    own = TrackingLink.objects.filter(job=job, takes_applications=True, referred_by__isnull=True, label=CAREERS)
    return own.usable(now=now).order_by("created_at").first()


def count_visit(*, link: TrackingLink) -> None:
    """One more visitor, however many come at the same moment."""
    TrackingLink.objects.filter(pk=link.pk).update(visits=F("visits") + 1)


def _require_sense(said: Mapping[str, Any], *, now: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    if not said["label"]:
        wrong["label"] = ["Say where it is used."]
    leads_away = not said.get("takes_applications", True)
    if leads_away and urlsplit(said.get("target_url", "")).scheme not in {"http", "https"}:
        wrong["target_url"] = ["Give the address that it leads to, with https://."]
    if said.get("expires_at") is not None and said["expires_at"] <= now:
        wrong["expires_at"] = ["This time has passed."]
    if wrong:
        raise DomainError(" ".join(sentence for one in wrong.values() for sentence in one), code="bad_link",
                          fields=wrong)  # fmt: skip
