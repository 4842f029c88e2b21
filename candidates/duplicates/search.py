"""The search itself: all records, or those that changed and everybody they are connected with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from candidates.duplicates.grouping import Pair, Ties, groups_of
from candidates.duplicates.shared import shared
from candidates.models import Candidate, DuplicateGroup, DuplicateMember, DuplicateSearch, NotDuplicate

# A change becomes visible when its transaction ends, which may be after the search that should have seen it.
OVERLAP = timedelta(minutes=10)
MOST_CHANGED = 20_000
BATCH = 2000
_LOCK = 7_301


@dataclass(frozen=True, slots=True)
class Found:
    """What a search knows afterwards: groups and the records in them."""

    groups: int
    records: int


def catch_up(*, now: datetime) -> Found | None:
    """Search among the people who changed since the last time; all of them where there was none or too many changed."""
    last = DuplicateSearch.objects.first()
    changed: list[UUID] = []
    if last is not None:
        since = Candidate.objects.filter(updated_at__gt=last.until - OVERLAP).order_by()
        changed = list(since.values_list("pk", flat=True)[: MOST_CHANGED + 1])
    if last is None or len(changed) > MOST_CHANGED:
        return search_all(now=now)
    for start in range(0, len(changed), BATCH):
        regroup(set(changed[start : start + BATCH]), now=now)
    _came_to(now)
    return None


def search_all(*, now: datetime) -> Found:
    """Search among everybody. Reads first and writes at the end, so that nobody waits for it meanwhile."""
    found = groups_of(shared(), apart=NotDuplicate.objects.values_list("first_id", "second_id").iterator())
    with transaction.atomic():
        _lock()
        _store(found, before=_members(None), now=now)
        _came_to(now)
    return Found(groups=len(found), records=sum(map(len, found)))


@transaction.atomic
def regroup(people: Collection[UUID], *, now: datetime) -> None:
    """Bring the groups of these people, and of everybody they are connected with, up to date."""
    if not people:
        return
    _lock()
    scope, links = set(people), list(shared(people))
    while True:
        reached = scope.union(*(link.people for link in links))
        sides = DuplicateGroup.objects.filter(members__candidate__in=reached).values("pk")
        reached |= set(DuplicateMember.objects.filter(group__in=sides).values_list("candidate_id", flat=True))
        if reached == scope:
            break
        scope, links = reached, list(shared(reached))
    _store(groups_of(links, apart=_apart(scope)), before=_members(scope), now=now)


def _apart(people: set[UUID]) -> Iterable[Pair]:
    said = NotDuplicate.objects.filter(Q(first__in=people) & Q(second__in=people))
    return said.values_list("first_id", "second_id")


def _members(people: set[UUID] | None) -> dict[UUID, tuple[UUID, Any]]:
    rows = DuplicateMember.objects.all() if people is None else DuplicateMember.objects.filter(candidate__in=people)
    found = rows.order_by().values_list("candidate_id", "group_id", "via")
    return {candidate: (group, via) for candidate, group, via in found.iterator(chunk_size=5000)}


def _store(groups: list[Ties], *, before: Mapping[UUID, tuple[UUID, Any]], now: datetime) -> None:
    """Write what changed. A group keeps its identifier as long as most of it stays together."""
    taken: dict[UUID, int] = {}
    fresh: list[DuplicateGroup] = []
    written: list[DuplicateMember] = []
    grouped: set[UUID] = set()
    for ties in sorted(groups, key=lambda one: (-len(one), min(one))):
        known = Counter(before[one][0] for one in ties if one in before)
        best = sorted((-count, group) for group, count in known.items() if group not in taken)
        group = best[0][1] if best else None
        if group is None:
            made = DuplicateGroup(size=len(ties), found_at=now)
            fresh.append(made)
            group = made.pk
        taken[group] = len(ties)
        grouped.update(ties)
        for one, reasons in ties.items():
            via = [{"kind": kind, "with": str(other)} for kind, other in sorted(reasons)]
            if before.get(one) != (group, via):
                written.append(DuplicateMember(group_id=group, candidate_id=one, via=via))
    DuplicateGroup.objects.bulk_create(fresh, batch_size=BATCH)
    DuplicateMember.objects.bulk_create(
        written, batch_size=BATCH, update_conflicts=True, unique_fields=["candidate"], update_fields=["group", "via"]
    )
    left = [one for one in before if one not in grouped]
    for start in range(0, len(left), BATCH):
        DuplicateMember.objects.filter(candidate__in=left[start : start + BATCH]).delete()
    emptied = list({group for group, _ in before.values()} - set(taken))
    for start in range(0, len(emptied), BATCH):
        DuplicateGroup.objects.filter(pk__in=emptied[start : start + BATCH]).delete()
    resized = [
        DuplicateGroup(pk=pk, size=taken[pk])
        for pk, size in DuplicateGroup.objects.filter(pk__in=taken).values_list("pk", "size")
        if size != taken[pk]
    ]
    DuplicateGroup.objects.bulk_update(resized, ["size"], batch_size=BATCH)


def _came_to(now: datetime) -> None:
    DuplicateSearch.objects.update_or_create(pk=1, defaults={"until": now})


def _lock() -> None:
    """Two searches at once would each make a group of the same people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
