"""Counting per hour what was refused, by what it was and never by whom."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import Error, connection, transaction

from hrassist.lib.dbactor import UNNAMED

logger = logging.getLogger(__name__)

THROTTLED, POLICY, EGRESS = "throttled", "policy", "egress"
LONGEST = 160
KEPT = timedelta(days=32)

_ADD = (
    UNNAMED
    + """
INSERT INTO hrassist_tally AS t (kind, hour, what, count)
VALUES (%s, date_trunc('hour', clock_timestamp()), %s, 1)
ON CONFLICT (kind, hour, what) DO UPDATE SET count = t.count + 1
"""
)


def add(kind: str, what: str) -> None:
    """Count one more; what cannot be counted is logged and stays refused all the same."""
    try:
        # A block of its own: a failure must not spoil the transaction that it may stand in.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ADD, [kind, what[:LONGEST]])
    except Error:
        logger.exception("a refusal (%s) could not be counted", kind)


def since(kind: str, when: datetime) -> dict[str, int]:
    """How often each was counted in the hours from `when` on, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT what, sum(count) FROM hrassist_tally"
            " WHERE kind = %s AND hour >= date_trunc('hour', %s::timestamptz)"
            " GROUP BY what ORDER BY sum(count) DESC, what",
            [kind, when],
        )
        return {str(what): int(count) for what, count in cursor.fetchall()}


def forget(*, before: datetime) -> int:
    """Remove counters of hours before that moment; gives their number."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hrassist_tally WHERE hour < %s", [before])
        return int(cursor.rowcount)
