"""What the database is asked and how long it takes: for all, and within one request."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.signals import got_request_exception
from django.db import Error, connections
from django.db.backends.signals import connection_created
from prometheus_client import Counter, Histogram

SECONDS = Histogram(
    "hrassist_database_statement_seconds",
    "How long statements took, with the way there and back.",
    ["verb"],
    buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 2, 5, 15),
)
ERRORS = Counter("hrassist_database_errors_total", "Statements that the database ended with an error.", ["kind"])
REFUSED = Counter("hrassist_database_refused_total", "Requests that got no connection to the database.", ["why"])

VERBS = ("select", "insert", "update", "delete", "other")
_seconds = {verb: SECONDS.labels(verb) for verb in VERBS}
# SQLSTATE, longest prefix first.
_KINDS = {
    "57014": "timeout", "57": "shutdown", "40P01": "deadlock", "40": "serialization", "55P03": "lock",
    "53": "resources", "23": "constraint", "08": "connection",
}  # fmt: skip
KINDS = (*sorted(set(_KINDS.values())), "other")
_FULL = re.compile(
    r"too many (clients|connections)|connection slots|no more connections|query_wait_timeout", re.IGNORECASE
)
WHYS = ("full", "away")
# There from the start: a rate cannot see the first step of what was not there before.
for _why in WHYS:
    REFUSED.labels(_why)


@dataclass(slots=True)
class Asked:
    """How often the database was asked, and how long that took in all."""

    count: int = 0
    seconds: float = 0.0


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what the block asks the database."""
    asked = Asked()
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


def measure(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's hook around each statement."""
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except Error as error:
        ERRORS.labels(kind_of(error)).inc()
        raise
    finally:
        took = time.perf_counter() - began
        verb = sql.lstrip()[:6].lower() if isinstance(sql, str) else "other"
        _seconds.get(verb, _seconds["other"]).observe(took)
        if (asked := _asked.get()) is not None:
            asked.count += 1
            asked.seconds += took


def kind_of(error: BaseException) -> str:
    """One of KINDS, by the SQLSTATE that PostgreSQL gave."""
    state = str(getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None) or "")
    return next((kind for prefix, kind in _KINDS.items() if state.startswith(prefix)), "other")


def why_refused(error: BaseException | None) -> str:
    """One of WHYS where no connection was had, otherwise nothing."""
    if error is None or type(error).__name__ != "OperationalError":
        return ""
    said = str(error)
    if _FULL.search(said):
        return "full"
    state = getattr(error.__cause__, "sqlstate", None)
    return "away" if state is None and "connection" in said else ""


def _broke(**_kwargs: Any) -> None:
    if why := why_refused(sys.exception()):
        REFUSED.labels(why).inc()


def _connected(*, connection: Any, **_kwargs: Any) -> None:
    if measure not in connection.execute_wrappers:
        # Before those of a request that is under way: each takes the last one off when it ends.
        connection.execute_wrappers.insert(0, measure)


def watch() -> None:
    """Measure every connection of this process, also those that are open already."""
    connection_created.connect(_connected, dispatch_uid="hrassist.metrics.statements")
    got_request_exception.connect(_broke, dispatch_uid="hrassist.metrics.refused")
    for one in connections.all(initialized_only=True):
        _connected(connection=one)
