"""Which notices the place of a job asks for, with this installation's facts in them, and who has been told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from candidates.actions import consents, notices
from candidates.models import Candidate, Notice, NoticeDelivery
from hrassist.lib import jurisdictions
from hrassist.lib.jurisdictions import EVERYWHERE, Jurisdiction
from jobs.matching import lawful
from jobs.models import Job, JobPrivacy, JurisdictionSetting

if TYPE_CHECKING:
    from hrassist.models import User

Kind = Notice.Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """One notice as people read it, and the place that asks for it (none: everywhere)."""

    notice: Notice
    text: str
    place: Jurisdiction | None

    @property
    def kind(self) -> str:
        return self.notice.kind

    @property
    def language(self) -> str:
        return self.notice.language


def of_job(job: Job, *, language: str = "") -> list[Shown]:
    """What the application form of a job shows: of each place it lies in, in the language asked for where there is one.

    Where no place asks for anything, our general text about data and, if people are ranked, about the ranking. It only
    reads: a text of ours that nobody applied with yet is no row.
    """
    found: list[Shown] = []
    seen: set[tuple[str, str]] = set()
    # Somebody who is told today may be ranked later, when what is missing for it has been stated.
    ranked = not JobPrivacy.objects.filter(job=job, ranking_off=True).exists()
    stated = {one.code: one for one in JurisdictionSetting.objects.all()}
    for place in (*lawful.in_force(job), None):
        wanted = place.notices if place else (Kind.PRIVACY, Kind.AI_USE)
        code = place.code if place else EVERYWHERE
        for kind in wanted:
            if place is None and any(one.kind == kind for one in found):
                continue
            if kind == Kind.AI_USE and not ranked:
                continue
            notice = notices.read(kind, code, language or "en")
            # Two places may fall back to the same text of ours.
            which = (str(notice.pk), "") if notice.is_published else (notice.jurisdiction, notice.sha256)
            if which not in seen:
                seen.add(which)
                found.append(Shown(notice, notices.shown(notice, values(place, job=job, stated=stated)), place))
    return sorted(found, key=lambda one: one.kind != Kind.PRIVACY)


def languages_of(job: Job) -> list[str]:
    """The languages in which notices of this job can be read."""
    offered = ["en"]
    for place in lawful.in_force(job):
        offered += [one for one in place.languages if one not in offered]
    written = Notice.objects.published().filter(kind__in=[Kind.PRIVACY, Kind.AI_USE])
    codes = [EVERYWHERE, *(place.code for place in lawful.in_force(job))]
    more = written.filter(jurisdiction__in=codes).order_by("language").values_list("language", flat=True).distinct()
    return offered + [one for one in more if one not in offered]


def kept_of_job(job: Job, *, language: str = "", now: datetime) -> list[Notice]:
    """The same as rows, for what is put down of somebody who has read them: texts that were none become version 1."""
    return [_kept(one.notice, now=now) for one in of_job(job, language=language)]


def pool_consent(*, language: str = "") -> Shown:
    """What somebody agrees to who wants to be kept for later jobs; it only reads."""
    notice = notices.read(Kind.TALENT_POOL, EVERYWHERE, language or "en")
    return Shown(notice, notices.shown(notice, values(None)), None)


def kept_pool_consent(*, language: str = "", now: datetime) -> Notice:
    """The same as a row, for a consent that names it."""
    return _kept(pool_consent(language=language).notice, now=now)


def _kept(notice: Notice, *, now: datetime) -> Notice:
    return notices.standing(notice.kind, notice.jurisdiction, notice.language, now=now)


def values(
    place: Jurisdiction | None,
    *,
    job: Job | None = None,
    stated: Mapping[str, JurisdictionSetting] | None = None,
    **more: object,
) -> Mapping[str, object]:
    """What stands for the placeholders of a notice: of the place where it says something, else of the installation.

    `stated` has what the installation says of all places, where somebody has read it already.
    """
    said: Any = None
    if place is not None:
        found = JurisdictionSetting.objects.filter(code=place.code).first() if stated is None else None
        said = found if stated is None else stated.get(place.code)
    contact = (said.contact if said else "") or settings.PRIVACY_CONTACT
    return {
        "my_page": settings.PUBLIC_URL + reverse("my:ask"),
        "contact": contact,
        "grievance_contact": (said.grievance_contact if said else "") or contact,
        "grievance_days": place.grievance_days if place else 0,
        "alternative": (said.alternative if said else "") or contact,
        "business_days": place.business_days if place else 0,
        "qualifications": "; ".join(job.must_have.splitlines()) if job else "",
        "bias_audit_on": said.bias_audit_on.strftime("%d %B %Y") if said and said.bias_audit_on else "",
        "bias_audit_url": said.bias_audit_url if said else "",
        "months": consents.POOL_MONTHS,
        **more,
    }


def tell(
    *, candidate: Candidate, job: Job, notice_ids: Iterable[str], channel: str, at: datetime, by: User | None = None
) -> list[NoticeDelivery]:
    """Put down what somebody was shown for a job; where a place asks for it, a ranking may begin only days later."""
    rows = Notice.objects.published().filter(pk__in=list(notice_ids))
    return [
        notices.deliver(
            candidate=candidate, notice=one, channel=channel, at=at, by=by, job=job.pk,
            begins_at=begins_at(one, at=at),
        )
        for one in rows
    ]  # fmt: skip


def begins_at(notice: Notice, *, at: datetime) -> datetime:
    """When what a notice tells of may begin."""
    place = jurisdictions.everything().get(notice.jurisdiction)
    waits = place.business_days if place is not None and notice.kind == Kind.AI_USE else 0
    return jurisdictions.after_business_days(at, waits)


def missing(place: Jurisdiction, said: JurisdictionSetting | None) -> list[str]:
    """What a switch needs and nobody has stated yet."""
    stated = {
        "contact": bool((said and said.contact) or settings.PRIVACY_CONTACT),
        "grievance_contact": bool(said and said.grievance_contact),
        "alternative": bool(said and said.alternative),
        "bias_audit_on": bool(said and said.bias_audit_on),
        "bias_audit_url": bool(said and said.bias_audit_url),
    }
    names = {
        "contact": "whom people write to",
        "grievance_contact": "who answers a grievance",
        "alternative": "how to ask for another process",
        "bias_audit_on": "the day of the last bias audit",
        "bias_audit_url": "where the audit's summary stands",
    }
    return [names[need] for need in place.needs if not stated[need]]
