"""People of the demo who are there twice: one pair still to be looked at, one that was merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from candidates import duplicates
from candidates.actions import candidates, merging
from candidates.models import Candidate
from hrassist.models import User
from hrassist.ops.demo.people import Person

# External id, how they sign this time, and whether somebody merged the two already.
TWINS = (("demo-twin-1", "{first} {initial}. {last}", False), ("demo-twin-2", "{last}, {first}", True))


def ensure(people: Mapping[int, tuple[Person, Candidate]], *, by: User, now: datetime) -> int:
    """Second records of two people, found by an address they share; gives how many are new."""
    known = [
        (person, candidate)
        for _, (person, candidate) in sorted(people.items())
        if person.emails and candidate.merged_into_id is None and candidate.emails.exists()
    ]
    made = 0
    for (external_id, form, merged), (person, candidate) in zip(TWINS, known[1:], strict=False):
        if not Candidate.objects.filter(external_id=external_id).exists():
            _add(external_id, form, person, candidate, merged=merged, by=by, now=now - timedelta(days=2))
            made += 1
    return made


@transaction.atomic
def _add(
    external_id: str, form: str, person: Person, candidate: Candidate, *, merged: bool, by: User, now: datetime
) -> None:
    first, *_, last = candidate.full_name.split()
    twin = candidates.create(
        by=by,
        now=now,
        facts={
            "full_name": form.format(first=first, initial=first[0], last=last),
            "headline": person.headline,
            "city": candidate.city,
            "country": candidate.country,
            "source": "Job fair",
            "external_id": external_id,
        },
        contacts={"emails": [{"value": candidate.emails.order_by("pk")[0].address}]},
    )
    duplicates.regroup({twin.pk, candidate.pk}, now=now)
    if merged:
        merging.merge(kept=candidate, gone=twin, by=by, now=now + timedelta(days=1))
