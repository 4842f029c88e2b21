"""Whether restores take longer from drill to drill, and when they will take too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median

# Fewer, or closer to each other, show how busy the machine was.
LEAST = 4
LEAST_SPAN = timedelta(days=14)


def passes(measured: Sequence[tuple[datetime, float]], *, limit: float) -> timedelta | None:
    """In how much time after the newest of these a restore takes `limit` seconds; None where it does not come nearer.

    The pace is the median of the paces between any two, which one slow night does not move.
    """
    points = sorted(measured)
    if len(points) < LEAST or points[-1][0] - points[0][0] < LEAST_SPAN:
        return None
    paces = [
        (later - earlier) / (then - before).total_seconds()
        for (before, earlier), (then, later) in combinations(points, 2)
        if then > before
    ]
    pace = median(paces)
    if pace <= 0:
        return None
    # Where the line stands now: the newest may have been a slow night too.
    newest = points[-1][0]
    now = median(seconds + pace * (newest - at).total_seconds() for at, seconds in points)
    return timedelta(seconds=min(max(limit - now, 0.0) / pace, timedelta(days=3650).total_seconds()))
