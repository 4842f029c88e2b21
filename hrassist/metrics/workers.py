"""How worker processes of gunicorn ended: as they should, or hung, killed or broken."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import Counter

from hrassist.metrics.files import VARIABLE

ENDS = Counter("hrassist_worker_exits_total", "Ends of gunicorn's worker processes.", ["how"])
PLANNED, ABNORMAL = "planned", "abnormal"
# There from the start: a rate cannot see the first step of what was not there before.
for _how in (PLANNED, ABNORMAL):
    ENDS.labels(_how)


def _word(pid: int) -> Path | None:
    folder = os.environ.get(VARIABLE)
    return Path(folder) / f".planned-{pid}" if folder else None


def leave_word(pid: int) -> None:
    """Called in a worker that ends as it should."""
    if (word := _word(pid)) is not None:
        word.touch()


def count_end(pid: int) -> None:
    """Called in the master; a worker that left no word was killed, hung or broke."""
    word = _word(pid)
    if word is None:
        return
    planned = word.exists()
    word.unlink(missing_ok=True)
    ENDS.labels(PLANNED if planned else ABNORMAL).inc()
