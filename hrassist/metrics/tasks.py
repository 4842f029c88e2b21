"""How long each task of the worker takes, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import Gauge, Histogram

SECONDS = Histogram(
    "hrassist_task_seconds",
    "How long tasks took; what failed may be tried again.",
    ["task", "outcome"],
    buckets=(0.05, 0.25, 1, 5, 15, 60, 300, 1800),
)
RUNNING = Gauge("hrassist_tasks_running", "Tasks that the workers are at.", multiprocess_mode="livesum")
# What an older version deferred and this one does not know must not become a label.
UNKNOWN = "unknown"


async def measure(go_on: Callable[[], Awaitable[Any]], context: Any, _worker: Any) -> Any:
    """Procrastinate's hook around each task."""
    began = time.perf_counter()
    name = context.job.task_name if context.job.task_name in context.app.tasks else UNKNOWN
    outcome = "failed"
    try:
        with RUNNING.track_inprogress():
            result = await go_on()
        outcome = "succeeded"
        return result
    finally:
        SECONDS.labels(name, outcome).observe(time.perf_counter() - began)


def watch(app: Any) -> None:
    """Measure every task that a worker of this app runs."""
    app.worker_defaults.setdefault("worker_middleware", []).append(measure)
