"""Several machines, as namespaces: nginx before two app servers over pgbouncer, two workers, and a power cut."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from candidates.models import UploadTicket
from hrassist.lib import failpoint
from hrassist.models import ApiToken
from tests.browser.conftest import environment_of_the_test
from tests.candidates.resumes.test_pipeline import pdf_of
from tests.chaos.test_killed_workers import is_stopped
from tests.deploy.conftest import AROUND, NGINX, free_port, write_certificate
from tests.deploy.load import Load
from tests.deploy.network import Forwarded, Network
from tests.deploy.tools import needs, run
from tests.factories import UserFactory, api_token
from tests.repo.sources import ROOT
from tests.uploading import confirmed

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py", "hrassist.wsgi:application"]


@pytest.fixture
def pooler(network: Network, tmp_path: Path) -> Iterator[int]:
    """The shipped pgbouncer.ini, with the test's database behind it."""
    needs("nginx", "pgbouncer")
    at = connection.settings_dict
    app = re.search(r"//([^:]+):([^@]*)@", environment_of_the_test(Path("/nowhere"))["DATABASE_URL"])
    assert app is not None
    # pgbouncer does not run as root; its files must be readable by whom it becomes.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        text = (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text()
        behind = f"{at['NAME']} = host={at['HOST']} port={at['PORT']}"
        for old, new in {
            "hrassist = host=127.0.0.1 port=5432 dbname=hrassist": behind,
            "listen_addr = 127.0.0.1": f"listen_addr = {network.gateway}",
            "/etc/pgbouncer": str(folder),
        }.items():
            assert old in text
            text = text.replace(old, new)
        (folder / "pgbouncer.ini").write_text(text)
        (folder / "userlist.txt").write_text(f'"{app[1]}" "{app[2]}"\n')
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
        return port

    yield make
    for one in started:
        one.kill()
        one.wait()


def test_an_app_server_and_a_worker_lose_power_and_nothing_is_lost(network, pooler, way_in, own_store, tmp_path):  # noqa: PLR0915  one story
    at = connection.settings_dict
    direct = Forwarded(network.gateway, ("127.0.0.1", int(at["PORT"])))
    settings = environment_of_the_test(own_store) | {
        "ALLOWED_HOSTS": "hr.example.com",
        "HRASSIST_TRUSTED_PROXIES": "1",
        "HRASSIST_API_REQUESTS_PER_MINUTE": "1000000",
        "HRASSIST_WEB_WORKERS": "1",
        "HRASSIST_VAR_DIR": str(tmp_path / "var"),
        "HRASSIST_DB_IDLE_TRANSACTION_TIMEOUT": "20",
    }
    url = settings["DATABASE_URL"]
    pooled = settings | {
        "DATABASE_URL": re.sub(r"@[^/]+/", f"@{network.gateway}:{pooler}/", url),
        "HRASSIST_DB_POOLED": "on",
        "HRASSIST_DB_STATEMENT_TIMEOUT": "0",
    }
    straight = settings | {"DATABASE_URL": re.sub(r"@[^/]+/", f"@{network.gateway}:{direct.port}/", url)}

    first, second, proxy = network.host("a1", 11), network.host("a2", 12), network.host("lb", 2)
    for host in (first, second):
        bound = pooled | {"HRASSIST_WEB_BIND": f"{host.address}:8000"}
        host.run(GUNICORN, cwd=ROOT, environment=bound, log=tmp_path / f"{host.space}.log")

    folder = tmp_path / "nginx"
    folder.mkdir()
    write_certificate(folder)
    done = run("deploy/nginx/for-hosts", "--to", folder / "hrassist.conf", first.address, second.address)
    assert done.returncode == 0, done.stderr
    text = (folder / "hrassist.conf").read_text()
    text = text.replace("/etc/letsencrypt/live/hr.example.com", str(folder)).replace("rate=30r/s", "rate=100000r/s")
    text = re.sub(r"\n *listen \[::\]:\d+[^;]*;", "", text).replace(
        "/var/log/nginx/hrassist.log", f"{folder}/access.log"
    )
    (folder / "hrassist.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user="user root;"))
    done = run("ip", "netns", "exec", proxy.space, "sysctl", "--load", ROOT / "deploy/nginx/for-hosts.sysctl")
    assert done.returncode == 0, done.stderr
    proxy.run(
        [str(NGINX), "-c", folder / "nginx.conf", "-p", folder], cwd=folder, environment=settings, log=folder / "log"
    )

    for host in (first, second):
        for _ in range(240):
            livez = ("curl", "-sf", "-H", "Host: hr.example.com", "-H", "X-Forwarded-Proto: https")
            if run(*livez, f"http://{host.address}:8000/livez").returncode == 0:
                break
            time.sleep(0.5)
        else:
            pytest.fail((tmp_path / f"{host.space}.log").read_text()[-3000:])

    recruiter = UserFactory(role="Recruiter")
    token = api_token(recruiter)
    tickets = [
        confirmed(pdf_of(f"Ada Lovelace {number}"), by=recruiter, now=timezone.now(), filename="resume.pdf")
        for number in range(12)
    ]
    for host in (first, second):
        me = ("curl", "-s", "-m", "20", "-H", "Host: hr.example.com", "-H", "X-Forwarded-Proto: https")
        answer = run(
            *me, "-w", "%{http_code}", "-H", f"Authorization: Bearer {token}", f"http://{host.address}:8000/api/v1/me"
        )
        assert answer.stdout.endswith("200"), (answer.stdout, (tmp_path / "pgbouncer.log").read_text()[-2000:])
    worker = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "1"]
    one, two = network.host("w1", 21), network.host("w2", 22)
    with Load(way_in(proxy.address), token=token, threads=4, writes=False) as load:
        load.wait_for(60)
        # The first worker holds the row of the upload that it is about to show.
        halted = one.run(
            worker, cwd=ROOT, environment=straight | {failpoint.VARIABLE: f"{failpoint.STOP}ingest.appearing"},
            log=tmp_path / f"{one.space}.log",
        )  # fmt: skip
        for _ in range(600):
            if is_stopped(halted):
                break
            time.sleep(0.1)
        first.lose_power()
        one.lose_power()
        # The wire was dead before the process was: nobody told the database.
        assert is_held(), (tmp_path / f"{one.space}.log").read_text()[-3000:]
        left = what_is_left()
        two.run(worker, cwd=ROOT, environment=straight, log=tmp_path / f"{two.space}.log")
        load.wait_for(200, seconds=120)
        left()
        for _ in range(300):
            if all_available(tickets):
                break
            time.sleep(1)
    # The way in takes a moment to open; through it nothing failed.
    load.found.pop("ConnectionRefusedError", None)
    assert set(load.found) == {"GET 200"}, load.found
    # What was under way to the host without power is asked again of the other, long before proxy_read_timeout.
    assert load.slowest < 20
    assert all_available(tickets), [UploadTicket.objects.get(pk=ticket.pk).state for ticket in tickets]
    # The work was seen through the pooler, and what a request wrote is there.
    assert ApiToken.objects.get(user=recruiter).last_used_at is not None
    direct.close()


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


def all_available(tickets: list[UploadTicket]) -> bool:
    states = UploadTicket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).values_list("state", flat=True)
    return list(states) == [UploadTicket.State.AVAILABLE] * len(tickets)
