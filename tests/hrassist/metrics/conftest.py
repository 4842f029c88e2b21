"""Figures that are asked for by a test are asked for in its own thread."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from django.db import connection, connections

from hrassist.metrics import state


@pytest.fixture
def one_thread(monkeypatch):
    """Ask in the test's own thread: its transaction is seen by no other."""

    class Here:
        def submit(self, what: Any) -> Any:
            done: Future[Any] = Future()
            done.set_result(what())
            return done

    monkeypatch.setattr(state, "ThreadPoolExecutor", lambda **_kwargs: Here())
    monkeypatch.setattr(state, "close_old_connections", lambda: None)
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    # The command limits all statements of its process, and that is every later test's too.
    for alias in connections:
        options = dict(connections.settings[alias].get("OPTIONS", {}))
        monkeypatch.setitem(connections.settings[alias], "OPTIONS", options)
