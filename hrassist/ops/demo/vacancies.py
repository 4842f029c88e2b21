"""The demo's jobs and the people who applied for them, by way of the same actions that a recruiter uses."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from django.db import transaction

from candidates.models import Candidate
from hrassist.models import User
from hrassist.ops.demo import accounts
from hrassist.ops.demo.people import DATA, Person
from jobs.actions import applications
from jobs.actions import jobs as job_actions
from jobs.models import Application, HiringTeamMember, Job, RejectionReason, Stage

SOURCES = ("Career page", "Referral", "Job board", "LinkedIn", "Agency", "Job fair")
REASONS = (
    ("Experience does not fit", RejectionReason.Kind.WE_REJECTED),
    ("Another candidate was chosen", RejectionReason.Kind.WE_REJECTED),
    ("Accepted another offer", RejectionReason.Kind.THEY_WITHDREW),
)


@cache
def vacancies() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((DATA / "jobs.toml").read_text(encoding="utf-8"))["job"]
    return found


def ensure_jobs(count: int, *, by: User, team: Sequence[User], now: datetime) -> list[Job]:
    """The first `count` jobs of the demo, opened over the last months; those that exist are left as they are."""
    jobs = [
        _ensure_job(number, by=by, team=team, now=now - timedelta(days=130 - 5 * number)) for number in range(count)
    ]
    others = accounts.ensure_others()
    for number, job in enumerate(jobs):
        _widen_team(number, job, others=others, by=by, now=now)
    return jobs


def _widen_team(number: int, job: Job, *, others: Sequence[User], by: User, now: datetime) -> None:
    """Let further colleagues take part in some of the jobs; who is on a team already stays as they are."""
    recruiter, manager, second, third = others
    for user, role, takes_part in (
        (recruiter, HiringTeamMember.Role.RECRUITER, number % 4 == 3),
        (manager, HiringTeamMember.Role.HIRING_MANAGER, number % 2 == 1),
        (second, HiringTeamMember.Role.INTERVIEWER, number % 3 == 1),
        (third, HiringTeamMember.Role.INTERVIEWER, number % 3 == 2),
    ):
        if takes_part and not job.team.filter(user=user).exists():
            job_actions.add_team_member(job=job, user=user, role=role, by=by, now=now)


@transaction.atomic
def _ensure_job(number: int, *, by: User, team: Sequence[User], now: datetime) -> Job:
    external_id = f"demo-job-{number}"
    job = Job.objects.filter(external_id=external_id).first()
    if job is not None:
        return job
    vacancy = vacancies()[number]
    facts = {name: vacancy[name] for name in ("title", "department", "city", "country")} | {
        "description": vacancy["description"].strip(),
        "must_have": "\n".join(vacancy["must_have"]),
        "nice_to_have": "\n".join(vacancy["nice_to_have"]),
        "remote": vacancy.get("remote", False),
        "confidential": vacancy.get("confidential", False),
        "external_id": external_id,
    }
    job = job_actions.create(by=by, now=now, facts=facts, openings=vacancy["openings"])
    roles = (HiringTeamMember.Role.HIRING_MANAGER, HiringTeamMember.Role.INTERVIEWER, HiringTeamMember.Role.COORDINATOR)
    for user, role in zip(team, roles, strict=True):
        job_actions.add_team_member(job=job, user=user, role=role, by=by, now=now)
    return job_actions.open_job(job=job, by=by, now=now)


def ensure_hires(jobs: Sequence[Job], *, by: User, now: datetime) -> int:
    """Hire who has stood longest at the offer of each job with several openings that has hired nobody; how many."""
    hired = 0
    for job in jobs:
        late = Application.objects.active().filter(job=job, stage__kind=Stage.Kind.OFFER)
        first = late.order_by("entered_stage_at", "pk").first()
        filled = Application.objects.filter(job=job, status=Application.Status.HIRED)
        if first is None or job.openings.count() < 2 or filled.exists():
            continue
        at = min(now, first.entered_stage_at + timedelta(days=6))
        applications.hire(application=first, by=by, now=at)
        hired += 1
    return hired


def ensure_applications(
    people: Mapping[int, tuple[Person, Candidate]], jobs: Sequence[Job], *, by: User, now: datetime
) -> int:
    """Let two of three people apply for the job of their field, and move them on as far as such things go.

    `people` maps a person's number to the person and the candidate that their resume became. Returns how many are new.
    """
    reasons = [RejectionReason.objects.get_or_create(name=name, defaults={"kind": kind})[0] for name, kind in REASONS]
    by_field = {vacancies()[number]["field"]: job for number, job in enumerate(jobs)}
    there = set(Application.objects.filter(external_id__startswith="demo-").values_list("external_id", flat=True))
    made = 0
    for number, (person, candidate) in people.items():
        job = by_field.get(person.field)
        if job is None or number % 3 == 0 or f"demo-{number}" in there:
            continue
        _apply(number, candidate=candidate, job=job, reasons=reasons, by=by, now=now)
        made += 1
    return made


@transaction.atomic
def _apply(
    number: int, *, candidate: Candidate, job: Job, reasons: Sequence[RejectionReason], by: User, now: datetime
) -> None:
    """One application with its whole history, or nothing of it."""
    rng = Random(number)  # noqa: S311 - repeatable demo data, no secret
    age = timedelta(days=rng.uniform(1, 75))
    at = now - age
    application = applications.apply(
        candidate=candidate, job=job, by=by, now=at, applied_at=at, source=rng.choice(SOURCES),
        external_id=f"demo-{number}", credited_to=by,
    )  # fmt: skip
    # Older applications have come further: each step takes about a week.
    for _ in range(rng.choice((0, 0, 1, 1, 2, 2, 3))):
        at += timedelta(days=rng.uniform(3, 11))
        if at > now:
            return
        application = applications.advance(application=application, by=by, now=at)
    at += timedelta(days=rng.uniform(2, 8))
    if at > now:
        return
    fate = rng.random()
    if fate < 0.22:
        applications.reject(application=application, reason=reasons[rng.randrange(2)], by=by, now=at)
    elif fate < 0.28:
        applications.withdraw(application=application, reason=reasons[2], by=by, now=at)
