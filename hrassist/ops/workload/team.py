"""The colleagues, words and templates of a workload: few rows, made through the models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.models import Group

from candidates.models import Source, Tag, TalentPool
from hrassist.models import User
from hrassist.ops.demo.vacancies import REASONS, SOURCES
from hrassist.ops.workload.pools import ascii_of, countries
from jobs.models import EmailTemplate, RecruitmentDrive, RejectionReason

# The bench signs in as the first recruiter.
RECRUITER = "workload.recruiter1"
PEOPLE = {"Recruiter": 20, "Hiring manager": 60, "Interviewer": 100, "Coordinator": 10, "Auditor": 1, "Operator": 1}
TAGS = (
    "Silver medallist", "Ready to relocate", "Speaks German", "Speaks French", "Open to contract", "Part time only",
    "Leader", "Career changer", "Former employee", "Conference", "Call in spring", "Needs a permit", "Graduate",
    "Remote only", "Shift work", "Licensed", "Portfolio", "Top university", "Internal", "Referred by a customer",
)  # fmt: skip
POOLS = (
    "Backend engineers", "Data people", "Nurses", "Warehouse shift leads", "Teachers", "Future managers",
    "Graduates of this year", "Sales in the north", "Chefs", "Contractors", "Boomerangs", "Finance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Team:
    """Primary keys as COPY writes them; the list of a role is never empty."""

    recruiters: list[str]
    managers: list[str]
    interviewers: list[str]
    coordinators: list[str]
    reasons: list[str]
    withdrawals: list[str]
    tags: list[str]
    pools: list[str]
    templates: list[str]
    drives: list[str]


def ensure_team(*, seed: int, now: datetime) -> Team:
    """Everybody and everything that the many rows point at; those that exist are used again."""
    rng = Random(seed)  # noqa: S311 - repeatable invented people, no secret
    staff = {role: [_user(role, number, rng=rng) for number in range(1, count + 1)] for role, count in PEOPLE.items()}
    first = staff["Recruiter"][0]
    reasons = [RejectionReason.objects.get_or_create(name=name, defaults={"kind": kind})[0] for name, kind in REASONS]
    for name in SOURCES:
        if not Source.objects.filter(name__iexact=name).exists():
            Source.objects.create(name=name)
    return Team(
        recruiters=_keys(staff["Recruiter"]),
        managers=_keys(staff["Hiring manager"]),
        interviewers=_keys(staff["Interviewer"]),
        coordinators=_keys(staff["Coordinator"]),
        reasons=_keys(one for one in reasons if one.kind == RejectionReason.Kind.WE_REJECTED),
        withdrawals=_keys(one for one in reasons if one.kind == RejectionReason.Kind.THEY_WITHDREW),
        tags=_keys(
            Tag.objects.filter(name__iexact=name).first() or Tag.objects.create(name=name, created_by=first)
            for name in TAGS
        ),
        pools=_keys(TalentPool.objects.get_or_create(name=name, defaults={"owner": first})[0] for name in POOLS),
        templates=_keys(EmailTemplate.objects.all())
        or _keys([EmailTemplate.objects.create(name="Hello", subject="Hello", body="Hello", created_by=first)]),
        drives=_keys(_drive(number, by=first, now=now) for number in range(1, 21)),
    )


def _keys(rows: object) -> list[str]:
    return [str(row.pk) for row in rows]  # type: ignore[attr-defined]


def _user(role: str, number: int, *, rng: Random) -> User:
    username = f"workload.{role.lower().replace(' ', '')}{number}"
    country = rng.choice(countries())
    first, last = rng.choice(country.first), rng.choice(country.last)
    user = User.objects.filter(username=username).first()
    if user is None:
        # Nobody can sign in as them until somebody sets a password.
        user = User.objects.create_user(
            username, f"{ascii_of(first)}.{username}@example.com", None, first_name=first, last_name=last, is_staff=True
        )
        user.groups.add(Group.objects.get(name=role))
    return user


def _drive(number: int, *, by: User, now: datetime) -> RecruitmentDrive:
    begins = (now - timedelta(days=40 * (number - 1))).date()
    status = RecruitmentDrive.Status.RUNNING if number <= 2 else RecruitmentDrive.Status.ENDED
    return RecruitmentDrive.objects.get_or_create(
        name=f"Drive {number}",
        defaults={
            "starts_on": begins, "ends_on": begins + timedelta(days=60), "status": status, "created_by": by,
            "target_applications": 2000, "target_hires": 40,
        },
    )[0]  # fmt: skip
