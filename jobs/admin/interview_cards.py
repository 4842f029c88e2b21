"""What interviews add to the first page: whom one meets today, and which scorecards one owes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from hrassist.admin import dashboard
from hrassist.admin.dashboard import Card
from jobs.actions import scorecards
from jobs.admin.interview_list import rows_of
from jobs.admin.interview_times import today
from jobs.models import Interview, Interviewer

SHOWN = 6
# Whoever let a card lie for three months will not write it because of a list.
OWED_WITHIN = timedelta(days=90)


def interviews_today(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    begin, end = today(user, now=timezone.now())
    mine = Interviewer.objects.filter(interview=OuterRef("pk"), user=user.pk)
    found = Interview.objects.scheduled().filter(Exists(mine), starts_at__gte=begin, starts_at__lt=end)
    return {"rows": rows_of(found.order_by("starts_at", "pk")[:SHOWN], user)}


def scorecards_due(request: HttpRequest) -> dict[str, Any] | None:
    user: Any = request.user
    now = timezone.now()
    owed = scorecards.owing(
        user=user.pk, interview__ends_at__lte=now, interview__starts_at__gt=now - OWED_WITHIN
    ).order_by("interview__ends_at")
    rows = list(owed[:SHOWN])
    return {"rows": rows} if rows else None


dashboard.add(
    Card(template="jobs/card_interviews_today.html", data=interviews_today, permission="jobs.view_interview", order=15),
    Card(template="jobs/card_scorecards_due.html", data=scorecards_due, permission="jobs.add_scorecard", order=16),
)
