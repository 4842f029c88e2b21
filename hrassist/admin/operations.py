"""What whoever runs the machine sees first: whether the worker keeps up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from hrassist.admin import dashboard
from hrassist.admin.dashboard import Card

LATE_MINUTES = 10
SECONDS = 60


def worker(_request: HttpRequest) -> dict[str, Any]:
    """Tasks that wait, run, are late or failed, counted once a minute."""
    counts: dict[str, Any] | None = cache.get("worker-counts")
    if counts is None:
        now = timezone.now()
        late = Q(status="todo", scheduled_at__lt=now - timedelta(minutes=LATE_MINUTES))
        counts = ProcrastinateJob.objects.filter(status__in=["todo", "doing", "failed"]).aggregate(
            waiting=Count("pk", filter=Q(status="todo")),
            running=Count("pk", filter=Q(status="doing")),
            late=Count("pk", filter=late),
            failed=Count("pk", filter=Q(status="failed")),
        )
        cache.set("worker-counts", counts, SECONDS)
    return {**counts, "late_minutes": LATE_MINUTES}


dashboard.add(
    Card(template="admin/hrassist/card_worker.html", data=worker, permission="hrassist.view_all_tokens", order=12)
)
