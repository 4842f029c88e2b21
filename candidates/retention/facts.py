"""The facts that keep people, read for many of them at once; each app tells its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from candidates.models import Candidate, PoolMembership, Resume, RetentionRule, holding
from candidates.retention.engine import POOL, Fact, Rule, Timeline

BATCH = 2000

# For some people: pairs of person and fact. What happened last between them and us is another question.
Source = Callable[[Collection[UUID]], Iterator[tuple[UUID, Fact]]]
Contacts = Callable[[Collection[UUID]], QuerySet[Any, tuple[UUID, datetime]]]
_sources: list[Source] = []
_contacts: list[Contacts] = []


def tell(source: Source) -> None:
    """Let an app tell which facts keep people; the same one again changes nothing."""
    if source not in _sources:
        _sources.append(source)


def tell_contacts(source: Contacts) -> None:
    """Let an app tell when something last happened between people and us, as pairs of both; all are asked at once."""
    if source not in _contacts:
        _contacts.append(source)


def rules() -> list[Rule]:
    """The rules in force."""
    columns = ("id", "effect", "clock", "months", "country", "job_ref", "job_status")
    return [
        Rule(id=pk, effect=effect, clock=clock, months=months, country=country, job=job, job_status=status)
        for pk, effect, clock, months, country, job, status in RetentionRule.objects.filter(active=True).values_list(
            *columns
        )
    ]


def timelines(people: Sequence[UUID] | None = None) -> Iterator[Timeline]:
    """Of these people, or of everybody: those that stand for a person, in the order of their identifiers.

    A record that was merged into another counts for the one that stands.
    """
    rows = Candidate.objects.filter(merged_into__isnull=True, erased_at__isnull=True).order_by("pk")
    if people is not None:
        rows = rows.filter(pk__in=people)
    columns = rows.values_list("pk", "country", "created_at")
    left = columns.iterator(chunk_size=BATCH)
    while batch := list(islice(left, BATCH)):
        yield from _of_batch(batch)


def _of_batch(batch: Sequence[Any]) -> Iterator[Timeline]:
    ids = [row[0] for row in batch]
    stands = {one: one for one in ids}
    # Records merged into one of these, however deep.
    level = dict(stands)
    while level := {
        pk: level[into]
        for pk, into in Candidate.objects.filter(merged_into__in=list(level)).values_list("pk", "merged_into")
        if pk not in stands
    }:
        stands |= level
    everybody = list(stands)
    facts: dict[UUID, list[Fact]] = {}
    for source in (*_sources, _memberships):
        for person, fact in source(everybody):
            facts.setdefault(stands[person], []).append(fact)
    contact: dict[UUID, datetime] = {}
    told = [source(everybody) for source in _contacts]
    for person, at in _resumes(everybody).union(*told, all=True):
        root = stands[person]
        contact[root] = max(at, contact.get(root, at))
    held = {stands[person] for person in holding.on(everybody)}
    for pk, country, added_at in batch:
        # That somebody of ours changed a word in the record is no contact: else nobody would ever fall due.
        last = max(added_at, contact.get(pk, added_at))
        yield Timeline(person=pk, country=country, facts=tuple(facts.get(pk, ())), last_contact=last, held=pk in held)


def _memberships(people: Collection[UUID]) -> Iterator[tuple[UUID, Fact]]:
    rows = PoolMembership.objects.filter(candidate__in=people, removed_at__isnull=True).order_by()
    found = rows.values_list("candidate", "candidate__country", "added_at", "expires_at")
    for person, country, added_at, expires_at in found:
        yield person, Fact(clock=POOL, since=added_at, country=country, until=expires_at)


def _resumes(people: Collection[UUID]) -> QuerySet[Any, tuple[UUID, datetime]]:
    rows = Resume.objects.filter(candidate__in=people).order_by().values("candidate").annotate(last=Max("created_at"))
    return rows.values_list("candidate", "last")
