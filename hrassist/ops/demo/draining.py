"""Worker processes for as long as a block lasts: the same tasks, run by the same code as the worker of the Procfile."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

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
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        # Started afresh, not forked: threads and locks of libraries loaded here would not survive a fork.
        for _ in range(self._workers):
            command = [sys.executable, "-m", "hrassist.ops.demo.worker", *self._queues]
            self._processes.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=_environment()))  # noqa: S603
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def require_alive(self) -> None:
        """Raise WorkerDied as soon as one has ended."""
        for process in self._processes:
            if process.poll() is not None:
                raise WorkerDied(exitcode=process.returncode)


def _environment() -> dict[str, str]:
    """Ours, with the database and the store that are in use here: a test has others than its settings say."""
    at = connection.settings_dict
    login = f"{quote(at['USER'], safe='')}:{quote(at['PASSWORD'], safe='')}"
    return {
        **os.environ,
        "HRASSIST_ENV": settings.ENVIRONMENT,
        "DATABASE_URL": f"postgresql://{login}@{at['HOST']}:{at['PORT']}/{quote(at['NAME'], safe='')}",
        "HRASSIST_STORAGE_DIR": str(settings.DISK_STORAGE_DIR),
    }
