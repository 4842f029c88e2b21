"""What a team keeps about the demo's people: tags, talent pools, and views of the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from candidates.actions import tags, talent_pools
from candidates.models import Candidate, PoolMembership, Tag, TalentPool
from hrassist import saved_views
from hrassist.models import SavedView, User
from hrassist.ops.demo.people import Person

# Name, colour, and every how many people it is given to.
TAGS = (
    ("Open to relocate", Tag.Colour.GOOD, 7),
    ("Silver medallist", Tag.Colour.WARN, 23),
    ("Speaks at meetups", Tag.Colour.BLUE, 31),
    ("Ask again in spring", Tag.Colour.VIOLET, 41),
)
# Name, what for, months, the basis, and where in the row of people its members begin.
POOLS = (
    ("Runners-up", "Came close to an offer: to be asked first when a similar job opens.", 12,
     PoolMembership.Basis.FORMER_APPLICANT, 2),
    ("Met at the campus fair", "Graduates who left a resume and asked to be told of first jobs.", 24,
     PoolMembership.Basis.CONSENT, 5),
    ("Night and weekend shifts", "Would take shifts that few others take.", 6,
     PoolMembership.Basis.LEGITIMATE_INTEREST, 11),
)  # fmt: skip
POOL_SIZE = 14
# List, name, what it shows, and whether the colleague who keeps it shares it.
VIEWS = (
    ("candidates.candidate", "Python, not Java", "q=skill%3Apython+-java", False),
    ("candidates.candidate", "New this week", "q=since%3A7d", False),
    ("candidates.candidate", "Could relocate", "q=tag%3A%22Open+to+relocate%22", True),
    ("jobs.application", "In interviews", "status__exact=active&step=interview", False),
)


def ensure(people: Mapping[int, tuple[Person, Candidate]], *, by: User, colleague: User, now: datetime) -> None:
    """Add what is missing; a tag, a pool or a view that is there stays as it is."""
    keys = [candidate.pk for _, (_, candidate) in sorted(people.items()) if candidate.merged_into_id is None]
    for name, colour, every in TAGS:
        if not Tag.objects.filter(name=name).exists():
            _give_tag(name, colour, keys[every // 2 :: every], by=by, now=now)
    for name, what_for, months, basis, first in POOLS:
        if not TalentPool.objects.filter(name=name).exists():
            _fill_pool(name, what_for, months, basis, keys[first::19][:POOL_SIZE], by=by, now=now)
    for model, name, query, shared in VIEWS:
        owner = colleague if shared else by
        if not SavedView.objects.filter(owner=owner, model=model, name=name).exists():
            saved_views.save(model=model, name=name, query=query, by=owner, now=now, shared=shared)


@transaction.atomic
def _give_tag(name: str, colour: str, keys: Sequence[UUID], *, by: User, now: datetime) -> None:
    tags.named(name=name, colour=colour, by=by, now=now)
    tags.add(keys=keys, name=name, by=by, now=now)


@transaction.atomic
def _fill_pool(
    name: str, what_for: str, months: int, basis: str, keys: Sequence[UUID], *, by: User, now: datetime
) -> None:
    pool = talent_pools.create(
        name=name, description=what_for, keep_for_months=months, owner=None, by=by, now=now - timedelta(days=90)
    )
    soon = (now + timedelta(days=12)).date().isoformat()
    # The first ones end soon: somebody has to look at the ground again.
    talent_pools.add(keys=keys[:2], pool=pool.pk, basis=basis, by=by, now=now, expires_on=soon)
    talent_pools.add(keys=keys[2:], pool=pool.pk, basis=basis, by=by, now=now)
