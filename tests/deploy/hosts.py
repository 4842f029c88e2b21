"""App servers, a proxy and a pooler on hosts of their own (tests/deploy/network.py), over the test's database."""

from __future__ import annotations

import errno
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from hrassist.lib import failpoint
from tests.browser.conftest import environment_of_the_test
from tests.chaos.test_killed_workers import is_stopped
from tests.deploy.conftest import AROUND, NAME, NGINX, write_certificate
from tests.deploy.network import Host
from tests.deploy.tools import run
from tests.repo.sources import ROOT

GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py", "hrassist.wsgi:application"]
WORKER = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "1"]
AS_THE_PROXY = ("-H", f"Host: {NAME}", "-H", "X-Forwarded-Proto: https")


def settings_of(store: Path, var: Path) -> dict[str, str]:
    """What every process of this site is told."""
    return environment_of_the_test(store) | {
        "ALLOWED_HOSTS": NAME,
        "HRASSIST_TRUSTED_PROXIES": "1",
        "HRASSIST_API_REQUESTS_PER_MINUTE": "1000000",
        "HRASSIST_WEB_WORKERS": "1",
        "HRASSIST_VAR_DIR": str(var),
        "HRASSIST_DB_IDLE_TRANSACTION_TIMEOUT": "20",
    }


def reaching(settings: dict[str, str], address: str, port: int) -> dict[str, str]:
    """The same, with the database there."""
    return settings | {"DATABASE_URL": re.sub(r"@[^/]+/", f"@{address}:{port}/", settings["DATABASE_URL"])}


def write_pooler(folder: Path, *, address: str, settings: dict[str, str]) -> None:
    """The shipped pgbouncer.ini, with the test's database behind it."""
    at = connection.settings_dict
    app = re.search(r"//([^:]+):([^@]*)@", settings["DATABASE_URL"])
    assert app is not None
    text = (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text()
    for old, new in {
        "hrassist = host=127.0.0.1 port=5432 dbname=hrassist": f"{at['NAME']} = host={at['HOST']} port={at['PORT']}",
        "listen_addr = 127.0.0.1": f"listen_addr = {address}",
        "/etc/pgbouncer": str(folder),
        # Given back sooner; how long they are held is nothing that a test looks at.
        "idle_transaction_timeout = 60": "idle_transaction_timeout = 15",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "userlist.txt").write_text(f'"{app[1]}" "{app[2]}"\n')


def write_proxy(folder: Path, *hosts: str) -> None:
    """The files of an nginx before these hosts, as deploy/nginx/for-hosts writes them; a flood is allowed."""
    folder.mkdir()
    write_certificate(folder)
    done = run("deploy/nginx/for-hosts", "--to", folder / "hrassist.conf", *hosts)
    assert done.returncode == 0, done.stderr
    text = (folder / "hrassist.conf").read_text()
    for old, new in {
        "/etc/letsencrypt/live/hr.example.com": str(folder),
        "/var/log/nginx/hrassist.log": f"{folder}/access.log",
        "rate=30r/s": "rate=100000r/s",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "hrassist.conf").write_text(re.sub(r"\n *listen \[::\]:\d+[^;]*;", "", text))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user="user root;"))


def start_proxy(proxy: Host, folder: Path, *, settings: dict[str, str]) -> None:
    """nginx on this host, whose kernel is told what is shipped with it."""
    done = run("ip", "netns", "exec", proxy.space, "sysctl", "--load", ROOT / "deploy/nginx/for-hosts.sysctl")
    assert done.returncode == 0, done.stderr
    command = [str(NGINX), "-c", folder / "nginx.conf", "-p", folder]
    proxy.run(command, cwd=folder, environment=settings, log=folder / "log")


def wait_for_answers(*hosts: Host, token: str, logs: Path) -> None:
    """Until each of them answers, and answers a program, which takes the database."""
    for host in hosts:
        at, said = f"http://{host.address}:8000", ""
        for _ in range(240):
            if run("curl", "-sf", *AS_THE_PROXY, f"{at}/livez").returncode == 0:
                break
            time.sleep(0.5)
        else:
            raise AssertionError((logs / f"{host.space}.log").read_text()[-3000:])
        asked = ("curl", "-s", "-m", "20", *AS_THE_PROXY, "-w", "%{http_code}", "-H", f"Authorization: Bearer {token}")
        said = run(*asked, f"{at}/api/v1/me").stdout
        assert said.endswith("200"), (said, (logs / "pgbouncer.log").read_text()[-2000:])


def wait_until_stopped(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the process stands still at its failpoint."""
    wait(lambda: is_stopped(process), log)


def wait_until_nobody_listens(host: Host) -> None:
    """Until the last process of a host that was killed is gone, and with it the socket that takes connections."""
    for _ in range(200):
        with socket.socket() as one:
            one.settimeout(1)
            if one.connect_ex((host.address, 8000)) == errno.ECONNREFUSED:
                return
        time.sleep(0.02)
    raise AssertionError(f"Somebody still listens on {host.address}.")


def wait_until_held(log: Path, named: str) -> None:
    """Until a thread stays at this failpoint."""
    wait(lambda: f"held at {named.removeprefix(failpoint.HOLD)}\n" in log.read_text(), log)


def wait(done: Callable[[], bool], log: Path) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])
