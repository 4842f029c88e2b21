"""A machine from its installation to its restore, as an operator has it: real systemd, every unit in its sandbox.

The tests are one story, in this order.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.conftest import NAME, write_certificate
from tests.deploy.machine import archive
from tests.machine.machine import Machine
from tests.repo.sources import ROOT

pytestmark = pytest.mark.machine
UNITS = ROOT / "deploy/vm/systemd"
TIMERS = sorted(path.stem for path in UNITS.glob("*.timer"))
SERVICES = ["hrassist-web", "hrassist-stream", "hrassist-worker@1", "hrassist-metrics"]
PLACES = "/var/backups/hrassist"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("release"), "1.0.0", static=None)


def curl(machine: Machine, path: str, *options: str, given: bytes = b"") -> tuple[int, str]:
    """Status and body, by nginx and TLS as a browser comes."""
    said = machine.run(
        "curl", "--silent", "--insecure", "--resolve", f"{NAME}:443:127.0.0.1", "--write-out", "\n%{http_code}",
        *options, f"https://{NAME}{path}", given=given,
    )  # fmt: skip
    body, _, status = said.rpartition("\n")
    return int(status), body


def test_the_machine_is_installed_and_the_release_answers(machine: Machine, release: Path, tmp_path: Path) -> None:
    # What is there before us: a database in UTF-8 with the role that owns it, and a scanner with signatures.
    machine.run("pg_dropcluster", "--stop", "17", "main")
    machine.run("pg_createcluster", "--locale", "C.UTF-8", "--start", "17", "main", "--", "--data-checksums")
    machine.run(
        "runuser", "-u", "postgres", "--", "psql", "--quiet", "--set", "ON_ERROR_STOP=1",
        given=b"CREATE ROLE hrassist_owner LOGIN CREATEROLE PASSWORD 'owner-of-the-tables';\n"
        b"CREATE DATABASE hrassist OWNER hrassist_owner;\n\\connect hrassist\n"
        b"CREATE EXTENSION vector; CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent;\n",
    )  # fmt: skip
    machine.put("/var/lib/clamav/own.ndb", "Own.Test.EICAR:0:*:58354f2150254041505b345c505a58\n", owner="clamav:clamav")
    # Debian's unit waits for the signatures of ClamAV, which are not to be had here.
    machine.put("/etc/systemd/system/clamav-daemon.service.d/test.conf", "[Unit]\nConditionPathExistsGlob=\n")
    machine.put("/etc/systemd/system/clamav-daemon.socket.d/test.conf", "[Unit]\nConditionPathExistsGlob=\n")
    machine.run("systemctl", "daemon-reload")
    machine.start("clamav-daemon.service")

    # docs/infrastructure/deploy.md, step by step.
    machine.put("/root/hrassist-1.0.0.tar.gz", release.read_bytes())
    machine.run("tar", "--extract", "--gzip", "--file", "hrassist-1.0.0.tar.gz", "deploy")
    machine.run("deploy/vm/install", "--dry-run", NAME)
    machine.run("deploy/vm/install", NAME)
    for path, role, password in (
        ("app/DATABASE_URL", "hrassist_app", "the-applications-own"),
        ("owner/HRASSIST_DB_OWNER_URL", "hrassist_owner", "owner-of-the-tables"),
    ):
        machine.put(
            f"/etc/hrassist/secrets/{path}", f"postgresql://{role}:{password}@127.0.0.1:5432/hrassist\n", mode="600"
        )
    settings = machine.run("cat", "/etc/hrassist/env")
    settings = re.sub(r"^AWS_\w+=.*\n", "", settings, flags=re.MULTILINE)
    settings = settings.replace("HRASSIST_REQUIRE_MFA=on", "HRASSIST_REQUIRE_MFA=off")
    machine.put("/etc/hrassist/env", settings, mode="640")
    write_certificate(tmp_path)
    for name in ("fullchain.pem", "privkey.pem"):
        machine.put(f"/etc/letsencrypt/live/{NAME}/{name}", (tmp_path / name).read_bytes(), mode="600")
    machine.run("nginx", "-t")
    machine.run("systemctl", "restart", "nginx")
    machine.run("systemctl", "start", "hrassist-web.socket", "hrassist-stream.socket")
    assert "hrassist 1.0.0 answers." in machine.run("hrassist-release", "hrassist-1.0.0.tar.gz", "1.0.0")
    machine.run("systemctl", "start", "hrassist.target")
    machine.run("hrassist-manage", "audit_key", "--new", "/var/lib/hrassist/audit-key.pem")
    machine.run("mv", "/var/lib/hrassist/audit-key.pem", "/etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY")
    machine.run("systemctl", "restart", "hrassist-worker@1")

    assert [machine.shown(f"{one}.service", "ActiveState") for one in SERVICES] == ["active"] * len(SERVICES)
    assert machine.failed() == []
    status, page = curl(machine, "/login/")
    assert status == 200
    assert "hrassist" in page
    smoke = machine.ask(
        "env", f"SMOKE_CURL=--insecure --resolve {NAME}:443:127.0.0.1", "deploy/scripts/smoke", f"https://{NAME}"
    )
    assert [line for line in smoke.stdout.splitlines() if line.startswith("WRONG")] == []
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
