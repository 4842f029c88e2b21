"""Fifty clients on the web process as it is shipped: people at work in the admin, programs on the API: make load.

Over a database of its own with a workload in it, gunicorn is started as the Procfile says, with the settings of
production. First everybody thinks between two requests, as config/capacity.toml says people do, and counts how long
each waits; then all of them read lists of the API as fast as they are answered. Ends with code 1 on any request that
fails; with --strict also on a missed p99 or on too few lists a second.

    python -m tests.load.site [--clients N] [--seconds N] [--think SECONDS] [--candidates N] [--nginx] [--strict]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
import psycopg

from hrassist.lib import devdb
from hrassist.ops import capacity
from tests.bench import admin_pages
from tests.bench.admin_pages_worker import cpu_of
from tests.load import judging
from tests.load.processes import children, cpu_seconds, free_port, of_procfile
from tests.load.streams import cookie_of, say

DATABASE = "hrassist_load"
NAME = "hr.example.com"
# Of five clients one is a program, which asks five times a second; fifty clients are 58 requests a second with it.
ONE_PROGRAM_IN, PAUSE = 5, 0.2
WARM_SECONDS = 10
# What of each kind of page in config/capacity.toml's mix is which page.
WITHIN = {
    "list": {"list": 60, "search": 40},
    "person": {"person": 75, "board": 25},
    "dashboard": {"dashboard": 100},
}


def drop(owner: str) -> None:
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')


@contextlib.contextmanager
def own_database(*, candidates: int) -> Iterator[devdb.Urls]:
    """A database that is made for this run; production's, so that the web process starts as it does there."""
    # Development's server, which knows both roles, and no other that the environment names.
    os.environ.pop("DATABASE_URL", None)
    at = devdb.urls()
    drop(at.owner)
    jobs, applications = max(20, candidates // 20), candidates * 2
    # Whoever is done with the server stops it, unless somebody else is connected.
    with psycopg.connect(at.owner, autocommit=True):
        try:
            admin_pages.ensure(DATABASE, candidates=candidates, jobs=jobs, applications=applications)
            yield devdb.Urls(app=_renamed(at.app), owner=_renamed(at.owner))
        finally:
            drop(at.owner)


def _renamed(url: str) -> str:
    return f"{url.rpartition('/')[0]}/{DATABASE}"


def settings_of(urls: devdb.Urls, folder: Path, *, nginx: bool) -> dict[str, str]:
    """The environment of a production, but for what this machine does not have: TLS of its own and second factors."""
    return {
        "HRASSIST_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": urls.app,
        "ALLOWED_HOSTS": NAME,
        "HRASSIST_TRUSTED_PROXIES": "1",
        "HRASSIST_REQUIRE_MFA": "off",
        "HRASSIST_VAR_DIR": str(folder),
        "HRASSIST_STATIC_ROOT": str(folder / "static"),
        # One that reads as fast as it can would meet it, and a refusal is no answer.
        "HRASSIST_API_REQUESTS_PER_MINUTE": "1000000",
        **({"HRASSIST_WEB_BIND": f"unix:{folder}/web.sock"} if nginx else {"HRASSIST_PORT": str(free_port())}),
    }


def prepare(settings: dict[str, str], *, owner: str) -> None:
    """Collect the static files, whose names every page asks for, and let the database be production's."""
    development = {"HRASSIST_ENV": "development", "HRASSIST_STATIC_ROOT": settings["HRASSIST_STATIC_ROOT"]}
    admin_pages.run("collectstatic", "--noinput", "--verbosity=0", **development)
    admin_pages.run("claim_database", "--from=development", "--skip-checks", **settings, HRASSIST_DB_OWNER_URL=owner)


@dataclass(frozen=True, slots=True)
class Known:
    """Who signs in, with which tokens programs come, and where there is something to see."""

    cookies: list[str]
    tokens: list[str]
    pages: dict[str, list[str]]
    candidates: list[str]


def seen_by_all(users: list[Any], rows: Any) -> list[Any]:
    """Of these rows those that nobody is refused: a refusal is no answer."""
    seen = list(rows)
    for user in users:
        visible = rows.model.objects.visible_to(user).filter(pk__in=[one.pk for one in seen])
        keys = set(visible.values_list("pk", flat=True))
        seen = [one for one in seen if one.pk in keys]
    return seen


def known(*, people: int, programs: int) -> Known:
    """Recruiters' sessions and tokens, one for each client; pages of the newest people and of the fullest jobs."""
    from django.db.models import Count
    from django.urls import reverse

    from candidates.models import Candidate
    from hrassist.models import User
    from jobs.models import Job
    from tests.factories import api_token

    recruiters = list(User.objects.filter(username__startswith="workload.recruiter").order_by("pk"))
    newest = Candidate.objects.filter(merged_into=None, applications__isnull=False).order_by("-created_at", "-pk")
    persons = seen_by_all(recruiters, newest.distinct()[:400])
    fullest = Job.objects.filter(status=Job.Status.OPEN).annotate(count=Count("applications")).order_by("-count", "pk")
    boards = seen_by_all(recruiters, fullest[:30])
    lists = [reverse(f"admin:{one}_changelist") for one in ("candidates_candidate", "jobs_application", "jobs_job")]
    words = {one.full_name.split()[-1] for one in persons[:60]} | {"skill:python", "stage:offer", "resume:experience"}
    return Known(
        cookies=[cookie_of(recruiters[number % len(recruiters)]) for number in range(people)],
        tokens=[api_token(recruiters[number % len(recruiters)]) for number in range(programs)],
        pages={
            "list": [*lists, lists[0] + "?added=30", lists[1] + "?status__exact=active"],
            "search": [f"{lists[0]}?q={word}" for word in sorted(words)],
            "person": [reverse("admin:candidates_candidate_change", args=[one.pk]) for one in persons],
            "board": [reverse("admin:jobs_job_pipeline", args=[one.pk]) for one in boards],
            "dashboard": [reverse("admin:index")],
        },
        candidates=[str(one.pk) for one in persons],
    )


def mixed(mix: dict[str, int]) -> dict[str, float]:
    """The mix that capacity is reckoned with, page by page."""
    return {page: mix[kind] * share / 100 for kind, pages in WITHIN.items() for page, share in pages.items()}


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds of processor until now: of the web process, the database, the clients, and of all there is."""

    web: float
    database: float
    clients: float
    machine: float

    @classmethod
    def read(cls, *, web: int, clients: int, database: str) -> Clock:
        with psycopg.connect(database) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
        busy = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        # user, nice, system, irq, softirq, steal; the fourth and fifth are idle and waiting for disks.
        ticks = sum(int(one) for at, one in enumerate(busy[:8]) if at not in {3, 4})
        return cls(
            web=sum(map(cpu_seconds, (web, *children(web)))),
            database=sum(_still_there(pid) for (pid,) in found) / 1000,
            clients=cpu_seconds(clients),
            machine=ticks / os.sysconf("SC_CLK_TCK"),
        )

    def since(self, before: Clock) -> judging.Spent:
        web, database, clients = self.web - before.web, self.database - before.database, self.clients - before.clients
        others = self.machine - before.machine - web - database - clients
        return judging.Spent(web=web, database=database, clients=clients, others=max(0.0, others))


def _still_there(pid: int) -> float:
    """What a process of the database has spent; nothing where it ended meanwhile, as those do that tidy up."""
    with contextlib.suppress(OSError):
        return cpu_of(pid)
    return 0.0


def crowd(title: str, plan: dict[str, Any], *, web: int, database: str, thinks: bool) -> judging.Phase:
    """Let everybody ask, from a process of their own, and count what that takes."""
    clients = subprocess.Popen(
        [sys.executable, "-m", "tests.load.users"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert clients.stdin is not None
    assert clients.stdout is not None
    try:
        clients.stdin.write(json.dumps(plan) + "\n")
        clients.stdin.flush()
        loads, clocks, told = [], [], {}
        # Everybody is there; the time is over.
        for _ in range(2):
            told |= _heard(clients)
            clocks.append(Clock.read(web=web, clients=clients.pid, database=database))
            loads.append(os.getloadavg()[0])
        told |= _heard(clients)
    finally:
        clients.kill()
        clients.wait(20)
    if told["there"] != sum(plan["clients"].values()):
        raise SystemExit(f"{told['there']} clients came of {sum(plan['clients'].values())}.")
    return judging.Phase(
        title=title, clients=plan["clients"], seconds=told["seconds"], spent=clocks[1].since(clocks[0]),
        answered=told["answered"], failures=told["failures"], thinks=thinks, loads=tuple(loads),
    )  # fmt: skip


def _heard(clients: subprocess.Popen[str]) -> dict[str, Any]:
    assert clients.stdout is not None
    line = clients.stdout.readline()
    if not line:
        raise SystemExit("The process of the clients ended; its error stands above.")
    heard: dict[str, Any] = json.loads(line)
    return heard


@contextlib.contextmanager
def before_it(folder: Path, *, nginx: bool, settings: dict[str, str]) -> Iterator[str]:
    """The address that clients ask: gunicorn's own, or that of an nginx with the shipped configuration before it."""
    if not nginx:
        yield f"http://127.0.0.1:{settings['HRASSIST_PORT']}"
        return
    from tests.deploy.conftest import folder_of_nginx, nginx_before

    one = folder_of_nginx(folder / "nginx", store=folder / "storage")
    socket: Any = SimpleNamespace(web_socket=folder / "web.sock")
    with nginx_before(one, socket):
        yield f"https://127.0.0.1:{one.tls}"


def phases(options: argparse.Namespace, folder: Path, urls: devdb.Urls) -> Iterator[judging.Phase]:
    settings = settings_of(urls, folder, nginx=options.nginx)
    prepare(settings, owner=urls.owner)
    os.environ.update(settings)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hrassist.settings"
    django.setup()
    from django.conf import settings as configured

    told = capacity.load(Path(configured.CAPACITY_CONFIG))
    programs = max(1, options.clients // ONE_PROGRAM_IN)
    people = max(1, options.clients - programs)
    there = known(people=people, programs=options.clients)
    common = {
        # As nginx says it, which stands before it in production.
        "headers": {"Host": NAME} | ({} if options.nginx else {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}),  # noqa: E501
        "cookies": there.cookies, "tokens": there.tokens, "pages": there.pages, "candidates": there.candidates,
        "mix": mixed(told["mix"]), "think": options.think or told["plan"]["think_seconds"], "pause": PAUSE,
        "warm": WARM_SECONDS, "seconds": options.seconds,
    }  # fmt: skip
    ready = folder / "web.sock" if options.nginx else int(settings["HRASSIST_PORT"])
    with (
        of_procfile("web", env=settings, ready=ready) as web,
        before_it(folder, nginx=options.nginx, settings=settings) as host,
    ):
        for title, clients, thinks in (
            (f"a page each {common['think']:g} s, a program's request each {PAUSE:g} s", {"people": people, "programs": programs}, True),  # noqa: E501
            ("lists of 25 as fast as they come", {"readers": options.clients}, False),
        ):  # fmt: skip
            plan = {**common, "host": host, "clients": clients}
            yield crowd(title, plan, web=web, database=urls.owner, thinks=thinks)
            time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--think", type=float, default=0, help="instead of config/capacity.toml's think_seconds")
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--nginx", action="store_true", help="with the shipped nginx before the web process")
    parser.add_argument("--strict", action="store_true", help="fail also on a missed bound")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name, own_database(candidates=options.candidates) as urls:
        for phase in phases(options, Path(name), urls):
            found.append(phase)
            say("\n".join(["", *judging.lines(phase)]))
    if trouble := judging.wrong(found, strict=options.strict):
        sys.exit("\n".join(["", *trouble]))


if __name__ == "__main__":
    main()
