"""What this app adds to the first page: new people, my uploads, and uploads that need somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from candidates.admin.upload import person_of
from candidates.models import Candidate, UploadTicket
from hrassist.admin import dashboard
from hrassist.admin.dashboard import Card

State = UploadTicket.State
LATE_MINUTES = 10


def newest_people(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    return {"people": list(Candidate.objects.visible_to(user).unmerged()[:7])}


def my_uploads(request: HttpRequest) -> dict[str, Any]:
    mine = UploadTicket.objects.filter(created_by=request.user.pk).exclude(state__in=[State.ISSUED, State.EXPIRED])
    newest = mine.select_related("resume__candidate", "duplicate_of__candidate")[:5]
    return {"uploads": [(ticket, person_of(ticket)) for ticket in newest]}


def alarms(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    now = timezone.now()
    counts = (
        UploadTicket.objects.visible_to(user)
        .filter(created_at__gt=now - timedelta(days=7))
        .aggregate(
            rejected=Count("pk", filter=Q(state=State.REJECTED)),
            waiting=Count("pk", filter=Q(state=State.CONFIRMED)),
            late=Count("pk", filter=Q(state=State.CONFIRMED, confirmed_at__lt=now - timedelta(minutes=LATE_MINUTES))),
        )
    )
    return {**counts, "late_minutes": LATE_MINUTES, "scanner": bool(settings.CLAMD_SOCKET)}


dashboard.add(
    Card(
        template="candidates/card_newest_people.html",
        data=newest_people,
        permission="candidates.view_candidate",
        wide=True,
        order=50,
    ),
    Card(
        template="candidates/card_alarms.html",
        data=alarms,
        permission="candidates.view_uploadticket",
        order=10,
    ),
    Card(
        template="candidates/card_my_uploads.html",
        data=my_uploads,
        permission="candidates.add_uploadticket",
        order=20,
    ),
)
