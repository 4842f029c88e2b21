"""A worker killed between any two steps of an erasure: the next one ends it, once, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit.models import Event
from candidates.actions import erasures
from candidates.erasure import ledger, pipeline
from candidates.models import Erasure
from hrassist.lib import failpoint
from hrassist.models import User
from tests.candidates.erasure import canary
from tests.candidates.erasure.canary import WORD
from tests.chaos.test_killed_workers import is_stopped, killed, time_passes, until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

PLACES = [*(f"erasure.{name}" for name, _ in pipeline.STEPS), "erasure.object.1"]
KEY = "a key that only this test knows"

Worker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(own_store: Path, tmp_path: Path, settings: Settings) -> Iterator[Worker]:
    """Starts real workers of the queue of privacy, on the test's database, store and ledger."""
    settings.ERASURE_WAIT = timedelta(0)
    settings.ERASURE_LEDGER, settings.ERASURE_LEDGER_KEY = str(tmp_path / "ledger"), KEY
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    started: list[subprocess.Popen[bytes]] = []

    def start(*, dies_at: str = "") -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": url, "HRASSIST_STORAGE_DIR": str(own_store),
            "HRASSIST_VAR_DIR": str(tmp_path / "var"), "HRASSIST_ERASURE_LEDGER": str(tmp_path / "ledger"),
            "HRASSIST_ERASURE_LEDGER_KEY": KEY, failpoint.VARIABLE: dies_at,
        }  # fmt: skip
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "privacy", "--concurrency", "1"]
        process = subprocess.Popen(
            [*command, "--fetch-job-polling-interval", "0.5"], cwd=configured.BASE_DIR, env=environment, stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        log.close()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def waiting(worker: Worker) -> Erasure:
    by = User.objects.create(username="rosa")
    candidate = canary.whole_person(by)
    # The second look waits for uploads that were signed before: here their time is over.
    candidate.uploads.update(expires_at=timezone.now() - timedelta(hours=1))
    canary.poison(candidate, by=by)
    return erasures.request(candidate=candidate, by=None, channel="self_service", reason="", now=timezone.now())


def a_lease_runs_out() -> None:
    Erasure.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now())
    time_passes()


def is_done(one: Erasure) -> bool:
    one.refresh_from_db()
    return one.state == Erasure.State.DONE


def nothing_is_left(own_store: Path, tmp_path: Path) -> None:
    assert canary.columns_that_hold(WORD) == []
    held = [path for path in own_store.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes().lower()]
    assert held == []
    # Each record is in the ledger, and certified once.
    assert len({entry["person"] for entry in ledger.ledger().entries()}) == 2
    assert Event.objects.filter(action="erasure.done").count() == 1
    logs = b"".join(path.read_bytes() for path in tmp_path.glob("worker-*.log"))
    assert WORD.encode() not in logs.lower()


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_that_dies_leaves_an_erasure_that_the_next_one_ends(
    place: str, waiting: Erasure, worker: Worker, own_store: Path, tmp_path: Path
):
    killed(worker(dies_at=place))
    a_lease_runs_out()
    worker()
    until(lambda: is_done(waiting), what="the end of the erasure")
    nothing_is_left(own_store, tmp_path)


def test_a_worker_that_was_taken_for_dead_does_nothing_when_it_wakes(
    waiting: Erasure, worker: Worker, own_store: Path, tmp_path: Path
):
    sleeping = worker(dies_at=f"{failpoint.STOP}erasure.remember")
    until(lambda: is_stopped(sleeping), what="the stop of the worker")
    a_lease_runs_out()
    worker()
    until(lambda: is_done(waiting), what="the end of the erasure")
    before = Erasure.objects.get(pk=waiting.pk).certificate
    sleeping.send_signal(signal.SIGCONT)
    until(lambda: b"was taken over" in (tmp_path / "worker-0.log").read_bytes(), what="the word of the first worker")
    assert Erasure.objects.get(pk=waiting.pk).certificate == before
    nothing_is_left(own_store, tmp_path)
