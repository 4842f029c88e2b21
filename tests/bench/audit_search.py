"""How long the audit log's page takes over ten million events: `make bench-audit`.

Each search is asked many times with values drawn from the data, as an auditor's browser would ask. It prints the median
and the 95th percentile in milliseconds; with --strict a p95 of a second or more fails.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
os.environ.setdefault("HRASSIST_ENV", "development")

PROMISE_MS = 1000
DATABASE = "bench_audit"
LOG = "/audit/event/"


def begin(database: str, events: int) -> None:
    """Django over the bench's database, which is made and filled first where it is not there."""
    from tests.bench.admin_pages import run, url

    with psycopg.connect(url()) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if found:
        run("migrate", "--verbosity=0", DATABASE_URL=urlsplit(url())._replace(path=f"/{database}").geturl())
    else:
        run("generate_events", f"--database={database}", f"--events={events}")
    from django.conf import settings

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    for one in settings.DATABASES.values():
        one["NAME"] = database
    django.setup()


class Drawn:
    """Values as they are in the data: drawn by a random id, so that the busy ones come more often."""

    def __init__(self, seed: int) -> None:
        from audit.models import Event

        self.chance = random.Random(seed)
        newest = Event.objects.order_by("-id").first()
        oldest = Event.objects.order_by("id").first()
        if newest is None or oldest is None:
            raise SystemExit("There are no events.")
        self.first, self.last = oldest.pk, newest.pk
        self.begin, self.end = Event.objects.earliest("ts").ts, Event.objects.latest("ts").ts

    def event(self, **wanted: str):
        from audit.models import Event

        while True:
            at = self.chance.randint(self.first, self.last)
            found = Event.objects.filter(pk__gte=at, pk__lt=at + 5000, **wanted).order_by("pk").first()
            if found is not None:
                return found

    def days(self, length: int) -> str:
        span = (self.end - self.begin).days - length
        day = (self.begin + timedelta(days=self.chance.randint(0, span))).astimezone(UTC)
        return f"from:{day:%Y-%m-%d} to:{day + timedelta(days=length - 1):%Y-%m-%d}"

    def person(self) -> str:
        return str(self.event(action="candidate.viewed").subject_ref)


def searches(drawn: Drawn) -> dict[str, Callable[[], str]]:
    """Addresses of the log by what is asked."""

    def q(*words: str) -> str:
        return f"{LOG}?q={quote(' '.join(words))}"

    event, days, person = drawn.event, drawn.days, drawn.person
    late = datetime.now(UTC) - timedelta(days=400)
    return {
        "the newest": lambda: LOG,
        "actor": lambda: q(f"who:{event().actor_display}"),
        "candidate": lambda: q(f"person:{person()}"),
        "target": lambda: q(f"on:{event(action='resume.viewed').target_id}"),
        "job": lambda: q(f"job:{event(action='application.moved').job_id}"),
        "action": lambda: q(f"action:{event().action}"),
        "rare action": lambda: q("action:token.issued"),
        "family of actions": lambda: q(f"action:{event().action.partition('.')[0]}."),
        "address": lambda: q(f"ip:{event().ip}"),
        "a day": lambda: q(days(1)),
        "a month": lambda: q(days(30)),
        "refused": lambda: f"{LOG}?outcome=deny",
        "past 30 days": lambda: f"{LOG}?past=720",
        "any identifier": lambda: q(person()),
        "any word": lambda: q(str(event().actor_display)),
        "request": lambda: q(str(event().request_id)),
        "actor and month": lambda: q(f"who:{event().actor_display}", days(30)),
        "actor, action and month": lambda: q(f"who:{event().actor_display}", f"action:{event().action}", days(30)),
        "actor and rare action": lambda: q(f"who:{event().actor_display}", "action:token.issued"),
        "candidate and actor": lambda: q(f"person:{person()}", f"who:{event().actor_display}"),
        "address, action and week": lambda: q(f"ip:{event().ip}", f"action:{event().action}", days(7)),
        "rare action of an old week": lambda: q("action:candidate.exported", f"to:{late:%Y-%m-%d}"),
        "refused in a month": lambda: f"{q(days(30))}&outcome=deny",
        "nothing is found": lambda: q("who:nobody-of-that-name", days(30)),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default=DATABASE)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--only", default="", help="searches whose name contains this")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    begin(options.database, options.events)
    from django.contrib.auth.models import Group
    from django.test import Client

    from audit.models import Event
    from hrassist.models import User

    user, _ = User.objects.get_or_create(username="bench-auditor", defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name="Auditor"))
    client = Client()
    client.force_login(user)
    drawn, slow = Drawn(seed=1), []
    sys.stdout.write(f"{Event.objects.count():,} events\n{'search':<28} {'median':>8} {'p95':>8} {'most':>8}  ms\n")
    for name, address in searches(drawn).items():
        if options.only not in name:
            continue
        taken = []
        for _ in range(options.repeat + 3):
            url = address()
            began = time.perf_counter()
            answer = client.get(url)
            taken.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{url} answers {answer.status_code}.")
        # The first ones read pages of the index that later ones find in memory: an auditor has them in memory too.
        taken = sorted(taken[3:])
        at95 = taken[min(len(taken) - 1, int(len(taken) * 0.95))]
        sys.stdout.write(f"{name:<28} {taken[len(taken) // 2]:8.0f} {at95:8.0f} {taken[-1]:8.0f}\n")
        sys.stdout.flush()
        if at95 >= PROMISE_MS:
            slow.append(name)
    sys.stdout.write(f"slower than {PROMISE_MS} ms: {', '.join(slow) or 'none'}\n")
    return 1 if slow and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
