"""Who asks in the load test, in a process of its own: people at work in the admin, and programs on the API.

Reads a plan as JSON, writes a line when everybody is warm and asks as the plan says, and at the end what each request
took. Locust turns every wait of its process into a switch to another user, which nothing else of ours should be in.

    python -m tests.load.users < PLAN
"""

from __future__ import annotations

import gc
import json
import random
import ssl
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import gevent
import gevent.ssl
from locust import FastHttpUser, constant, task
from locust.env import Environment

# Of a hundred requests of a program, so many are which.
LIST, NEXT, ONE = 60, 20, 20
LISTS = ("/api/v1/candidates?limit=25", "/api/v1/applications?limit=25")
# After its time is over, each request may still take so long.
LAST_SECONDS = 30

PLAN: dict[str, Any] = json.loads(sys.stdin.readline()) if __name__ == "__main__" else {}
CHANCE = random.Random(7)


def now_and_then(seconds: float) -> Callable[[object], float]:
    """Waits of people who know nothing of each other: often short, sometimes long, so many on average."""
    return lambda _user: CHANCE.expovariate(1 / seconds)


class Named(gevent.ssl.SSLContext):
    """TLS with whoever answers at the address, under the name that the shipped nginx answers to."""

    def __new__(cls, **_options: object) -> Named:
        made: Named = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made

    def wrap_socket(self, sock: Any, **options: Any) -> Any:
        return super().wrap_socket(sock, **options | {"server_hostname": PLAN["headers"]["Host"]})


class Asking(FastHttpUser):
    """Somebody whose requests all have to be answered as they are meant to be: a redirect is no answer."""

    abstract = True
    host = PLAN.get("host")
    # Asked once. Only where the server closed a kept connection before it answered another is opened, as browsers do.
    max_retries = 0
    network_timeout = connection_timeout = 60.0
    default_headers = PLAN.get("headers")
    ssl_context_factory = Named

    def ask(self, address: str, *, name: str, **headers: str) -> Any:
        asked = self.client.get(address, name=name, headers=headers, allow_redirects=False, catch_response=True)
        with asked as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code or answer.error}")
            elif not (body := answer.content):
                answer.failure("an empty answer")
            elif headers.get("Accept") != "text/html":
                return json.loads(body)
        return None


class Person(Asking):
    """Somebody who has signed in and asks for one page after the other, with time to look at each."""

    who = cycle(PLAN.get("cookies", ()))
    wait_time = now_and_then(PLAN.get("think", 1))

    def on_start(self) -> None:
        self.cookie = next(self.who)
        # Nobody sits down at the same moment as everybody else.
        gevent.sleep(CHANCE.uniform(0, PLAN["think"]))

    @task
    def go(self) -> None:
        page = CHANCE.choices(list(PLAN["mix"]), weights=list(PLAN["mix"].values()))[0]
        self.ask(CHANCE.choice(PLAN["pages"][page]), name=page, Cookie=self.cookie, Accept="text/html")


class ByToken(Asking):
    """A program with a token of its own, which knows the page after the last that it has read."""

    abstract = True
    tokens = cycle(PLAN.get("tokens", ()))

    def on_start(self) -> None:
        self.token, self.following = f"Bearer {next(self.tokens)}", ""

    def read(self) -> None:
        self._list(CHANCE.choice(LISTS), name="list of 25")

    def read_on(self) -> None:
        self._list(self.following or LISTS[0], name="next 25" if self.following else "list of 25")

    def look(self) -> None:
        person = CHANCE.choice(PLAN["candidates"])
        self.ask(f"/api/v1/candidates/{person}", name="one candidate", Authorization=self.token)

    def _list(self, address: str, *, name: str) -> None:
        said = self.ask(address, name=name, Authorization=self.token)
        # An absolute address, under the name that the server has for others.
        self.following = "/" + said["next"].split("/", 3)[3] if said and said["next"] else ""


class Program(ByToken):
    """One that reads lists, follows them page by page, and fetches single people, with a pause after each."""

    wait_time = now_and_then(PLAN.get("pause", 1))

    @task
    def go(self) -> None:
        CHANCE.choices((self.read, self.read_on, self.look), weights=(LIST, NEXT, ONE))[0]()


class Reader(ByToken):
    """One that does nothing but read lists, as fast as they come, and goes on to the next page half of the time."""

    wait_time = constant(0)

    @task
    def go(self) -> None:
        CHANCE.choice((self.read, self.read_on))()


KINDS = {"people": Person, "programs": Program, "readers": Reader}


def run() -> dict[str, Any]:
    """Everybody at once for the plan's seconds; what was asked before or after is only looked at for failures."""
    answered: list[tuple[str, str, float, float]] = []
    failures: list[str] = []

    def keep(*, name: str, response_time: float, exception: object, start_time: float, context: dict[str, Any], **_: Any) -> None:  # fmt: skip  # noqa: E501
        if exception:
            failures.append(f"{name}: {exception}")
        answered.append((context["kind"], name, start_time, response_time))

    # What measures must not stop to look for garbage.
    gc.freeze()
    kinds = {kind: KINDS[kind] for kind in PLAN["clients"]}
    for kind, who in kinds.items():
        who.fixed_count = PLAN["clients"][kind]
        who.context = lambda _self, kind=kind: {"kind": kind}
    everybody = Environment(user_classes=list(kinds.values()), stop_timeout=LAST_SECONDS)
    everybody.events.request.add_listener(keep)
    runner = everybody.create_local_runner()
    count = sum(PLAN["clients"].values())
    runner.start(count, spawn_rate=2 * count / PLAN["warm"])
    gevent.sleep(PLAN["warm"])
    say({"there": runner.user_count})
    begun = time.time()
    gevent.sleep(PLAN["seconds"])
    ended = time.time()
    say({"seconds": ended - begun})
    runner.quit()
    return {
        "answered": [
            (kind, name, took) for kind, name, asked_at, took in answered if begun <= asked_at < ended
        ],
        "failures": failures,
    }  # fmt: skip


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    say(run())
