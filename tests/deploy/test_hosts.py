"""Several machines, as namespaces: nginx before app servers over pgbouncer, workers, and power cuts amid their work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from audit.models import Event
from candidates.models import Candidate, Resume, UploadTicket
from hrassist.lib import failpoint
from hrassist.models import ApiToken
from tests.candidates.resumes.test_pipeline import pdf_of
from tests.deploy.conftest import free_port
from tests.deploy.hosts import (
    GUNICORN,
    WORKER,
    reaching,
    settings_of,
    start_proxy,
    wait_for_answers,
    wait_until_held,
    wait_until_nobody_listens,
    wait_until_stopped,
    write_pooler,
    write_proxy,
)
from tests.deploy.load import Load
from tests.deploy.network import Forwarded, Network
from tests.deploy.tools import needs
from tests.deploy.writers import CSRF, Writers
from tests.factories import UserFactory, api_token
from tests.repo.sources import ROOT
from tests.uploading import confirmed

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
POOLED = {"HRASSIST_DB_POOLED": "on", "HRASSIST_DB_STATEMENT_TIMEOUT": "0", "HRASSIST_WRITES_REPEATED": "on"}


@pytest.fixture
def site_settings(own_store: Path, tmp_path: Path) -> dict[str, str]:
    return settings_of(own_store, tmp_path / "var")


@pytest.fixture
def pooler(network: Network, site_settings: dict[str, str], tmp_path: Path) -> Iterator[int]:
    needs("nginx", "pgbouncer")
    # pgbouncer does not run as root; its files must be readable by whom it becomes.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_pooler(folder, address=network.gateway, settings=site_settings)
        with (tmp_path / "pgbouncer.log").open("wb") as log:
            process = subprocess.Popen(["pgbouncer", "-u", "nobody", folder / "pgbouncer.ini"], stderr=log, stdout=log)
            time.sleep(1)
            assert process.poll() is None, (tmp_path / "pgbouncer.log").read_text()
            yield 6432
            process.terminate()
            process.wait(20)


@pytest.fixture
def way_in() -> Iterator[Callable[[str], int]]:
    """A port of this machine that leads to a host's 443."""
    started: list[subprocess.Popen[bytes]] = []

    def make(address: str) -> int:
        port = free_port()
        command = [sys.executable, "-m", "tests.deploy.network", str(port), address, "443"]
        started.append(subprocess.Popen(command, cwd=ROOT))
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.1)
        raise AssertionError("The way in does not open.")

    yield make
    for one in started:
        one.kill()
        one.wait()


def test_app_servers_and_a_worker_die_amid_writes_and_no_request_fails_and_nothing_is_lost_or_done_twice(
    network, pooler, way_in, own_store, site_settings, client_as, tmp_path
):
    direct = Forwarded(network.gateway, ("127.0.0.1", int(connection.settings_dict["PORT"])))
    pooled = reaching(site_settings, network.gateway, pooler) | POOLED
    straight = reaching(site_settings, network.gateway, direct.port)
    # The first holds a change and its answer that are written and not committed, the second one that is committed and
    # not answered; both go on with everything else, as the third does.
    stops = {"a1": f"{failpoint.HOLD}answer_once.kept", "a2": f"{failpoint.HOLD}answer_once.committed", "a3": ""}
    hosts = [network.host(name, number) for number, name in enumerate(stops, start=11)]
    processes = [
        host.run(
            GUNICORN, cwd=ROOT, log=tmp_path / f"{host.space}.log",
            environment=pooled | {"HRASSIST_WEB_BIND": f"{host.address}:8000", failpoint.VARIABLE: stop},
        )
        for host, stop in zip(hosts, stops.values(), strict=True)
    ]  # fmt: skip
    proxy, one, two = network.host("lb", 2), network.host("w1", 21), network.host("w2", 22)
    write_proxy(tmp_path / "nginx", *(host.address for host in hosts))
    start_proxy(proxy, tmp_path / "nginx", settings=site_settings)
    recruiter = UserFactory(role="Recruiter")
    token, session = api_token(recruiter), client_as(recruiter).cookies[configured.SESSION_COOKIE_NAME].value
    for number in range(12):
        confirmed(pdf_of(f"Ada Lovelace {number}"), by=recruiter, now=timezone.now(), filename="resume.pdf")
    wait_for_answers(*hosts, token=token, logs=tmp_path)
    port = way_in(proxy.address)
    cookies = {configured.SESSION_COOKIE_NAME: session, configured.CSRF_COOKIE_NAME: CSRF}
    files = ((f"{number}.pdf", pdf_of(f"Grace Hopper {number}")) for number in range(8))

    with Load(port, token=token, threads=4, writes=False) as load:
        load.wait_for(60)
        # The first worker holds the row of the upload that it is about to show.
        stop = {failpoint.VARIABLE: f"{failpoint.STOP}ingest.appearing"}
        log = tmp_path / f"{one.space}.log"
        wait_until_stopped(one.run(WORKER, cwd=ROOT, environment=straight | stop, log=log), log)
        with Writers(port, token=token, session=cookies, files=files) as writers:
            # Those first whose keys are to be held: others have keys as well.
            writers.begin("keyed one", "keyed two", "keyed three")
            for host, stop in zip(hosts[:2], stops.values(), strict=False):
                wait_until_held(tmp_path / f"{host.space}.log", stop)
            writers.begin("keyless", "change", "form", "upload")
            load.wait_for(20)
            # One host loses its power: the wire is dead before the processes are, and nobody told the database.
            hosts[0].lose_power()
            one.lose_power()
            waiting = writers.waiting()
            assert_who_asks_with_a_key_in_use_is_told(writers)
            assert is_held(), log.read_text()[-3000:]
            left = what_is_left()
            two.run(WORKER, cwd=ROOT, environment=straight, log=tmp_path / f"{two.space}.log")
            load.wait_for(200, seconds=120)
            assert_reading_failed_for_nobody(load)
            # One host dies at a time: what the first one had is answered, but for what the second one holds itself.
            writers.wait_until_answered(waiting, but=1)
            # Of the other one the processes end, and its kernel says so.
            os.killpg(processes[1].pid, signal.SIGKILL)
            wait_until_nobody_listens(hosts[1])
            load.wait_for(100, seconds=120)
            left()
            wait_for_uploads()
    direct.close()
    # Of an answer that began to arrive nobody can be asked for the rest: once at most for each who reads.
    assert load.found.pop("IncompleteRead", 0) <= 4
    assert_reading_failed_for_nobody(load)
    assert_writing_failed_for_nobody(writers)
    assert_each_key_was_answered_once(writers)
    assert_written_once(writers)
    assert_every_upload_is_one_resume()
    # The work was seen through the pooler, and what a request wrote is there.
    assert ApiToken.objects.get(user=recruiter).last_used_at is not None


def assert_who_asks_with_a_key_in_use_is_told(writers: Writers) -> None:
    """Of what is written on the host without power and not committed; all else is answered, or was not begun."""
    told = [writers.again(one).status for one in writers.unheard("keyed")]
    assert told.count(409) == 1
    assert set(told) <= {409, 201}


def assert_reading_failed_for_nobody(load: Load) -> None:
    """What was under way is asked again of the next host, long before proxy_read_timeout."""
    assert set(load.found) == {"GET 200"}, load.found
    assert load.slowest < 20


def assert_writing_failed_for_nobody(writers: Writers) -> None:
    """Each was answered the first time that it was asked, by whichever host."""
    assert writers.broken == []
    answers = {"keyed": {201}, "keyless": {201}, "change": {200, 201}, "form": {302}}
    for kind, wanted in answers.items():
        assert {tuple(one.statuses) for one in writers.of(kind)} <= {(status,) for status in wanted}, kind
    # A ticket, the bytes, and that they are there.
    assert {tuple(one.statuses) for one in writers.of("upload")} <= {(201, 201, 202)}


def assert_each_key_was_answered_once(writers: Writers) -> None:
    keyed = writers.of("keyed")
    # What a host without power had not committed is written anew, once the database gave that host up.
    waited = [one for one in keyed if one.last.took > 5]
    assert any("Idempotency-Replayed" not in one.last.headers for one in waited)
    # What the other one had is answered as it would have been.
    assert any("Idempotency-Replayed" in one.last.headers for one in keyed)
    for one in keyed:
        assert str(Candidate.objects.get(full_name=one.name).pk) == one.last.document["id"]


def assert_written_once(writers: Writers) -> None:
    """Each answered write is there, none is there twice, and each is on record as often as it happened."""
    people = [*writers.of("keyed"), *writers.of("keyless"), *writers.of("form")]
    written = Candidate.objects.filter(resumes=None)
    rows = Counter(written.values_list("full_name", flat=True))
    assert set(rows.values()) == {1}
    assert set(rows) == {one.name for one in people} | {"Changed"}
    assert on_record("candidate.created") == Counter(map(str, written.values_list("pk", flat=True)))
    changes = writers.of("change")[1:]
    changed = Candidate.objects.get(full_name="Changed")
    assert changed.headline == changes[-1].name
    assert on_record("candidate.updated")[str(changed.pk)] == len(changes)


def assert_every_upload_is_one_resume() -> None:
    tickets = list(UploadTicket.objects.all())
    assert [ticket.state for ticket in tickets] == [UploadTicket.State.AVAILABLE] * 20
    assert Counter(Resume.objects.values_list("ticket", flat=True)) == Counter(ticket.pk for ticket in tickets)
    assert len(set(Resume.objects.values_list("candidate", flat=True))) == 20
    assert on_record("upload.confirmed").total() == 20
    assert open_tasks() == 0


def wait_for_uploads() -> None:
    for _ in range(300):
        if not open_tasks() and UploadTicket.objects.filter(state=UploadTicket.State.AVAILABLE).count() == 20:
            return
        time.sleep(1)


def on_record(action: str) -> Counter[str]:
    return Counter(Event.objects.filter(action=action).values_list("subject_ref", flat=True))


def open_tasks() -> int:
    """Tasks of uploads that wait, are under way or failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE %s AND status <> 'succeeded'",
            ["%ingest_upload"],
        )
        return int(cursor.fetchone()[0])


def is_held() -> bool:
    """Whether somebody holds the row of an upload."""
    with transaction.atomic():
        free = len(UploadTicket.objects.select_for_update(skip_locked=True))
    return free < UploadTicket.objects.count()


def what_is_left() -> Callable[[], None]:
    """What does what the clock does by itself to those who work now: their heartbeats and their leases run out."""
    claimed = list(UploadTicket.objects.filter(claimed_until__isnull=False).values_list("pk", flat=True))
    workers = list(ProcrastinateWorker.objects.values_list("pk", flat=True))
    assert claimed
    assert workers

    def run_out() -> None:
        # Waits for the row, as everybody would for two hours if the database were not told when to give up.
        UploadTicket.objects.filter(pk__in=claimed).update(claimed_until=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes' WHERE id = ANY(%s)",
                [workers],
            )

    return run_out
