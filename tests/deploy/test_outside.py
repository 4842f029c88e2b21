"""The site as those who watch it see it: from another machine, by the real Monit and the real blackbox exporter."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from tests.deploy.conftest import NAME, NGINX, Proxy, Served, folder_of_nginx
from tests.deploy.monitoring import MONITORING, mailbox, wait_for
from tests.deploy.network import Forwarded, Host, Network
from tests.deploy.test_dashboards import OF_OTHERS
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = [pytest.mark.deploy, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@dataclass(frozen=True)
class Site:
    """nginx with the shipped configuration on a machine of its own, and another machine that knows its name."""

    nginx: subprocess.Popen[bytes]
    files: Proxy
    watcher: Host

    def ask(self, address: str, *further: str) -> tuple[int, str]:
        asked = ("curl", "--silent", "--max-time", "20", "--cacert", self.files.folder / "fullchain.pem", *further)
        done = run(*self.watcher.within(*asked, "--write-out", "\n%{http_code}", address))
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def log(self) -> str:
        return self.files.log().replace(self.watcher.address, "THE WATCHER")


@pytest.fixture
def site(served: Served, network: Network, tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    at, watcher = network.host("site", 2), network.host("watcher", 9)
    watcher.knows({NAME: at.address})
    files = folder_of_nginx(tmp_path / "nginx", store=served.store, address=at.address)
    path = files.folder / "hrassist.conf"
    path.write_text(path.read_text().replace(f"{files.folder}/web.sock", str(served.web_socket)))
    command = [str(NGINX), "-c", files.folder / "nginx.conf", "-p", files.folder]
    nginx = at.run(command, cwd=ROOT, environment=dict(os.environ), log=tmp_path / "log")
    one = Site(nginx, files, watcher)
    wait_for(lambda: one.ask(f"https://{NAME}/api/v1/me")[0] == 401, seconds=60, why="the site does not answer")
    return one


def test_from_outside_one_learns_that_it_lives_and_no_more(site):
    assert site.ask(f"https://{NAME}/livez") == (200, "ok\n")
    for path in ("/readyz", "/metrics", "/livez/", "/livezz"):
        status, body = site.ask(f"https://{NAME}{path}")
        assert status in {403, 404, 302}, path
        assert "database" not in body
    smoked = run(*site.watcher.within(ROOT / "deploy/scripts/smoke", f"https://{NAME}"), SMOKE_CURL="--insecure")
    assert "ok     who watches from outside is answered" in smoked.stdout
    assert "ok     /readyz is closed (403)" in smoked.stdout
    # Whoever asks too often is refused here as everywhere.
    assert (
        "429"
        in site.ask(f"https://{NAME}/livez?[1-200]", "--parallel", "--parallel-max", "50", "--output", "/dev/null")[1]
    )


@pytest.fixture
def told(site: Site, network: Network, tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Subjects of the mails that Monit sent, as `vm/install --monit` sets it up; it looks each second here."""
    needs("monit")
    done = run(ROOT / "deploy/vm/install", "--monit", "it@acme.org", NAME, DESTDIR=str(tmp_path / "machine"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "machine/etc/monit/conf.d/hrassist").read_text()
    with mailbox() as box:
        relay = Forwarded(network.gateway, ("127.0.0.1", box.server_address[1]))
        for old, new in {
            "set daemon 60": "set daemon 1",
            "127.0.0.1 port 25": f"{network.gateway} port {relay.port}",
        }.items():
            assert old in text
            text = text.replace(old, new)
        control = tmp_path / "monitrc"
        files = "".join(f"set {name} {tmp_path}/monit.{name}\n" for name in ("idfile", "statefile", "pidfile"))
        control.write_text(files + text)
        control.chmod(0o600)
        command = ["monit", "-I", "-c", control]
        site.watcher.run(command, cwd=tmp_path, environment=dict(os.environ), log=tmp_path / "monit.log")

        def subjects() -> list[str]:
            assert all("To: it@acme.org" in mail for mail in box.got)
            return [
                found[1].strip() for mail in box.got if (found := re.search(r"^Subject: (.*)$", mail, re.MULTILINE))
            ]

        yield subjects
        relay.close()


def test_monit_is_content_with_a_site_that_is_well_and_says_when_it_is_not(site, told):
    # No figures are served on that machine: a mail about them shows that it looked at both, twice.
    wait_for(lambda: any("figures" in one for one in told()), seconds=30, why="Monit says nothing")
    assert [one for one in told() if "hrassist" in one] == []
    assert re.search(r'"ip":"THE WATCHER","method":"GET","path":"/livez","status":200', site.log())
    site.nginx.send_signal(signal.SIGQUIT)
    wait_for(lambda: any("hrassist" in one for one in told()), seconds=30, why="nobody is told")
    (said,) = (one for one in told() if "hrassist" in one)
    assert "Connection failed" in said


def test_blackbox_finds_the_site_that_prometheus_has_it_ask(site, tmp_path):
    needs("prometheus-blackbox-exporter")
    told = yaml.safe_load((MONITORING / "prometheus/prometheus.yml").read_text())
    (public,) = (job for job in told["scrape_configs"] if job["job_name"] == "public")
    (target,) = public["static_configs"][0]["targets"]
    (module,) = public["params"]["module"]
    environment = os.environ | {"SSL_CERT_FILE": str(site.files.folder / "fullchain.pem")}
    command = [
        "prometheus-blackbox-exporter",
        "--config.file=/etc/prometheus/blackbox.yml",
        "--web.listen-address=127.0.0.1:9115",
    ]
    site.watcher.run(command, cwd=tmp_path, environment=environment, log=tmp_path / "blackbox.log")

    def probed(address: str) -> dict[str, float]:
        _, text = site.ask(
            f"http://127.0.0.1:9115{public['metrics_path']}?{urlencode({'module': module, 'target': address})}"
        )
        return {name: float(value) for name, value in re.findall(r"^(probe_\w+) (\S+)$", text, re.MULTILINE)}

    found: Any = wait_for(lambda: probed(target), seconds=30, why="the exporter does not answer")
    assert found["probe_success"] == 1, found
    assert found["probe_ssl_earliest_cert_expiry"] > 0
    assert {name for name, whose in OF_OTHERS.items() if whose == "blackbox"} <= set(found)
    assert probed(target.replace("/livez", "/readyz"))["probe_success"] == 0
    site.nginx.send_signal(signal.SIGQUIT)
    site.nginx.wait(20)
    assert probed(target)["probe_success"] == 0
