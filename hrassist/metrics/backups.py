"""How backups stand, read out of their places while nobody waits for it: where no timer leaves a file of figures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from django.db import connections
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from hrassist.metrics import machine
from hrassist.metrics.state import BROKEN, by
from hrassist.ops.backup import looks, metrics, status

logger = logging.getLogger(__name__)
# As often as the timer of a machine looks (deploy/vm/systemd/hrassist-backup-status.timer).
EVERY_SECONDS = 300


class BackupsCollector(Collector):
    """Gives what was read last; the first figures come once the places were read, which may take minutes.

    `once`: they are read now, and not again.
    """

    def __init__(self, *, once: bool = False, every: float = EVERY_SECONDS) -> None:
        self._every = every
        self._read: list[Metric] = []
        self._is_broken = False
        if once:
            self._look()
        else:
            threading.Thread(target=self._go_on, name="backups", daemon=True).start()

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._read
        yield by("hrassist_state_broken", BROKEN, "group", [("places", float(self._is_broken))])

    def _go_on(self) -> None:
        while True:
            self._look()
            connections.close_all()
            time.sleep(self._every)

    def _look(self) -> None:
        try:
            found = status.read()
            looks.leave(found)
            self._read = [*text_string_to_metric_families(metrics.prometheus(found)), *machine.backups()]
            self._is_broken = False
        except Exception as error:
            # What was read before stays, with the time that it was read at: an alert asks how old that is.
            logger.warning("The places of backups could not be read (%s).", type(error).__name__)
            self._is_broken = True
