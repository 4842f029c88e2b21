"""Which seal covers which events, for a page of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from audit.sealing import canonical

# So many seals overlap at one place at most: transactions that were open at the same time.
OVERLAPPING = 20


@dataclass(frozen=True, slots=True)
class Covering:
    seq: int
    sealed_at: datetime


def covering(ids: Sequence[int]) -> dict[int, Covering]:
    """The seal of each of these events that has one; a single query, whatever lies between them."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event.id, near.seq, near.sealed_at, near.ids FROM unnest(%s::bigint[]) AS event (id)
            CROSS JOIN LATERAL (
                SELECT seq, sealed_at, ids, last_id FROM audit_seal
                WHERE first_id IS NOT NULL AND first_id <= event.id ORDER BY first_id DESC LIMIT %s
            ) AS near WHERE near.last_id >= event.id
            """,
            [list(ids), OVERLAPPING],
        )
        found: dict[int, Covering] = {}
        for key, seq, sealed_at, ranges in cursor.fetchall():
            if any(first <= key <= last for first, last in canonical.ranges(ranges)):
                found[key] = Covering(seq=seq, sealed_at=sealed_at)
    return found
