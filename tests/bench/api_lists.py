"""What the API costs beside the least that could answer: python -m tests.bench.api_lists, or make bench.

The floor is a bare WSGI function that runs the very statements of our answer on psycopg, in one transaction, and writes
the rows with orjson: no framework, no models, no checks, no signature. Both run in this process by turns, so that
whoever else is on the machine slows both; CPU time is counted, which leaves the database's own out. Makes a database of
20,000 candidates for itself and drops it. With --strict a missed bound ends with code 1.
"""

from __future__ import annotations

import gc
import io
import os
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django
import orjson
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from hrassist.lib import devdb

CANDIDATES = 20_000
# How many times the floor an answer may cost, by the design: a list three times, what makes a row three and a half
# times; one row 700 times a second where the floor answers 2,500 times.
LIST, CREATE, RETRIEVE = 3.0, 3.5, 3.6
ROUNDS, REQUESTS = 7, 30
Statement = tuple[str, Any]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
TICKET = {"filename": "cv.pdf", "size": 1000, "content_type": "application/pdf", "md5_b64": "1B2M2Y8AsgTpgAmY7PhCfg=="}


def environ(method: str, address: str, *, token: str, body: Any = None) -> dict[str, Any]:
    path, _, query = address.partition("?")
    sent = orjson.dumps(body) if body is not None else b""
    return {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent)), "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(sent), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def ask(app: Wsgi, request: dict[str, Any]) -> bytes:
    """The body of an answer that must be a 2xx."""
    statuses: list[str] = []
    answer = app(request, lambda status, _headers: statuses.append(status))
    body = b"".join(answer)
    if close := getattr(answer, "close", None):
        close()
    if not statuses[0].startswith("2"):
        raise SystemExit(f"{request['REQUEST_METHOD']} {request['PATH_INFO']}: {statuses[0]} {body[:500]!r}")
    return body


class Floor:
    """Runs the statements and writes the rows of the last one that gave any; nothing else."""

    def __init__(self, database: str, first: list[Statement], second: list[Statement]) -> None:
        self.connection = psycopg.connect(database, row_factory=dict_row, cursor_factory=psycopg.ClientCursor)
        self.statements = first
        # What differs between two answers to the same request was made by it, and has to be new in each.
        self.fresh = {
            before
            for (_, one), (_, other) in zip(first, second, strict=True)
            if isinstance(one, list)
            for before, after in zip(one, other, strict=True)
            if isinstance(before, UUID | str) and before != after
        }

    def __call__(self, _environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        new = {old: uuid4() if isinstance(old, UUID) else f"{old[:-36]}{uuid4()}" for old in self.fresh}
        rows: list[dict[str, Any]] = []
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for sql, said in self.statements:
                cursor.execute(sql, self._renewed(said, new) if new and isinstance(said, list) else said)
                rows = cursor.fetchall() if cursor.description else rows
        body = orjson.dumps({"results": rows}, default=str)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def _renewed(said: list[Any], new: dict[UUID | str, UUID | str]) -> list[Any]:
        return [new.get(one, one) if isinstance(one, UUID | str) else one for one in said]


def statements_of(app: Wsgi, request: Callable[[], dict[str, Any]]) -> list[Statement]:
    """What our answer asked of the database, on both of its connections, in order."""
    from django.db import connections

    seen: list[Statement] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        seen.append((sql, list(params) if isinstance(params, tuple) else params))
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for alias in ("default", "audit"):
            stack.enter_context(connections[alias].execute_wrapper(record))
        ask(app, request())
    return seen


def connect_as_owner() -> None:
    """Let the settings that are read next have the role that may make a database beside development's."""
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = devdb.urls(Path(os.environ.get("HRASSIST_VAR_DIR", "var")) / "devdb").owner


@contextmanager
def own_database() -> Iterator[str]:
    """A database beside that of the environment; gives its address."""
    from django.db import connections
    from django.test.utils import setup_databases, teardown_databases

    mine = connections["default"].settings_dict
    mine["TEST"]["NAME"] = f"bench_{mine['NAME']}"
    made = setup_databases(verbosity=0, interactive=False, aliases={"default", "audit"})
    try:
        yield make_conninfo(
            host=mine["HOST"], port=mine["PORT"], user=mine["USER"], password=mine["PASSWORD"], dbname=mine["NAME"]
        )
    finally:
        connections.close_all()
        teardown_databases(made, verbosity=0)


def fill() -> tuple[str, UUID]:
    """Candidates by COPY, jobs and applications by the factories; gives a recruiter's token and one person's id."""
    from django.db import connection
    from django.utils import timezone

    from hrassist.lib.ids import uuid7
    from jobs.models import Application
    from tests.factories import JobFactory, UserFactory, api_token

    chance, now = random.Random(7), timezone.now()
    people = [uuid7() for _ in range(CANDIDATES)]
    columns = "id, external_id, full_name, headline, city, country, source, created_at, updated_at, last_activity_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY candidates_candidate ({columns}) FROM STDIN") as rows:
        for number, person in enumerate(people):
            at = now - timedelta(minutes=CANDIDATES - number)
            rows.write_row(
                (person, "", f"Jane Doe {number}", "Staff Engineer", "Berlin", "DE", "Careers page", at, at, at)
            )
    recruiter = UserFactory(username="bench", role="Recruiter")
    jobs = [JobFactory(confidential=number % 10 == 0) for number in range(40)]
    Application.objects.bulk_create(
        Application(candidate_id=person, job=job, stage=job.stages.first())
        for job in jobs
        for person in chance.sample(people, 50)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return api_token(recruiter), Application.objects.filter(job__confidential=False).first().candidate_id


def compare(*, ours: Wsgi, floor: Wsgi, request: Callable[[], dict[str, Any]]) -> tuple[float, float]:
    """What an answer costs us and the floor, in milliseconds."""
    spent: dict[str, list[float]] = {"ours": [], "floor": []}
    for turn in range(ROUNDS):
        for label, app in (("ours", ours), ("floor", floor)):
            requests = [request() for _ in range(REQUESTS)]
            began = time.process_time()
            for one in requests:
                ask(app, one)
            # The first turn warms both up.
            if turn:
                spent[label].append((time.process_time() - began) / REQUESTS * 1000)
    mine, least = (statistics.median(spent[label]) for label in ("ours", "floor"))
    return mine, least


def missed(name: str, *, mine: float, least: float, bound: float) -> str:
    """A sentence where an answer costs more than so many times the floor; empty where it does not."""
    # As it is told: to a tenth, which is what another run finds again.
    ratio = round(mine / least, 1)
    return f"{name}: {ratio:.1f} times the floor, and the bound is {bound:.1f}." if ratio > bound else ""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    warnings.filterwarnings("ignore", "No directory at")  # static files are not part of this
    connect_as_owner()
    django.setup()

    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.DEBUG = False
    settings.API_REQUESTS_PER_MINUTE = 10**6
    settings.UPLOAD_OPEN_TICKETS_PER_USER = settings.UPLOAD_BYTES_PER_USER_DAY = 10**12
    with own_database() as database:
        token, person = fill()
        ours = WSGIHandler()
        # As the web process does it: whoever comes next does not look for garbage in what was loaded.
        gc.collect()
        gc.freeze()
        sys.stdout.write(f"{'CPU ms per request':<24}{'floor':>10}{'ours':>10}{'ratio':>8}{'bound':>8}\n")
        trouble = []
        for name, bound, method, address, body in (
            ("list of 25 candidates", LIST, "GET", "/api/v1/candidates?limit=25", None),
            ("list of 25 applications", LIST, "GET", "/api/v1/applications?limit=25", None),
            ("one candidate", RETRIEVE, "GET", f"/api/v1/candidates/{person}", None),
            ("upload ticket", CREATE, "POST", "/api/v1/uploads", TICKET),
        ):

            def request(method: str = method, address: str = address, body: Any = body) -> dict[str, Any]:
                return environ(method, address, token=token, body=body)

            ask(ours, request())
            seen = [statements_of(ours, request) for _ in range(2)]
            floor = Floor(database, *seen)
            with floor.connection:
                mine, least = compare(ours=ours, floor=floor, request=request)
            sys.stdout.write(f"{name:<24}{least:>10.2f}{mine:>10.2f}{mine / least:>8.1f}{bound:>8.1f}\n")
            sys.stdout.flush()
            trouble.append(missed(name, mine=mine, least=least, bound=bound))
    if "--strict" in sys.argv and any(trouble):
        sys.exit("\n".join(filter(None, trouble)))


if __name__ == "__main__":
    main()
