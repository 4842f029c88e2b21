"""Limits that hold over all processes: one atomic statement per request, counted in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.db import connection
from django.utils.crypto import salted_hmac

from hrassist.lib import tally
from hrassist.lib.dbactor import UNNAMED

# The generic cell rate algorithm: each request moves a mark ahead of the clock by per/limit seconds, and a mark may be
# at most `per` ahead. It slides, so no moment lets twice the limit through, and a refused request costs nothing.
_TAKE = (
    UNNAMED
    + """
INSERT INTO hrassist_throttle AS t (key, used_until)
VALUES (%(key)s, clock_timestamp() + %(step)s * interval '1 second')
ON CONFLICT (key) DO UPDATE
SET used_until = greatest(t.used_until, clock_timestamp()) + %(step)s * interval '1 second'
WHERE greatest(t.used_until, clock_timestamp()) + %(step)s * interval '1 second'
   <= clock_timestamp() + %(per)s * interval '1 second'
RETURNING extract(epoch FROM used_until - clock_timestamp())
"""
)
_LOOK = "SELECT extract(epoch FROM used_until - clock_timestamp()) FROM hrassist_throttle WHERE key = %s"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more request is allowed now, and how many could follow at once.

    `reset` is in seconds: after a refusal until the next request is allowed, otherwise until the whole limit is free.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int


def take(name: str, who: str, *, limit: int, per: int) -> Verdict:
    """Use one of `limit` requests per `per` seconds that this person or address has under this name.

    The first ones may come at once; then one is allowed each per/limit seconds. Nobody is shut out for longer.
    """
    key, step = _key(name, who), per / limit
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "step": step, "per": per})
        row = cursor.fetchone()
        if row is not None:
            ahead = float(row[0])
            return Verdict(True, limit, max(0, int((per - ahead) / step)), ceil(ahead))
        cursor.execute(_LOOK, [key])
        row = cursor.fetchone()
    ahead = float(row[0]) if row else 0.0
    tally.add(tally.THROTTLED, name)
    return Verdict(False, limit, 0, max(1, ceil(ahead + step - per)))


def forgive(name: str, who: str) -> None:
    """Give this person or address the whole limit back."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hrassist_throttle WHERE key = %s", [_key(name, who)])


def sweep() -> int:
    """Remove marks that the clock has passed, which mean nothing any more; gives their number."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hrassist_throttle WHERE used_until < clock_timestamp()")
        return int(cursor.rowcount)


def _key(name: str, who: str) -> str:
    # A keyed hash: the table must not become a list of user names and addresses.
    return salted_hmac("hrassist.throttle", f"{name}\0{who}", algorithm="sha256").hexdigest()
