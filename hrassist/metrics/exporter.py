"""The small server that Prometheus asks: /metrics and nothing else, on a port that nobody outside reaches."""

from __future__ import annotations

import hmac
import ipaddress
import os
import socketserver
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.db import connections
from prometheus_client import CollectorRegistry, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from hrassist.metrics import machine, people  # noqa: F401  they register their groups
from hrassist.metrics.backups import BackupsCollector
from hrassist.metrics.shared import SharedCollector
from hrassist.metrics.state import STATEMENT_SECONDS, StateCollector

Start = Callable[[str, list[tuple[str, str]]], Any]
SECONDS_TO_SEND = 10


class _Build(Collector):
    """Which version runs, and since when this exporter does."""

    def __init__(self) -> None:
        self.began = time.time()

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("hrassist_build_info", "Always 1.", labels=["version", "environment"])
        build.add_metric([settings.VERSION, settings.ENVIRONMENT], 1)
        yield build
        yield GaugeMetricFamily("hrassist_exporter_start_time_seconds", "When the exporter started.", value=self.began)


def registry(*, only: str = "all", once: bool = False) -> CollectorRegistry:
    """All figures of this machine; or those of its `processes` alone, or of the `state` that the database knows.

    `backups` are read out of their places, by a process that has the key of them; on one machine a timer does that.
    """
    found = CollectorRegistry()
    found.register(_Build())
    if only in {"all", "processes"}:
        found.register(SharedCollector(settings.METRICS_DIR))
    if only in {"all", "state"}:
        found.register(StateCollector())
    if only == "backups":
        found.register(BackupsCollector(once=once))
    ProcessCollector(registry=found)
    PlatformCollector(registry=found)
    return found


def application(of: CollectorRegistry, *, token: str) -> Callable[[dict[str, Any], Start], list[bytes]]:
    """WSGI: GET /metrics, with `Authorization: Bearer` where there is a token."""

    def answer(environ: dict[str, Any], start: Start) -> list[bytes]:
        given = environ.get("HTTP_AUTHORIZATION", "")
        if environ["PATH_INFO"] != "/metrics":
            return _short(start, "404 Not Found")
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _short(start, "405 Method Not Allowed")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return _short(start, "401 Unauthorized")
        encode, kind = choose_encoder(environ.get("HTTP_ACCEPT", ""))
        body = encode(of)
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
        return [body]

    return answer


def _short(start: Start, status: str) -> list[bytes]:
    start(status, [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
    return [f"{status[4:]}\n".encode()]


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(WSGIRequestHandler):
    timeout = SECONDS_TO_SEND

    def log_message(self, format: str, *args: Any) -> None:
        """A scrape every fifteen seconds is no news."""


def is_internal(host: str) -> bool:
    """Whether only this machine or its private network reaches that address."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not address.is_unspecified)


def limit_statements() -> None:
    """No figure may hold the database up."""
    for alias in connections:
        options = connections.settings[alias].setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} -c statement_timeout={STATEMENT_SECONDS}s".strip()


def server(host: str, port: int, *, token: str, only: str = "all") -> _Server:
    """Bound and ready to serve."""
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    limit_statements()
    made = make_server(
        host, port, application(registry(only=only), token=token), server_class=_Server, handler_class=_Handler
    )
    assert isinstance(made, _Server)  # noqa: S101  make_server gives what it was asked for
    return made
