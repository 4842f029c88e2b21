"""The first certificate and its renewals, by the real certbot from a real authority (pebble)."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.conftest import AROUND, CONFIGURATION, NAME, NGINX, write_certificate
from tests.deploy.monitoring import wait_for
from tests.deploy.network import Host, Network
from tests.deploy.tools import SBIN, needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
VM = ROOT / "deploy" / "vm"
AUTHORITY = "authority.example.com"
# As much of systemd as the scripts ask for, about the nginx of this machine.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/asked
case $1 in
  stop) [ ! -f {folder}/nginx.pid ] || kill -QUIT "$(cat {folder}/nginx.pid)" ;;
  start) nginx < /dev/null > {folder}/nginx.log 2>&1 &
    for _ in $(seq 100); do [ -s {folder}/nginx.pid ] && exit 0; sleep 0.1; done; exit 1 ;;
  reload) kill -HUP "$(cat {folder}/nginx.pid)" ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """Its /etc/letsencrypt and /var are its own; all else is this machine's."""

    host: Host
    folder: Path

    def does(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        own = ("sh", "-c", 'mount --bind "$0" /var && exec "$@"', self.folder / "var")
        known = str(self.folder / "authority/fullchain.pem")
        path = f"{self.folder}/bin:{SBIN}"
        return run(*self.host.within(*own, *command), PATH=path, REQUESTS_CA_BUNDLE=known)

    def served(self) -> str:
        """The serial number of what nginx shows."""
        shown = f"openssl s_client -connect {self.host.address}:443 -servername {NAME} < /dev/null"
        said = self.does("sh", "-c", f"{shown} 2> /dev/null | openssl x509 -noout -serial -issuer").stdout
        assert "Pebble" in said, said
        return re.findall(r"serial=(\w+)", said)[0]

    def kept(self) -> str:
        path = f"/etc/letsencrypt/live/{NAME}/fullchain.pem"
        return re.findall(r"serial=(\w+)", self.does("openssl", "x509", "-noout", "-serial", "-in", path).stdout)[0]

    def asked_of_systemd(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(network: Network, tmp_path: Path) -> Iterator[Machine]:
    needs("nginx", "pebble", "certbot", "openssl")
    one = Machine(network.host("site", 2), tmp_path)
    authority = network.host("acme", 5)
    one.host.knows({AUTHORITY: authority.address})
    authority.knows({NAME: one.host.address})
    for name in ("bin", "authority", "var/log/nginx", "var/www/certbot"):
        (tmp_path / name).mkdir(parents=True)

    write_certificate(tmp_path / "authority", name=AUTHORITY)
    settings = {
        "listenAddress": "0.0.0.0:14000", "managementListenAddress": "127.0.0.1:15000", "httpPort": 80, "tlsPort": 443,
        "certificate": f"{tmp_path}/authority/fullchain.pem", "privateKey": f"{tmp_path}/authority/privkey.pem",
    }  # fmt: skip
    (tmp_path / "pebble.json").write_text(json.dumps({"pebble": settings}))
    # It asks for each proof anew, and at once.
    quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    command = ("pebble", "-config", tmp_path / "pebble.json")
    authority.run(command, cwd=tmp_path, environment=os.environ | quick, log=tmp_path / "pebble.log")

    hooks = one.host.etc / "letsencrypt/renewal-hooks/deploy"
    hooks.mkdir(parents=True)
    shutil.copy(VM / "certbot/reload-nginx", hooks / "hrassist")
    (one.host.etc / "letsencrypt/cli.ini").write_text(f"server = https://{AUTHORITY}:14000/dir\n")
    shutil.copy(CONFIGURATION, tmp_path / "hrassist.conf")
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, user="user root;"))
    script(tmp_path / "bin/nginx", f'#!/bin/sh\nexec {NGINX} -c {tmp_path}/nginx.conf -p {tmp_path} "$@"\n')
    script(tmp_path / "bin/systemctl", SYSTEMCTL.format(folder=tmp_path))
    there = ("curl", "--silent", "--fail", "--cacert", tmp_path / "authority/fullchain.pem")
    address = f"https://{AUTHORITY}:14000/dir"
    wait_for(lambda: one.does(*there, address).returncode == 0, seconds=60, why="the authority does not answer")
    yield one
    if (tmp_path / "nginx.pid").exists():
        os.kill(int((tmp_path / "nginx.pid").read_text()), signal.SIGTERM)


def test_a_certificate_comes_from_the_authority_and_renewals_reach_those_who_ask(machine):
    done = machine.does(VM / "certificate", NAME, "it@acme.org")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.asked_of_systemd() == ["stop nginx", "start nginx", "reload nginx"]
    first = machine.kept()
    wait_for(lambda: machine.served() == first, seconds=20, why="another one is served")
    renewal = (machine.host.etc / f"letsencrypt/renewal/{NAME}.conf").read_text()
    # Renewed through the nginx that runs, and by whom the mail is known.
    assert "authenticator = webroot" in renewal
    assert f"{NAME} = /var/www/certbot" in renewal

    again = machine.does(VM / "certificate", NAME)
    assert (again.returncode, "certbot renews it" in again.stdout) == (0, True), again.stderr
    renew = ("certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew")
    done = machine.does(*renew)
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.asked_of_systemd()[3:] == ["reload nginx"]
    wait_for(lambda: machine.served() == machine.kept() != first, seconds=20, why="the old one is served")

    # Where nginx would refuse its configuration, it keeps what it has.
    before = machine.served()
    with (machine.folder / "hrassist.conf").open("a") as configuration:
        configuration.write("no_such_word on;\n")
    machine.does(*renew)
    assert machine.kept() != before == machine.served()
    assert machine.asked_of_systemd()[3:] == ["reload nginx"]
