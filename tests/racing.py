"""Several people at the same rows at the same moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from hrassist.lib.errors import Conflict


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of these gave, or the conflict it met; all begin together."""
    begin = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        begin.wait(10)
        try:
            return work()
        except Conflict as conflict:
            return conflict
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
