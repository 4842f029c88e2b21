"""What keeps people as far as this app knows: their applications, and when we were last in touch about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Greatest

from candidates import retention
from candidates.retention import Fact
from jobs.models.application import Application
from jobs.models.interview import Interview
from jobs.models.message import Message

Status = Application.Status


def applications(people: Collection[UUID]) -> Iterator[tuple[UUID, Fact]]:
    columns = ("candidate", "candidate__country", "status", "applied_at", "ended_at", "job", "job__country",
               "job__status")  # fmt: skip
    rows = Application.objects.filter(candidate__in=people).order_by()
    for person, theirs, status, applied_at, ended_at, job, country, job_status in rows.values_list(*columns):
        goes_on = status == Status.ACTIVE
        yield person, Fact(
            clock="rejected" if goes_on else status, since=ended_at or applied_at, country=country or theirs, job=job,
            job_status=job_status, open=goes_on,
        )  # fmt: skip


def contacts(people: Collection[UUID]) -> QuerySet[Any, tuple[UUID, datetime]]:
    mine = Application.objects.filter(candidate__in=people).order_by().values("candidate")
    last = Greatest(Max("applied_at"), Max("ended_at"))
    sent = Message.objects.filter(candidate__in=people, sent_at__isnull=False).order_by().values("candidate")
    met = Interview.objects.filter(~Q(status=Interview.Status.CANCELLED), application__candidate__in=people).order_by()
    of_each = met.values("application__candidate").annotate(last=Max("starts_at"))
    return (
        mine.annotate(last=last)
        .values_list("candidate", "last")
        .union(
            sent.annotate(last=Max("sent_at")).values_list("candidate", "last"),
            of_each.values_list("application__candidate", "last"),
            all=True,
        )
    )


def register() -> None:
    retention.tell(applications)
    retention.tell_contacts(contacts)
