"""Serve this machine's figures to Prometheus."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.metrics import exporter


class Command(BaseCommand):
    help = "Serve the figures of web, stream, worker and database at /metrics until it is told to end."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:9108", metavar="HOST:PORT", help="default 127.0.0.1:9108")
        parser.add_argument(
            "--only", choices=["all", "processes", "state", "backups"], default="all",
            help="processes beside each pod that counts, state once for all of them, backups where their key is.",
        )  # fmt: skip
        parser.add_argument("--once", action="store_true", help="Print the figures once instead.")

    def handle(self, *_args: Any, bind: str, once: bool, only: str, **_options: Any) -> None:
        if once:
            from prometheus_client import generate_latest  # noqa: PLC0415  only for this

            exporter.limit_statements()
            self.stdout.write(generate_latest(exporter.registry(only=only, once=True)).decode(), ending="")
            return
        host, separator, port = bind.rpartition(":")
        host = host.strip("[]")
        if not (separator and host and port.isdecimal() and int(port) < 65_536):
            raise CommandError(f"{bind!r} is no address. Write HOST:PORT, for example 127.0.0.1:9108.")
        if not exporter.is_internal(host) and not settings.METRICS_TOKEN:
            self.stderr.write(
                f"Everybody who reaches {host} may read the figures. Shut the port off by a firewall or network policy,"
                " or set HRASSIST_METRICS_TOKEN."
            )
        try:
            server = exporter.server(host, int(port), token=settings.METRICS_TOKEN, only=only)
        except OSError as error:
            raise CommandError(f"{bind} cannot be used: {error.strerror}.") from error
        # shutdown() waits for the loop that a signal interrupts.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        self.stdout.write(f"Figures at http://{bind}/metrics")
        self.stdout.flush()
        with server:
            server.serve_forever()
