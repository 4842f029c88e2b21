"""An earlier round of the demo's two jobs in the United States, with applicants of whom most said their sex and race.

Enough people for figures that may be told; they applied in calendar months that are over, which the bias audit counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from candidates.models import Candidate
from hrassist.models import User
from jobs.actions import applications, demographics, privacy_settings
from jobs.models import Application, Job, JobPrivacy, RejectionReason
from jobs.models.demographic import Race, Sex

ROUND = "round"
PEOPLE = 160
SEXES = ((Sex.FEMALE, 46), (Sex.MALE, 50), (Sex.ANOTHER, 4))
RACES = (
    (Race.WHITE, 44), (Race.BLACK, 18), (Race.HISPANIC, 17), (Race.ASIAN, 14), (Race.SEVERAL, 5), (Race.NATIVE, 1),
    (Race.ISLANDER, 1),
)  # fmt: skip
# Of a hundred people, how many say both, say one of the two, say nothing.
SAY_BOTH, SAY_ONE = 72, 80


def ensure(jobs: Sequence[Job], *, by: User, now: datetime) -> None:
    """Let people of the demo apply who had not applied for these jobs, once; each is there whole or not at all."""
    asking = [job for job in jobs if job.country == "US"]
    there = set(Application.objects.filter(external_id__startswith=f"{ROUND}-").values_list("external_id", flat=True))
    reason = RejectionReason.objects.filter(kind=RejectionReason.Kind.WE_REJECTED).order_by("pk").first()
    if not asking or reason is None or there:
        return
    for job in asking:
        if not JobPrivacy.objects.filter(job=job).exists():
            privacy_settings.set_job(
                job=job, ranking_off=False, why="", codes=None, asks_demographics=JobPrivacy.Asks.YES, by=by, now=now
            )
    free = Candidate.objects.visible_to(by).unmerged().filter(resumes__is_current=True)
    free = free.exclude(applications__job__in=asking).order_by("created_at", "pk").distinct()
    for number, candidate in enumerate(free[:PEOPLE]):
        _apply(number, candidate=candidate, job=asking[number % len(asking)], reason=reason, by=by, now=now)


@transaction.atomic
def _apply(
    number: int, *, candidate: Candidate, job: Job, reason: RejectionReason, by: User, now: datetime
) -> None:  # fmt: skip
    """One application of that round, which has ended; how far it came is drawn from the same hat for everybody."""
    rng = Random(f"{ROUND}-{number}")  # noqa: S311 - repeatable demo data, no secret
    at = now - timedelta(days=rng.uniform(28, 84))
    one = applications.apply(
        candidate=candidate, job=job, by=by, now=at, applied_at=at, source="Career page",
        external_id=f"{ROUND}-{number}", credited_to=by,
    )  # fmt: skip
    said = rng.uniform(0, 100)
    if demographics.asks(job) and said < SAY_ONE:
        sex, race = _drawn(rng, SEXES), _drawn(rng, RACES)
        demographics.answer_on_own_page(
            application=one, sex=sex, race=race if said < SAY_BOTH else "", form="", now=at + timedelta(minutes=2)
        )
    for _ in range(rng.choice((0, 0, 1, 1, 2, 2, 2, 3))):
        at += timedelta(days=rng.uniform(1, 5))
        one = applications.advance(application=one, by=by, now=at)
    applications.reject(application=one, reason=reason, by=by, now=at + timedelta(days=rng.uniform(1, 5)))


def _drawn(rng: Random, hat: Sequence[tuple[str, int]]) -> str:
    return rng.choices([name for name, _ in hat], [share for _, share in hat])[0]
