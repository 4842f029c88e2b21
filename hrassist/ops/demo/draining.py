"""Worker processes for as long as a block lasts: the same tasks, run by the same code as the worker of the Procfile."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess, parent_process
from types import TracebackType
from typing import Self

from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from hrassist.lib.errors import Unavailable


class WorkerDied(Unavailable):
    """A worker process ended by itself; its own message stands above."""

    code = "worker_died"
    default_message = "A worker ended by itself with code {exitcode}; its message stands above. Run it again to go on."


class Drain:
    """`workers` processes that take tasks of these queues; they end with the block, or with us if we are killed."""

    def __init__(self, *, queues: list[str], workers: int):
        self._queues = queues
        self._workers = workers
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Self:
        # Forked, so that everything imported is shared; a connection must never be used by two processes.
        connections.close_all()
        context = multiprocessing.get_context("fork")
        for _ in range(self._workers):
            process = context.Process(target=_work, kwargs={"queues": self._queues})
            process.start()
            self._processes.append(process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(15)
            if process.is_alive():
                process.kill()
                process.join()

    def require_alive(self) -> None:
        """Raise WorkerDied as soon as one has ended."""
        for process in self._processes:
            if process.exitcode is not None:
                raise WorkerDied(exitcode=process.exitcode)


def _work(*, queues: list[str]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl-C reaches the whole group: our parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if not isinstance(app.connector, DjangoConnector):
        raise TypeError(f"The queue is not in Django's database but behind {app.connector!r}.")
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(queues=queues, concurrency=1, shutdown_graceful_timeout=10)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
