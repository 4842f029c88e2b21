"""A thousand people who watch one tailored resume being written, on one stream process: make load-stream.

The process is started as `make run` starts it, over a database of its own, and is cold when all of them come at once.
Another process writes the run's events as a worker does. Some clients come back with the last number they have, some
drop and reconnect all the time, and some never read. Ends with code 1 on a lost event, one out of order, or a client
that never reads and is kept; with --strict also on a missed p99 and where it takes too long until all are there.
Latency is told with the load of the machine. Two events a second for each of a thousand are what two processors that
also play the clients are held to; --rate asks for more.

    python -m tests.load.streams [--clients N] [--seconds N] [--rate N] [--strict]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import django
import psycopg

from tests.bench.api_lists import connect_as_owner, own_database
from tests.load.clients import Client, NeverReads, follow
from tests.load.processes import children, cpu_seconds, free_port, of_procfile

if TYPE_CHECKING:
    from hrassist.models import User

P99_MS = 250.0
WRITTEN_BEFORE = 60
# Each has ten pages open, with one session.
PEOPLE = 100
SLOW = 10
# What a client that never reads is sent, so that no buffer on the way holds it all.
LARGE_EVENT, LARGE_RATE = 20_000, 25
LET_GO_WITHIN = 90.0
ARRIVAL_SECONDS = 90.0
# Until all of a burst to a cold process are there: measured 5.4 to 7.5 seconds for a thousand.
ALL_THERE_SECONDS = 15.0


def held(pid: int, ports: set[int]) -> int:
    """How many of these clients' connections a process still has open."""
    inodes = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(one.readlink()).removeprefix("socket:[").removesuffix("]"))
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        count += int(parts[2].rpartition(":")[2], 16) in ports and parts[9] in inodes
    return count


def rss_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def worker_of(master: int) -> int:
    while not (workers := children(master)):
        time.sleep(0.05)
    return workers[0]


@contextlib.contextmanager
def stream_process(database: str) -> Iterator[tuple[int, int]]:
    """The stream process as the Procfile has it; gives its worker's pid and its port."""
    port = free_port()
    env = {"HRASSIST_ENV": "development", "DATABASE_URL": database, "HRASSIST_STREAM_PORT": str(port)}
    with of_procfile("stream", env=env, ready=port) as master:
        # Its master listens before the worker has answered anything: whoever comes now comes to a cold process.
        yield worker_of(master), port


def cookie_of(user: User) -> str:
    """The cookie of somebody who has signed in."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def fill() -> tuple[UUID, UUID, list[str]]:
    """Two runs and recruiters who are signed in; gives the runs and the cookies."""
    from jobs.models import TailoringRun
    from tests.factories import ApplicationFactory, ResumeFactory, UserFactory

    users = [UserFactory(username=f"load{number}", role="Recruiter") for number in range(PEOPLE)]
    application = ApplicationFactory()
    resume = ResumeFactory(candidate=application.candidate)
    runs = [
        TailoringRun.objects.create(
            application=application, resume=resume, provider="offline", brief={}, language="en", with_letter=False,
            source={}, source_text="", created_by=users[0], input_hash=str(number), state=TailoringRun.State.RUNNING,
        )
        for number in range(2)
    ]  # fmt: skip
    return runs[0].pk, runs[1].pk, [cookie_of(user) for user in users]


def write(run: UUID, *, count: int, rate: float, size: int = 120, end: bool = True) -> int:
    """Tell so many events at this rate, each with the moment it was written; gives the last number."""
    from django.utils import timezone

    from jobs.models import TailoringEvent, TailoringRun
    from jobs.tailoring.events import Teller

    teller, begun = Teller(run), time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()) if rate else 0)
        teller.tell("text", agent="implementation", text="x" * size, at=time.time())
    if end:
        TailoringRun.objects.filter(pk=run).update(state=TailoringRun.State.REVIEW, updated_at=timezone.now())
        teller.tell("state", state="review")
    last = TailoringEvent.objects.filter(run=run).order_by("-seq").first()
    return last.seq if last else 0


@contextlib.contextmanager
def writer(
    database: str, run: UUID, *, count: int, rate: float, size: int, end: bool
) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that writes, as a worker is one; it is ready, and waits for `begin`."""
    said = json.dumps({"run": str(run), "count": count, "rate": rate, "size": size, "end": end})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.streams", "--write", said],
        env={**os.environ, "DATABASE_URL": database}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait(20)


def begin(writing: subprocess.Popen[str]) -> None:
    assert writing.stdin
    writing.stdin.write("begin\n")
    writing.stdin.flush()


@dataclass
class Machine:
    """What the process took at its fullest."""

    rss: int = 0
    threads: int = 0
    connections: int = 0
    loads: list[float] = field(default_factory=list)


async def watch(machine: Machine, pid: int, database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        while True:
            machine.rss, machine.threads = max(machine.rss, rss_kb(pid)), max(machine.threads, threads(pid))
            found = await connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            machine.connections = max(machine.connections, (await found.fetchone() or [0])[0])
            machine.loads.append(os.getloadavg()[0])
            await asyncio.sleep(1)


def wrong(client: Client, last: int) -> str:
    """What this client did not get, or got twice or in another order."""
    wanted = list(range(client.after + 1, last + 1))
    if client.seen == wanted:
        return ""
    lost = len(set(wanted) - set(client.seen))
    return f"{lost} of {len(wanted)} lost, {len(client.seen)} came, done {client.done}, refused {client.refused[:3]}"


def lateness(clients: list[Client], all_there: float, *, strict: bool) -> Iterator[str]:
    """Tell how late deliveries were, by themselves also while all these clients came; gives what is too late."""
    late = [one for client in clients for one in client.late]
    for when, values in (
        ("all in all", [value for _, value in late]),
        ("while they came", [value for at, value in late if at < all_there]),
    ):
        if not values:
            yield f"Nothing was delivered {when}."
            continue
        values.sort()
        p50, p99 = values[len(values) // 2], values[int(len(values) * 0.99)]
        say(f"delivery {when}: {len(values)}, p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {values[-1]:.0f} ms (p99 wanted below {P99_MS:.0f} ms on an idle core)")  # fmt: skip  # noqa: E501
        if strict and not p99 < P99_MS:
            yield f"p99 is {p99:.0f} ms {when}."


def arrival(clients: list[Client], seconds: float, *, strict: bool) -> Iterator[str]:
    """What is wrong with how they came: who never did, and if `strict` that it took too long until all were there."""
    if missing := sum(1 for one in clients if not one.arrived):
        yield f"{missing} of {len(clients)} clients had no answer within {ARRIVAL_SECONDS:.0f} s."
    elif strict and not seconds < ALL_THERE_SECONDS:
        yield f"All were there after {seconds:.1f} s, and the bound is {ALL_THERE_SECONDS:.0f} s."


async def crowd(
    options: argparse.Namespace, database: str, *, run: UUID, large: UUID, cookies: list[str], first: int
) -> list[str]:  # fmt: skip
    """Everything at once; gives what is wrong."""
    chance = random.Random(11)
    clients = [
        Client(after=chance.randint(1, first) if number % 5 == 1 else 0, drops=number % 10 == 3)
        for number in range(options.clients)
    ]
    count = int(options.seconds * options.rate)
    machine, trouble = Machine(), []
    with (
        writer(database, run, count=count, rate=options.rate, size=120, end=True) as writing,
        writer(
            database, large, count=options.seconds * LARGE_RATE, rate=LARGE_RATE, size=LARGE_EVENT, end=False
        ) as more,
        stream_process(database) as (pid, port),
    ):
        before, begun, cpu_begun = rss_kb(pid), time.monotonic(), cpu_seconds(pid)
        until = begun + ARRIVAL_SECONDS + options.seconds * 3
        watching = asyncio.create_task(watch(machine, pid, database))
        following = [
            asyncio.create_task(follow(one, run=run, cookie=cookie, port=port, until=until, chance=chance))
            for one, cookie in zip(clients, itertools.cycle(cookies), strict=False)
        ]
        # What is written while they come is a part of it.
        begin(writing)
        while not all(one.arrived for one in clients) and time.monotonic() < begun + ARRIVAL_SECONDS:
            await asyncio.sleep(0.05)
        arrived, all_there = time.monotonic() - begun, time.time()
        never_came = list(arrival(clients, arrived, strict=options.strict))
        at_rest, cpu_before = rss_kb(pid), cpu_seconds(pid)
        begin(more)
        slow = [NeverReads(port, large, cookies[0]) for _ in range(SLOW)]
        ports = {one.own_port for one in slow}
        steady = time.monotonic()
        await asyncio.gather(*following)
        cpu = (cpu_seconds(pid) - cpu_before) / (time.monotonic() - steady)
        while held(pid, ports) and time.monotonic() < steady + LET_GO_WITHIN:
            await asyncio.sleep(0.5)
        kept, let_go = held(pid, ports), time.monotonic() - steady
        if writing.poll() not in (0, None):
            trouble.append("The writer failed; its error stands above.")
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    last = first + count + 1
    lacking = [why for one in clients if (why := wrong(one, last))]
    delivered = sum(len(one.seen) for one in clients)
    say(f"{options.clients} clients, {count} events at {options.rate:g}/s, {delivered} deliveries; a cold process had all of them after {arrived:.1f} s ({(cpu_before - cpu_begun) * 1000 / options.clients:.1f} ms of CPU each)")  # fmt: skip  # noqa: E501
    say(f"connects {sum(one.connects for one in clients)}, refused {sum(len(one.refused) for one in clients)}")
    say(f"memory {before // 1024} MB before, {machine.rss // 1024} MB at most: {(at_rest - before) / options.clients:.0f} KB a client when all had come")  # fmt: skip  # noqa: E501
    say(f"threads {machine.threads}, database connections {machine.connections} (with ours and the writers'), CPU {cpu:.0%} of a core")  # fmt: skip  # noqa: E501
    say(f"load of the machine {statistics.fmean(machine.loads):.1f} on {os.cpu_count()} processors")
    trouble += never_came
    trouble += lateness(clients, all_there, strict=options.strict)
    say(f"{SLOW} clients never read: {kept} still held after {let_go:.0f} s")
    if delivered < options.clients * count // 2:
        trouble.append("Hardly anything was delivered.")
    if lacking:
        trouble += [f"{len(lacking)} clients lack events or have them out of order, such as:", *lacking[:5]]
    if kept:
        trouble.append(f"{kept} clients that never read were kept.")
    return trouble


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=float, default=2)
    parser.add_argument(
        "--strict", action="store_true", help="fail also on a missed p99, and on a burst that takes too long"
    )
    parser.add_argument("--write", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    connect_as_owner()
    django.setup()
    if options.write:
        said = json.loads(options.write)
        say("ready")
        sys.stdin.readline()
        write(UUID(said.pop("run")), **said)
        return
    from django.db import connections

    with own_database() as conninfo:
        mine = connections["default"].settings_dict
        address = f"postgres://{mine['USER']}:{mine['PASSWORD']}@{mine['HOST']}:{mine['PORT']}/{mine['NAME']}"
        assert conninfo
        run, large, cookies = fill()
        first = write(run, count=WRITTEN_BEFORE, rate=0, end=False)
        # What measures must not stop to look for garbage.
        gc.freeze()
        trouble = asyncio.run(crowd(options, address, run=run, large=large, cookies=cookies, first=first))
    if trouble:
        sys.exit("\n".join(trouble))


if __name__ == "__main__":
    main()
