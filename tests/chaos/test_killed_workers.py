"""A worker killed at any step leaves one version, no row without its object, and nothing that is not cleared."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from candidates.models import Candidate, Resume, ResumePage, ResumeText, UploadTicket
from candidates.resumes import claims, pipeline, sweeping
from candidates.tasks import retry_stalled_tasks
from hrassist.lib import failpoint, storage
from hrassist.models import User
from tests.candidates.resumes.test_pipeline import PDF, pdf_of
from tests.uploading import confirmed

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

State = UploadTicket.State
PLACES = [*(f"ingest.{step.__name__}" for step in pipeline.STEPS), "ingest.appear", "ingest.appearing", "ingest.forget"]
PATIENCE = 90.0

Worker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(own_store: Path, tmp_path: Path) -> Iterator[Worker]:
    """Starts real workers on the test's database and store."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    started: list[subprocess.Popen[bytes]] = []

    def start(*, dies_at: str = "") -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "HRASSIST_ENV": "development",
            "DATABASE_URL": url,
            "HRASSIST_STORAGE_DIR": str(own_store),
            "HRASSIST_VAR_DIR": str(tmp_path / "var"),
            failpoint.VARIABLE: dies_at,
        }
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "ingest", "--concurrency", "1"]
        process = subprocess.Popen(
            [*command, "--fetch-job-polling-interval", "0.5"],
            cwd=configured.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def waiting(recruiter: User) -> UploadTicket:
    return confirmed(PDF, by=recruiter, now=timezone.now(), filename="resume.pdf")


def until(done: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE:.0f} s"
        time.sleep(0.2)


def is_settled(ticket: UploadTicket) -> bool:
    ticket.refresh_from_db()
    return ticket.is_settled


def is_stopped(process: subprocess.Popen[bytes]) -> bool:
    status = Path(f"/proc/{process.pid}/stat").read_text()
    return status.rpartition(")")[2].split()[0] == "T"


def killed(process: subprocess.Popen[bytes]) -> None:
    """Wait until the worker died at its failpoint: by kill -9 and nothing else."""
    assert process.wait(timeout=PATIENCE) == -signal.SIGKILL


def time_passes() -> None:
    """What the clock does by itself: the dead worker's lease and heartbeat run out, and upkeep puts its task back."""
    UploadTicket.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")

    async def upkeep() -> None:
        async with app.open_async():
            await retry_stalled_tasks(timestamp=0)

    with app.replace_connector(app.connector.get_worker_connector()):
        asyncio.run(upkeep())


def assert_whole(ticket: UploadTicket) -> None:
    """The invariants: one version, every row with its object, and every object without a row is found and cleared."""
    ticket.refresh_from_db()
    assert ticket.state == State.AVAILABLE
    found = Resume.objects.get()
    assert found.ticket == ticket
    assert Candidate.objects.count() == 1
    assert ResumeText.objects.filter(resume=found, search__isnull=False).exists()
    assert b"".join(storage.clean().open(found.key)) == PDF
    named = {found.key, *ResumePage.objects.values_list("key", flat=True)}
    assert len(named) == 2
    for key in named:
        assert storage.clean().head(key) is not None
    later = timezone.now() + timedelta(days=8)
    sweeping.sweep(now=later)
    assert set(storage.clean().list_older_than(later)) == named
    assert list(storage.incoming().list_older_than(later)) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_at_any_step_is_made_up_for(place: str, waiting: UploadTicket, worker: Worker) -> None:
    killed(worker(dies_at=place))
    time_passes()
    worker()
    until(lambda: is_settled(waiting), what="the second worker's result")
    assert_whole(waiting)


def test_a_worker_killed_while_rejecting_is_made_up_for(recruiter: User, worker: Worker) -> None:
    script = pdf_of("Jane Doe", extra=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >> ")
    ticket = confirmed(script, by=recruiter, now=timezone.now(), filename="resume.pdf")
    killed(worker(dies_at="ingest.reject"))
    time_passes()
    worker()
    until(lambda: is_settled(ticket), what="the rejection")
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "pdf_javascript")
    until(lambda: storage.incoming().head(ticket.key) is None, what="the end of the incoming object")


def test_an_upload_that_kills_every_worker_is_parked_and_the_next_one_is_read(
    recruiter: User, waiting: UploadTicket, worker: Worker
) -> None:
    for _ in range(2):
        killed(worker(dies_at="ingest.promote"))
        time_passes()
    # The other three deaths, without waiting for them.
    UploadTicket.objects.filter(pk=waiting.pk).update(attempts=claims.MAX_ATTEMPTS)
    other = confirmed(pdf_of("Ada Poe", "ada@example.org"), by=recruiter, now=timezone.now(), filename="ada.pdf")
    worker()
    until(lambda: is_settled(other), what="the other upload")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.parked_for) == (State.CONFIRMED, "worker_died")
    assert other.state == State.AVAILABLE


def test_a_stopped_worker_that_wakes_up_after_its_lease_writes_nothing(waiting: UploadTicket, worker: Worker) -> None:
    zombie = worker(dies_at=f"{failpoint.STOP}ingest.appear")
    until(lambda: is_stopped(zombie), what="the first worker's last step")
    try:
        assert not is_settled(waiting)
        time_passes()
        worker()
        until(lambda: is_settled(waiting), what="the second worker's result")
    finally:
        zombie.send_signal(signal.SIGCONT)
    time.sleep(5)
    assert_whole(waiting)
    assert waiting.fence == 2
