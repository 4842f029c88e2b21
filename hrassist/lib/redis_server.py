"""The optional Redis: asked briefly, and left alone for a while after it did not answer. Nothing in it is missed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.core.signals import setting_changed

if TYPE_CHECKING:
    import redis

# It stands beside us: what takes longer is a failure, and a page must not wait for it.
OPTIONS = {"socket_connect_timeout": 0.25, "socket_timeout": 0.5, "retry_on_timeout": False}
# For so long it is not asked again, so that a dead one costs one page a quarter of a second and not every page.
REST_SECONDS = 5.0

T = TypeVar("T")
_rests_until = 0.0


def is_resting() -> bool:
    return time.monotonic() < _rests_until


def tried(ask: Callable[[], T], *, otherwise: T) -> T:
    """What Redis says, or this where it does not answer."""
    global _rests_until  # noqa: PLW0603  one server, one state of it in a process
    if is_resting():
        return otherwise
    import redis  # noqa: PLC0415  it takes a tenth of the start of every process, and most installations have none

    try:
        return ask()
    except redis.RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        return otherwise


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """One connection pool for each process."""
    import redis  # noqa: PLC0415  as above

    return redis.Redis.from_url(settings.REDIS_URL, **OPTIONS)


def answers() -> bool:
    """Whether it can be reached at this moment."""
    import redis  # noqa: PLC0415  as above

    try:
        return bool(client().ping())
    except redis.RedisError:
        return False


def forget(**_kwargs: object) -> None:
    """Connect anew at the next call: after settings changed in a test."""
    global _rests_until  # noqa: PLW0603  as above
    _rests_until = 0.0
    client.cache_clear()


setting_changed.connect(forget)


class DegradingCache(RedisCache):
    """Django's cache in Redis that is empty, and forgets what it is told, while Redis does not answer."""

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).add(*args, **kwargs), otherwise=True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return tried(lambda: super(DegradingCache, self).get(key, default, version), otherwise=default)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).set(*args, **kwargs), otherwise=None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).touch(*args, **kwargs), otherwise=False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).delete(*args, **kwargs), otherwise=False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).get_many(*args, **kwargs), otherwise={})

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).set_many(data, *args, **kwargs), otherwise=list(data))

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).delete_many(*args, **kwargs), otherwise=None)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return tried(lambda: super(DegradingCache, self).has_key(*args, **kwargs), otherwise=False)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        return tried(lambda: super(DegradingCache, self).incr(key, delta, version), otherwise=delta)

    def clear(self) -> Any:
        return tried(lambda: super(DegradingCache, self).clear(), otherwise=None)
