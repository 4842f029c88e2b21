"""What whoever runs the machine sees first: whether the worker keeps up."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from hrassist.admin import dashboard
from hrassist.admin.dashboard import Card
from hrassist.lib import backlog

LATE_MINUTES = 10
SECONDS = 60


def worker(_request: HttpRequest) -> dict[str, Any]:
    """Tasks that wait, run or failed, and for how many minutes the oldest is late, counted once a minute."""
    counts: dict[str, Any] | None = cache.get("worker-counts")
    if counts is None:
        queues = backlog.queues()
        minutes = int(max((queue.oldest for queue in queues), default=0.0) // 60)
        counts = {
            "waiting": sum(queue.ready + queue.scheduled for queue in queues),
            "running": sum(queue.running for queue in queues),
            "late": minutes if minutes >= LATE_MINUTES else 0,
            "failed": sum(queue.failed for queue in queues),
        }
        cache.set("worker-counts", counts, SECONDS)
    return counts


dashboard.add(
    Card(template="admin/hrassist/card_worker.html", data=worker, permission="hrassist.view_all_tokens", order=12)
)
