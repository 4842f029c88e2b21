"""What the database knows of the site's state, asked when Prometheus scrapes and kept for some seconds.

An app's question is a `Group`: a name, a function that gives metrics, and for how long its answer is good. A group that
breaks is left out and told as such; a stale figure would be taken for a fresh one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass

from django.conf import settings
from django.db import close_old_connections, connection
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)
# Prometheus gives up after ten.
PATIENCE = 8.0
STATEMENT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Some figures that are asked together; `seconds` is for how long they are kept, None for the usual ten."""

    name: str
    ask: Callable[[], Iterable[Metric]]
    seconds: float | None = None


_groups: dict[str, Group] = {}


def add(group: Group) -> None:
    """Have this group asked; the same name again replaces it."""
    _groups[group.name] = group


def gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    """A gauge without labels."""
    return GaugeMetricFamily(name, told, value=value)


def by(name: str, told: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    """A gauge with one label."""
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, count in values:
        family.add_metric([value], count)
    return family


class StateCollector(Collector):
    """Asks all groups in one thread with one connection, however many scrape at once."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")
        self._kept: dict[str, tuple[float, list[Metric]]] = {}

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        asked = self._thread.submit(self._collect)
        try:
            yield from asked.result(timeout=PATIENCE)
        except TookTooLong:
            asked.cancel()
            yield by("hrassist_state_broken", BROKEN, "group", [(name, 1) for name in sorted(_groups)])

    def _collect(self) -> list[Metric]:
        close_old_connections()
        found: list[Metric] = []
        broken: list[tuple[str, float]] = []
        took: list[tuple[str, float]] = []
        for group in sorted(_groups.values(), key=lambda one: one.name):
            began = time.perf_counter()
            metrics = self._of(group)
            broken.append((group.name, float(metrics is None)))
            took.append((group.name, time.perf_counter() - began))
            found += metrics or []
        found.append(by("hrassist_state_broken", BROKEN, "group", broken))
        found.append(by("hrassist_state_seconds", "How long it took to ask a group of figures.", "group", took))
        return found

    def _of(self, group: Group) -> list[Metric] | None:
        seconds = settings.METRICS_SECONDS if group.seconds is None else group.seconds
        at, metrics = self._kept.get(group.name, (0.0, []))
        if at and time.monotonic() - at < seconds:
            return metrics
        try:
            metrics = list(group.ask())
        except Exception as error:
            # What it quotes may be somebody's; the kind of error is enough to look it up.
            logger.warning("The figures of %s could not be asked (%s).", group.name, type(error).__name__)
            self._kept.pop(group.name, None)
            connection.close_if_unusable_or_obsolete()
            return None
        self._kept[group.name] = (time.monotonic(), metrics)
        return metrics


BROKEN = "Whether a group of figures could not be asked; then it is left out."
