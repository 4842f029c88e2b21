"""Talent pools: who is kept for which purpose, on which ground, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from candidates.actions import consents, self_service
from candidates.models import Candidate, Channel, ConsentRecord, Notice, PoolMembership, TalentPool
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.lib.outcomes import Outcome

if TYPE_CHECKING:
    from hrassist.models import User

LONGEST_YEARS = 5
BATCH = 1_000
DAYS_OF_MONTH = 30.44


@transaction.atomic
def create(
    *, name: str, description: str, keep_for_months: int, owner: User | None, by: User, now: datetime
) -> TalentPool:
    """A new pool; its name is taken once. Raises Conflict."""
    _require_free(name)
    pool = TalentPool.objects.create(
        name=_name(name), description=description.strip(), keep_for_months=_months(keep_for_months), owner=owner or by,
        created_at=now,
    )  # fmt: skip
    audit.record("talentpool.created", target=pool, by=by)
    return pool


@transaction.atomic
def change(
    *, pool: TalentPool, name: str, description: str, keep_for_months: int, owner: User | None, by: User
) -> TalentPool:
    """Change what the pool is; memberships keep the dates they have."""
    pool = TalentPool.objects.select_for_update(of=("self",)).get(pk=pool.pk)
    _require_free(name, besides=pool)
    pool.name, pool.description, pool.owner = _name(name), description.strip(), owner
    pool.keep_for_months = _months(keep_for_months)
    pool.save(update_fields=["name", "description", "owner", "keep_for_months", "updated_at"])
    audit.record("talentpool.updated", target=pool, by=by)
    return pool


@transaction.atomic
def add(
    *, keys: Sequence[UUID], pool: UUID | str, basis: str, by: User, now: datetime, expires_on: str = "", note: str = ""
) -> Outcome:
    """Put people into a pool on a lawful basis, until a day (ISO) or for the pool's usual time.

    Who is in it already stays as they are: extending is `extend`.
    """
    row = _pool(pool)
    until, ground = _until(row, expires_on, now=now), _basis(basis)
    rows = Candidate.objects.select_for_update(no_key=True).unmerged().filter(pk__in=keys).order_by("pk")
    people = list(rows.values_list("pk", flat=True))
    inside = PoolMembership.objects.filter(pool=row, candidate__in=people, removed_at__isnull=True)
    have = set(inside.values_list("candidate_id", flat=True))
    new = [key for key in people if key not in have]
    PoolMembership.objects.bulk_create(
        PoolMembership(
            pool=row,
            candidate_id=key,
            basis=ground,
            note=note.strip()[:300],
            expires_at=until,
            added_by=by,
            added_at=now,
        )
        for key in new
    )
    for key in new:
        audit.record("talentpool.joined", target=row, by=by, subject=key, basis=ground, until=until.date().isoformat())
    return Outcome(changed=new, unchanged=len(have))


@transaction.atomic
def remove(*, keys: Sequence[UUID], pool: UUID | str, by: User, now: datetime, **_said: object) -> Outcome:
    """Take people out of a pool; that they were in it stays known."""
    row = _pool(pool)
    rows = PoolMembership.objects.select_for_update(of=("self",)).filter(
        pool=row, candidate__in=keys, removed_at__isnull=True
    )
    gone = sorted(rows.values_list("candidate_id", flat=True))
    PoolMembership.objects.filter(pool=row, candidate__in=gone, removed_at__isnull=True).update(
        removed_at=now, removed_by=by
    )
    for key in gone:
        audit.record("talentpool.left", target=row, by=by, subject=key)
    return Outcome(changed=list(gone), unchanged=len(set(keys) - set(gone)))


@transaction.atomic
def extend(
    *, membership: PoolMembership, basis: str, expires_on: str, by: User, now: datetime,
    expected_expires_at: datetime | None = None,
) -> PoolMembership:  # fmt: skip
    """Keep somebody longer, on a ground that was looked at again. Raises Conflict if another did so meanwhile."""
    row = PoolMembership.objects.select_for_update(of=("self",)).select_related("pool").get(pk=membership.pk)
    if row.removed_at is not None:
        raise Conflict("This person is no longer in the pool. Add them again.", code="not_in_pool")
    if expected_expires_at is not None and row.expires_at != expected_expires_at:
        raise Conflict("Somebody changed this membership since you read it. Look at it again.", code="pool_changed")
    row.basis, row.expires_at = _basis(basis), _until(row.pool, expires_on, now=now)
    row.save(update_fields=["basis", "expires_at"])
    audit.record(
        "talentpool.extended", target=row.pool, by=by, subject=row.candidate_id, basis=row.basis,
        until=row.expires_at.date().isoformat(),
    )  # fmt: skip
    return row


@transaction.atomic
def stay(*, membership: PoolMembership, notice: Notice, now: datetime) -> PoolMembership:
    """The person says that they may be kept: by consent from now on, for the pool's usual time. Raises Conflict."""
    row = (
        PoolMembership.objects.select_for_update(of=("self",)).select_related("pool", "candidate").get(pk=membership.pk)
    )
    if row.removed_at is not None:
        raise Conflict("You are no longer in this pool. You can still give your consent on your page.",
                       code="not_in_pool")  # fmt: skip
    row.basis, row.expires_at = PoolMembership.Basis.CONSENT, _until(row.pool, "", now=now)
    row.asked_at, row.asked_times = None, 0
    row.save(update_fields=["basis", "expires_at", "asked_at", "asked_times"])
    consents.give(
        candidate=row.candidate, purpose=ConsentRecord.Purpose.TALENT_POOL, notice=notice,
        channel=Channel.SELF_SERVICE, now=now, evidence="Answered the question of a talent pool",
        months=row.pool.keep_for_months,
    )  # fmt: skip
    audit.record("talentpool.extended", target=row.pool, subject=row.candidate_id, basis=row.basis,
                 until=row.expires_at.date().isoformat())  # fmt: skip
    return row


@transaction.atomic
def let_go(*, membership: PoolMembership, now: datetime) -> PoolMembership:
    """The person wants to leave: out of this pool, and their consent to be kept for later jobs ends with it."""
    row = (
        PoolMembership.objects.select_for_update(of=("self",)).select_related("pool", "candidate").get(pk=membership.pk)
    )
    if row.removed_at is None:
        row.removed_at, row.removed_for = now, PoolMembership.Left.LET_GO
        row.save(update_fields=["removed_at", "removed_for"])
        audit.record("talentpool.left", target=row.pool, subject=row.candidate_id, reason_code="let_go")
    consents.withdraw(
        candidate=row.candidate, purpose=ConsentRecord.Purpose.TALENT_POOL, channel=Channel.SELF_SERVICE, now=now
    )
    return row


@transaction.atomic
def remove_expired(*, now: datetime, most: int = BATCH) -> int:
    """Take those out whose time has run out; how many, at most `most` at once."""
    rows = PoolMembership.objects.select_for_update(of=("self",), skip_locked=True).expired(now=now)
    ended = list(rows.select_related("pool").order_by("expires_at")[:most])
    for one in ended:
        one.removed_at, one.removed_for = now, PoolMembership.Left.EXPIRED
        one.save(update_fields=["removed_at", "removed_for"])
        audit.record("talentpool.left", target=one.pool, subject=one.candidate_id, reason_code="expired")
    return len(ended)


def ask_those_who_end_soon(*, now: datetime, most: int = BATCH) -> int:
    """Mail everybody whose time ends soon the question whether to stay; how many were asked."""
    asked = 0
    for one in PoolMembership.objects.to_ask(now=now).order_by("expires_at")[:most]:
        asked += self_service.ask_to_stay(membership=one, now=now) is not None
    return asked


def usual_end(pool: TalentPool, *, now: datetime) -> date:
    """The last day of a membership that begins now."""
    return timezone.localdate(now + timedelta(days=round(pool.keep_for_months * DAYS_OF_MONTH)))


def _pool(pool: UUID | str) -> TalentPool:
    found = TalentPool.objects.filter(pk=pool).first()
    if found is None:
        raise NotFound("This talent pool is gone.")
    return found


def _until(pool: TalentPool, expires_on: str, *, now: datetime) -> datetime:
    try:
        day = date.fromisoformat(expires_on) if expires_on else usual_end(pool, now=now)
    except ValueError:
        raise DomainError("This is not a day. Write it as 2027-01-31.", code="bad_day") from None
    today = timezone.localdate(now)
    if day <= today:
        raise DomainError("Choose a day in the future: nobody is kept until yesterday.", code="past_day")
    if day > today + timedelta(days=366 * LONGEST_YEARS):
        raise DomainError("Nobody is kept longer than {most} years without being looked at again.", code="far_day",
                          most=LONGEST_YEARS)  # fmt: skip
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def _basis(basis: str) -> str:
    if basis not in PoolMembership.Basis.values:
        raise DomainError("Say on which lawful basis these people are kept.", code="no_basis")
    return basis


def _months(months: int) -> int:
    if not 1 <= months <= 12 * LONGEST_YEARS:
        raise DomainError("A membership lasts from one month to {most}.", code="bad_months", most=12 * LONGEST_YEARS)
    return months


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Give the pool a name.", code="no_name", fields={"name": ["This must not be empty."]})
    return name[:80]


def _require_free(name: str, *, besides: TalentPool | None = None) -> None:
    others = TalentPool.objects.filter(name__iexact=_name(name))
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise Conflict("Another pool has this name. Choose a different one.", code="pool_name",
                       fields={"name": ["Another pool has this name."]})  # fmt: skip
