"""A worker that ends with the process that started it: python -m hrassist.ops.demo.worker QUEUE…"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import django


def main(queues: list[str]) -> None:
    """Take tasks of these queues until SIGTERM, or until our parent is gone."""
    # Ctrl-C reaches the whole group: our parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=[os.getppid()], daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    django.setup()
    from procrastinate.contrib.django import app  # noqa: PLC0415  needs the loaded apps
    from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: PLC0415

    if not isinstance(app.connector, DjangoConnector):
        raise TypeError(f"The queue is not in Django's database but behind {app.connector!r}.")
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(queues=queues, concurrency=1, shutdown_graceful_timeout=10)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
