"""Limits that hold over all processes: one atomic statement per request, counted in PostgreSQL, or in Redis.

Where there is a Redis it counts, which takes a write off the database at each request. While it does not answer the
database counts: everybody then begins with a whole limit there, and no limit is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from hrassist.lib import redis_server, tally
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
# The same in Redis, by its own clock: allowed or not, and by how many seconds the mark is ahead.
_TAKE_IN_REDIS = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local step, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local ahead = math.max(0, (tonumber(redis.call('GET', KEYS[1])) or 0) - now)
if ahead + step > per then
  return {0, tostring(ahead)}
end
redis.call('SET', KEYS[1], string.format('%.6f', now + ahead + step), 'PX', math.ceil((ahead + step) * 1000))
return {1, tostring(ahead + step)}
"""
_LOOK = "SELECT extract(epoch FROM used_until - clock_timestamp()) FROM hrassist_throttle WHERE key = %s"

_MARK = "hrassist:throttle:"


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
    if settings.REDIS_URL:
        told = redis_server.tried(lambda: _in_redis(key, step=step, per=per), otherwise=None)
        if told is not None:
            allowed, ahead = told
            if allowed:
                return Verdict(True, limit, max(0, int((per - ahead) / step)), ceil(ahead))
            tally.add(tally.THROTTLED, name)
            return Verdict(False, limit, 0, max(1, ceil(ahead + step - per)))
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


def _in_redis(key: str, *, step: float, per: int) -> tuple[bool, float]:
    found: Any = redis_server.client().eval(_TAKE_IN_REDIS, 1, _MARK + key, repr(step), str(per))
    return bool(found[0]), float(found[1])


def forgive(name: str, who: str) -> None:
    """Give this person or address the whole limit back."""
    if settings.REDIS_URL:
        redis_server.tried(lambda: redis_server.client().delete(_MARK + _key(name, who)), otherwise=None)
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
