"""What two records have in common: only keys that stand in more than one record leave the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, QuerySet

from candidates.models import CandidateEmail, CandidateLink, CandidatePhone
from candidates.models.contact import PHONE_KEY, Contact

# The mailbox of an agency or the line of a school says nothing about who somebody is.
MOST_RECORDS = 20
FEWEST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Shared:
    """One address, number or link, and the records that hold it."""

    kind: str
    people: tuple[UUID, ...]


def shared(scope: Collection[UUID] | None = None) -> Iterator[Shared]:
    """Every key that 2 to 20 records hold, in a fixed order; with a scope only keys that one of these records holds."""
    for kind, rows in (("email", _emails()), ("link", _links()), ("phone", _phones())):
        wanted = rows
        if scope is not None:
            # Named one by one, each is a look into the index; as a subquery the planner reads the whole table.
            wanted = rows.filter(
                key__in=list(rows.filter(candidate__in=scope).values_list("key", flat=True).distinct())
            )
        groups = (
            wanted.order_by("key")
            .values("key")
            .annotate(records=Count("candidate_id", distinct=True))
            .filter(records__gte=2, records__lte=MOST_RECORDS)
            .annotate(people=ArrayAgg("candidate_id", distinct=True, order_by="candidate_id"))
            .values_list("people", flat=True)
        )
        for people in groups.iterator(chunk_size=5000):
            yield Shared(kind, tuple(people))


def _of(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(candidate__merged_into__isnull=True).exclude(status=Contact.Status.INVALID)


def _emails() -> QuerySet[Any]:
    return _of(CandidateEmail.objects.annotate(key=F("address")))


def _links() -> QuerySet[Any]:
    return _of(CandidateLink.objects.annotate(key=F("match_key")).exclude(match_key=""))


def _phones() -> QuerySet[Any]:
    return _of(CandidatePhone.objects.annotate(key=PHONE_KEY).filter(key__regex=rf"^\d{{{FEWEST_DIGITS},}}$"))
