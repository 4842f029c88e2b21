"""How long each view takes, what it answers, and how much of it is the database."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Gauge, Histogram, Summary

from hrassist.metrics import statements

# Two seconds are what an alert asks about, so they are an edge.
EDGES = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
SECONDS = Histogram(
    "hrassist_http_request_seconds",
    "How long a request took until its answer began. Streams, files and uploads are labelled out.",
    ["view", "method", "stream"],
    buckets=EDGES,
)
# Without labels, so that they are there from the start: a rate cannot see the first step of what was not there before.
REQUESTS = Counter("hrassist_http_requests_total", "Requests that were answered.")
FAILED = Counter("hrassist_http_requests_failed_total", "Those of them that were answered with a status of 5xx.")
ANSWERS = Counter(
    "hrassist_http_responses_total", "Answers by the class of their status.", ["view", "method", "status"]
)
RUNNING = Gauge("hrassist_http_requests_running", "Requests that are being answered.", multiprocess_mode="livesum")
DATABASE = Summary("hrassist_http_request_database_seconds", "Time in the database for each request.", ["view"])
QUERIES = Summary("hrassist_http_request_statements", "Statements for each request.", ["view"])

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines; they would drown what people wait for.
OF_MACHINES = frozenset({"hrassist.health.livez", "hrassist.health.readyz"})
UPLOADS = frozenset({"storage-incoming"})
SERVER_ERROR = 500
NO_VIEW, STATIC = "none", "static"


class MetricsMiddleware:
    """Stands before all others and counts what leaves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        with RUNNING.track_inprogress(), statements.counted() as asked:
            response = self.get_response(request)
        view = view_of(request)
        if view not in OF_MACHINES:
            method = request.method if request.method in METHODS else "other"
            stream = "yes" if response.streaming or view in UPLOADS or view == STATIC else "no"
            SECONDS.labels(view, method, stream).observe(time.perf_counter() - began)
            REQUESTS.inc()
            if response.status_code >= SERVER_ERROR:
                FAILED.inc()
            ANSWERS.labels(view, method, f"{response.status_code // 100}xx").inc()
            DATABASE.labels(view).observe(asked.seconds)
            QUERIES.labels(view).observe(asked.count)
        return response


def view_of(request: HttpRequest) -> str:
    """The name of the view; what no address of ours led to has none, so that nobody can invent labels."""
    match = request.resolver_match
    if match is not None:
        return match.view_name
    return STATIC if request.path.startswith(settings.STATIC_URL) else NO_VIEW
