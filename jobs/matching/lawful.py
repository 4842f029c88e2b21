"""Whom a ranking for a job may look at: people with a ground, who were told in time and did not ask to be left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Q, QuerySet

from candidates.models import Candidate, Notice, NoticeDelivery, grounds
from hrassist.lib import at_once, jurisdictions
from hrassist.lib.jurisdictions import Jurisdiction
from jobs.models import Job, JobPrivacy, JurisdictionSetting, RankingOptOut

if TYPE_CHECKING:
    from hrassist.models import User

AUDIT_LASTS = timedelta(days=365)


class LeftOut(StrEnum):
    """Why somebody is not in a ranking although they are there."""

    OPTED_OUT = "opted_out"
    NO_GROUND = "no_ground"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Rules:
    """What holds for rankings of one job now: `off_for` says why there are none at all."""

    job: Job
    jurisdictions: tuple[Jurisdiction, ...]
    off_for: str
    gates: tuple[str, ...]


def rules_of(job: Job, *, today: date) -> Rules:
    """The job's jurisdictions that are switched on, and what they make of a ranking."""
    privacy, said = _said_of(job)
    return _rules(job, privacy, said, today=today)


def in_force(job: Job) -> tuple[Jurisdiction, ...]:
    """The jurisdictions of a job: those set for it, else those of its place; without those that are switched off."""
    return _in_force(job, *_said_of(job))


def of_jobs(jobs: Collection[Job]) -> dict[UUID, tuple[Jurisdiction, ...]]:
    """The same for many jobs, in two queries."""
    said = {one.code: one for one in JurisdictionSetting.objects.all()}
    privacy = {one.job_id: one for one in JobPrivacy.objects.filter(job__in=[job.pk for job in jobs])}
    return {job.pk: _in_force(job, privacy.get(job.pk), said) for job in jobs}


def of_person_and_job(candidate: Candidate, job: Job) -> tuple[Jurisdiction, ...]:
    """Those of the job and those of where the person lives, each once."""
    return of_person_and_jobs(candidate, [job])[job.pk]


def of_person_and_jobs(candidate: Candidate, jobs: Collection[Job]) -> dict[UUID, tuple[Jurisdiction, ...]]:
    """The same for many jobs, in two queries."""
    said = {one.code: one for one in JurisdictionSetting.objects.all()}
    privacy = {one.job_id: one for one in JobPrivacy.objects.filter(job__in=[job.pk for job in jobs])}
    home = [
        one
        for one in jurisdictions.of_place(country=candidate.country, city=candidate.city)
        if one.code not in said or said[one.code].enabled
    ]
    found: dict[UUID, tuple[Jurisdiction, ...]] = {}
    for job in jobs:
        both = {one.code: one for one in (*_in_force(job, privacy.get(job.pk), said), *home)}
        found[job.pk] = tuple(both.values())
    return found


def people_for(job: Job, *, user: User, now: datetime) -> QuerySet[Candidate]:
    """The people whom the user sees and a ranking for the job may look at."""
    return allowed(job, Candidate.objects.visible_to(user).unmerged(), now=now)


def allowed(job: Job, people: QuerySet[Candidate], *, now: datetime) -> QuerySet[Candidate]:
    """Of these people, those whom a ranking may look at; nobody where the job is not ranked at all."""
    rules = rules_of(job, today=now.date())
    if rules.off_for:
        return people.none()
    found = people.filter(~Q(Excused(F("id"), job_id=job.pk)), pk__in=grounds.having_one(now))
    for code in rules.gates:
        found = found.filter(pk__in=_told(job, code, now=now))
    return found


def reasons(job: Job, ids: Collection[UUID], *, now: datetime) -> dict[UUID, LeftOut]:
    """For those of these people whom a ranking may not look at: why; the first that holds."""
    rules = rules_of(job, today=now.date())
    out = set(_optouts(job).filter(candidate__in=ids).values_list("candidate_id", flat=True))
    grounded = set(Candidate.objects.rankable(among=ids, now=now).values_list("pk", flat=True))
    told = set(ids)
    for code in rules.gates:
        told &= set(_told(job, code, now=now).filter(candidate__in=ids).values_list("candidate_id", flat=True))
    found: dict[UUID, LeftOut] = {}
    for one in ids:
        if one in out:
            found[one] = LeftOut.OPTED_OUT
        elif one not in grounded:
            found[one] = LeftOut.NO_GROUND
        elif one not in told:
            found[one] = LeftOut.NOT_YET
    return found


def jobs_that_may(person: UUID | None, jobs: Iterable[Job], *, now: datetime) -> list[Job]:
    """Of these jobs, those for which a ranking may look at a person; one query for each rule, not for each job."""
    if person is None or not Candidate.objects.rankable(among=[person], now=now).exists():
        return []
    ends = set(RankingOptOut.objects.standing().filter(candidate=person).values_list("job_id", flat=True))
    if None in ends:
        return []
    privacy = {one.job_id: one for one in JobPrivacy.objects.all()}
    said = {one.code: one for one in JurisdictionSetting.objects.all()}
    told = NoticeDelivery.objects.open_at(now).filter(candidate=person, notice__kind=Notice.Kind.AI_USE)
    heard = set(told.values_list("job_ref", "notice__jurisdiction"))
    found = []
    for job in jobs:
        rules = _rules(job, privacy.get(job.pk), said, today=now.date())
        if job.pk not in ends and not rules.off_for and all((job.pk, code) in heard for code in rules.gates):
            found.append(job)
    return found


def opted_out(job: Job) -> QuerySet[RankingOptOut]:
    """The standing opt-outs that count for a job: those for it and those for all jobs."""
    return _optouts(job)


class Excused(Func):
    """Whether a person has a standing opt-out for the job, or for all of them.

    As an array, which is read once for a statement: few people opt out, and a subquery would be asked for everybody.
    """

    SQL = """
        {person} = ANY(ARRAY(SELECT candidate_id FROM jobs_rankingoptout
                             WHERE ended_at IS NULL AND (job_id IS NULL OR job_id = %s)))
    """
    arity = 1
    output_field = models.BooleanField()

    def __init__(self, person: F, *, job_id: UUID | None = None) -> None:
        super().__init__(person)
        self.job_id = job_id

    def as_sql(self, compiler: Any, *_args: Any, **_extra: Any) -> Any:
        person, params = compiler.compile(self.source_expressions[0])
        return self.SQL.format(person=person), [*params, self.job_id]


def _optouts(job: Job) -> QuerySet[RankingOptOut]:
    return RankingOptOut.objects.standing().filter(Q(job__isnull=True) | Q(job=job))


def _told(job: Job, code: str, *, now: datetime) -> QuerySet[NoticeDelivery, Any]:
    told = NoticeDelivery.objects.open_at(now).filter(
        job_ref=job.pk, notice__kind=Notice.Kind.AI_USE, notice__jurisdiction=code
    )
    return told.order_by().values("candidate")


def _said_of(job: Job) -> tuple[JobPrivacy | None, dict[str, JurisdictionSetting]]:
    """What was set for a job and for each place, as far as rules ask for it; in one query."""
    of_job, of_places = at_once.rows(
        JobPrivacy.objects.filter(job=job).values("ranking_off", "ranking_off_for", "jurisdictions"),
        JurisdictionSetting.objects.values("code", "enabled", "bias_audit_on"),
    )
    for row in of_places:
        row["bias_audit_on"] = date.fromisoformat(row["bias_audit_on"]) if row["bias_audit_on"] else None
    privacy = JobPrivacy(job=job, **of_job[0]) if of_job else None
    return privacy, {row["code"]: JurisdictionSetting(**row) for row in of_places}


def _rules(job: Job, privacy: JobPrivacy | None, said: Mapping[str, JurisdictionSetting], *, today: date) -> Rules:
    found = _in_force(job, privacy, said)
    off_for = privacy.ranking_off_for or "It is switched off for this job." if privacy and privacy.ranking_off else ""
    gates = tuple(one.code for one in found if one.business_days)
    return Rules(job=job, jurisdictions=found, off_for=off_for or _without_audit(found, said, today=today), gates=gates)


def _in_force(
    job: Job, privacy: JobPrivacy | None, said: Mapping[str, JurisdictionSetting]
) -> tuple[Jurisdiction, ...]:
    known = jurisdictions.everything()
    if privacy is not None and privacy.jurisdictions is not None:
        found = [known[code] for code in privacy.jurisdictions if code in known]
    else:
        found = jurisdictions.of_place(country=job.country, city=job.city)
    return tuple(one for one in found if one.code not in said or said[one.code].enabled)


def _without_audit(found: tuple[Jurisdiction, ...], said: Mapping[str, JurisdictionSetting], *, today: date) -> str:
    for place in found:
        if "bias_audit_on" not in place.needs:
            continue
        audit = said.get(place.code)
        if audit is None or audit.bias_audit_on is None or audit.bias_audit_on < today - AUDIT_LASTS:
            return f"{place.name} asks for a bias audit of the past twelve months, and none is on record."
    return ""
