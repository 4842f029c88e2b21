"""A machine from its installation to its restore, as an operator has it: real systemd, every unit in its sandbox.

The tests are one story, in this order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.candidates.resumes.test_pipeline import PDF, pdf_of
from tests.chaos.test_scanner_trouble import EICAR
from tests.deploy.conftest import NAME, write_certificate
from tests.deploy.machine import archive
from tests.deploy.test_logs import asked_of_the_journal
from tests.deploy.test_release_migrations import brings
from tests.machine.archived import points, segments
from tests.machine.counting import REQUESTS, STATEMENTS, counted, is_in_memory, kinds_of_folders
from tests.machine.machine import Machine
from tests.machine.probing import in_the_sandbox_of, read_by, services
from tests.repo.sources import ROOT

pytestmark = pytest.mark.machine
UNITS = ROOT / "deploy/vm/systemd"
TIMERS = sorted(path.stem for path in UNITS.glob("*.timer"))
SERVICES = ["hrassist-web", "hrassist-stream", "hrassist-worker@1", "hrassist-metrics"]
CLAMD = "/run/dated-clamd/clamd.ctl"
AUDIT_KEY = "/etc/hrassist/secrets/worker/HRASSIST_AUDIT_KEY"
PLACES, KEY = "/var/backups/hrassist", "/etc/hrassist/backup.key"
BOTH = f"{PLACES}/a", f"{PLACES}/b"
# What the operators' page is made of.
SHOWN = """
import django, json
django.setup()
from hrassist.ops.backup import keys, status
print(json.dumps([status.read().as_json(), keys.to_look().opens]))
"""
PAGE = (
    "/usr/bin/env DJANGO_SETTINGS_MODULE=hrassist.settings PYTHONPATH=/opt/hrassist/current"
    " /opt/hrassist/current/.venv/bin/python /usr/local/lib/page.py"
)
READER, WRITER = "what-only-reads-there", "what-writes-to-a-place"


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
    # What is there before us: a scanner with signatures (Debian's unit waits for those of ClamAV).
    machine.put("/var/lib/clamav/own.ndb", f"Own.Test.EICAR:0:*:{EICAR.hex()}\n", owner="clamav:clamav")
    for unit in ("clamav-daemon.service", "clamav-daemon.socket"):
        machine.put(f"/etc/systemd/system/{unit}.d/test.conf", "[Unit]\nConditionPathExistsGlob=\n")
    # Signatures of our own carry no date, without which nothing counts as clean.
    machine.put("/usr/local/lib/dated_clamd.py", (Path(__file__).parent / "dated_clamd.py").read_bytes())
    machine.put(
        "/etc/systemd/system/dated-clamd.service",
        "[Service]\nRuntimeDirectory=dated-clamd\nUMask=0000\n"
        f"ExecStart=python3 /usr/local/lib/dated_clamd.py {CLAMD}\n[Install]\nWantedBy=multi-user.target\n",
    )
    machine.run("systemctl", "daemon-reload")
    machine.start("clamav-daemon.service")
    machine.run("systemctl", "enable", "--now", "clamav-daemon.service", "dated-clamd.service")

    # docs/infrastructure/deploy.md, step by step.
    machine.put("/root/hrassist-1.0.0.tar.gz", release.read_bytes())
    machine.run("tar", "--extract", "--gzip", "--file", "hrassist-1.0.0.tar.gz", "deploy")
    machine.run("deploy/vm/install", "--dry-run", NAME)
    machine.run("deploy/vm/install", "--prometheus", "it@acme.org", NAME)
    own = machine.run("cat", "/etc/hrassist/alerts.toml")
    machine.put("/etc/hrassist/alerts.toml", own.replace("it@acme.org", "night@acme.org"))
    machine.run("/usr/local/lib/hrassist/database", "--dry-run")
    for _ in range(2):
        machine.run("/usr/local/lib/hrassist/database")
    settings = machine.run("cat", "/etc/hrassist/env")
    settings = re.sub(r"^AWS_\w+=.*\n", "", settings, flags=re.MULTILINE)
    settings = settings.replace("HRASSIST_REQUIRE_MFA=on", "HRASSIST_REQUIRE_MFA=off")
    settings = settings.replace("/run/clamav/clamd.ctl", CLAMD)
    machine.put("/etc/hrassist/env", settings, mode="640")
    assert "PRIVATE KEY" in machine.run("cat", AUDIT_KEY)
    write_certificate(tmp_path)
    for name in ("fullchain.pem", "privkey.pem"):
        machine.put(f"/etc/letsencrypt/live/{NAME}/{name}", (tmp_path / name).read_bytes(), mode="600")
    machine.run("nginx", "-t")
    machine.run("systemctl", "restart", "nginx")
    machine.run("systemctl", "start", "hrassist-web.socket", "hrassist-stream.socket")
    assert "hrassist 1.0.0 answers." in machine.run("hrassist-release", "hrassist-1.0.0.tar.gz", "1.0.0")
    # What watches the machine follows each release, with what the machine says otherwise.
    assert "to: night@acme.org" in machine.run("cat", "/etc/prometheus/alertmanager.yml")
    machine.run("systemctl", "start", "hrassist.target")
    assert [machine.shown(f"{one}.service", "ActiveState") for one in SERVICES] == ["active"] * len(SERVICES)
    assert machine.failed() == []
    status, page = curl(machine, "/login/")
    assert status == 200
    assert "hrassist" in page
    # From an address that is not the machine's own loop.
    outside = f"SMOKE_CURL=--insecure --resolve {NAME}:443:203.0.113.10"
    smoke = machine.ask("env", outside, "deploy/scripts/smoke", f"https://{NAME}")
    assert [line for line in smoke.stdout.splitlines() if line.startswith("WRONG")] == []
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr


@pytest.fixture(scope="module")
def token(machine: Machine) -> str:
    machine.run("hrassist-manage", "add_user", "ada", "--role", "recruiter")
    scopes = [word for one in ("uploads:write", "uploads:read", "candidates:read") for word in ("--scope", one)]
    return machine.run("hrassist-manage", "issue_token", "ada", "the machine", *scopes).split()[-1]


def asked(machine: Machine, token: str, path: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
    options = ["--header", f"Authorization: Bearer {token}"]
    if given is not None:
        options += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
    status, body = curl(machine, path, *options, given=json.dumps(given).encode() if given is not None else b"")
    assert status < 300, body
    found: dict[str, Any] = json.loads(body)
    return found


def upload(machine: Machine, token: str, data: bytes) -> dict[str, Any]:
    """The ticket as it is in the end: by the API, the store and the worker of the machine."""
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    said = {"filename": "resume.pdf", "size": len(data), "content_type": "application/pdf", "md5_b64": md5}
    ticket = asked(machine, token, "/api/v1/uploads", said)
    headers = [word for name, value in ticket["headers"].items() for word in ("--header", f"{name}: {value}")]
    status, body = curl(
        machine, ticket["url"].removeprefix(f"https://{NAME}"), "--request", ticket["method"], *headers,
        "--data-binary", "@-", given=data,
    )  # fmt: skip
    assert status < 300, body
    asked(machine, token, f"/api/v1/uploads/{ticket['id']}/confirm", {})
    for _ in range(240):
        found = asked(machine, token, f"/api/v1/uploads/{ticket['id']}")
        if found["state"] in {"available", "rejected"}:
            return found
        time.sleep(0.5)
    pytest.fail(f"{found}\n{machine.journal('hrassist-worker@1')}")


def test_a_resume_is_read_in_the_cage_within_the_sandbox_of_the_worker(machine: Machine, token: str) -> None:
    found = upload(machine, token, PDF)
    assert found["state"] == "available", machine.journal("hrassist-worker@1")
    assert asked(machine, token, f"/api/v1/candidates/{found['candidate']}")["full_name"]
    infected = upload(machine, token, PDF + EICAR)
    assert (infected["state"], infected["reason_code"]) == ("rejected", "infected")


def test_figures_lie_in_memory_and_a_restart_sweeps_out_its_own_alone(machine: Machine) -> None:
    assert is_in_memory(machine)
    assert kinds_of_folders(machine) == ["stream", "web", "worker"]
    asked, done = counted(machine, REQUESTS, "web", more_than=0), counted(machine, STATEMENTS, "worker", more_than=0)
    machine.run("systemctl", "restart", "hrassist-stream", "hrassist-metrics")
    machine.run("systemctl", "stop", "hrassist-stream")
    assert counted(machine, REQUESTS, "web", more_than=0) >= asked
    machine.run("systemctl", "restart", "hrassist-web")
    assert counted(machine, REQUESTS, "web") < asked
    assert counted(machine, STATEMENTS, "worker") >= done
    machine.run("systemctl", "start", "hrassist-stream")
    assert kinds_of_folders(machine) == ["stream", "web", "worker"]


def test_what_the_worker_says_is_read_for_loki(machine: Machine) -> None:
    matches, kept = asked_of_the_journal()
    said = machine.run("journalctl", "--no-pager", "--output=json", "--output-fields=_SYSTEMD_UNIT", *matches)
    units = {json.loads(line).get("_SYSTEMD_UNIT", "") for line in said.splitlines()}
    found = {unit for unit in units if kept.fullmatch(unit)}
    # PostgreSQL of Debian writes into a file of its own, which quotes statements: it is left where it is.
    assert {"hrassist-worker@1.service", "hrassist-web.service"} <= found, units


@pytest.mark.parametrize("unit", [one for one in TIMERS if "backup" not in one and "drill" not in one])
def test_what_a_timer_starts_ends_well(machine: Machine, unit: str) -> None:
    machine.start(f"{unit}.service")
    assert machine.shown(f"{unit}.timer", "ActiveState") == "active"


def test_backups_wait_for_their_key_and_run_with_it(machine: Machine) -> None:
    machine.start("hrassist-backup.service")
    assert machine.shown("hrassist-backup.service", "ConditionResult") == "no"

    # docs/infrastructure/backup.md: a place on this machine and its key.
    machine.run("install", "--directory", "--owner=hrassist", "--group=hrassist", "--mode=2770", PLACES, *BOTH)
    machine.run("hrassist-backup-key")
    assert machine.run("stat", "--format=%U %a", KEY, f"{KEY}.pub").splitlines() == ["root 600", "root 644"]
    for who, word in (("app", READER), ("backup", WRITER)):
        machine.put(f"/etc/hrassist/secrets/{who}/HRASSIST_BACKUP_A_SECRET_ACCESS_KEY", word, mode="600")
        machine.put(f"/etc/hrassist/secrets/{who}/HRASSIST_BACKUP_A_ACCESS_KEY_ID", who, mode="600")
    settings = machine.run("cat", "/etc/hrassist/env")
    settings += f"HRASSIST_BACKUP_A={BOTH[0]}\nHRASSIST_BACKUP_B={BOTH[1]}\nHRASSIST_BACKUP_KEY_FILE={KEY}\n"
    machine.put("/etc/hrassist/env", settings, mode="640")
    for unit in ("backup", "backup-files", "backup-status", "drill", "backup-status", "fsck"):
        machine.start(f"hrassist-{unit}.service")
    said = json.loads(machine.run("hrassist-manage", "backup_status", "--json"))
    assert said["last_drill"]["passed"] is True
    assert [one["canary"] for one in said["places"]] == [True, True]
    assert said["last_drill"]["files"]["opened"] == 1
    assert "hrassist_drill_passed 1" in machine.run("cat", "/var/lib/hrassist-figures/backup.prom")
    # Who collects figures is no member of the group, and comes by nothing else.
    machine.ask("useradd", "--system", "prometheus")
    as_collector = ["runuser", "-u", "prometheus", "--"]
    assert "hrassist_drill_passed 1" in machine.run(*as_collector, "cat", "/var/lib/hrassist-figures/backup.prom")
    assert machine.ask(*as_collector, "cat", KEY).returncode == 1
    assert machine.ask(*as_collector, "ls", "/var/lib/hrassist").returncode
    # Everybody else is kept from the copies.
    assert machine.run("find", PLACES, "-perm", "/007").splitlines() == []


def holders(machine: Machine, *secrets: str) -> dict[str, list[str]]:
    """By unit which of these secrets it can read, while others hold them that run as the same user."""
    machine.run("systemctl", "restart", "hrassist-worker@1", "hrassist-web", "hrassist-stream", "hrassist-metrics")
    machine.put(
        "/root/operator", 'source /usr/local/lib/hrassist/common; in_release "$OPT/current" "app key backup" sleep 300'
    )
    machine.run("systemd-run", "--unit=operator", "bash", "/root/operator")
    unit = machine.run("cat", "/etc/systemd/system/hrassist-backup.service")
    held = re.sub(r"^ExecStart=.*$", "ExecStart=/usr/bin/sleep 300", unit, flags=re.MULTILINE).replace(
        "oneshot", "exec"
    )
    machine.put("/etc/systemd/system/holder.service", held)
    machine.run("systemctl", "daemon-reload")
    machine.start("holder.service")
    try:
        return {one.removeprefix("hrassist-"): read_by(machine, one, *secrets) for one in services(UNITS)}
    finally:
        machine.run("systemctl", "stop", "holder.service", "operator.service")


def test_the_key_of_backups_and_what_writes_to_their_places_are_read_by_those_alone_who_make_and_prove_them(
    machine: Machine,
) -> None:
    key = machine.run("cat", KEY).strip().removeprefix("hrbk1:").rstrip("=")
    found = holders(machine, key, WRITER, READER)
    both = sorted([key, WRITER, READER])
    having = dict.fromkeys(("backup", "backup-files", "drill"), both)
    having |= {one: sorted([key, READER]) for one in ("backup-status", "fsck-files")}
    assert found == {unit: having.get(unit, [READER]) for unit in found}
    # And what the operators' page shows is read by the web process all the same, in its own sandbox.
    machine.start("hrassist-backup-status.service")
    machine.put("/usr/local/lib/page.py", SHOWN)
    for unit in ("hrassist-web", "hrassist-worker@"):
        said, opens = json.loads(in_the_sandbox_of(machine, unit, PAGE))
        assert opens is False
        assert [one["canary"] for one in said["places"]] == [True, True]
        assert said["last_drill"]["passed"] is True
        assert all(set(one["age_seconds"]) == {"database", "files", "drill"} for one in said["places"])


def test_a_role_that_may_not_make_a_database_is_told_what_to_do(machine: Machine) -> None:
    as_postgres = ["runuser", "-u", "postgres", "--", "psql", "--quiet", "--command"]
    machine.run(*as_postgres, "ALTER ROLE hrassist_owner NOCREATEDB")
    assert machine.ask("systemctl", "start", "hrassist-drill.service").returncode
    assert "may not make a database to restore into. On the server: deploy/vm/database" in machine.journal(
        "hrassist-drill.service"
    )
    machine.run("/usr/local/lib/hrassist/database")
    machine.start("hrassist-drill.service")


def test_pgbackrest_runs_as_the_servers_user_and_leaves_the_server_alone(machine: Machine) -> None:
    machine.run("deploy/vm/install", "--pgbackrest", NAME)
    repositories = [f"/var/lib/pgbackrest/{one}" for one in "ab"]
    machine.run(
        "install",
        "--directory",
        "--owner=postgres",
        "--group=hrassist",
        "--mode=2750",
        "/var/lib/pgbackrest",
        *repositories,
    )
    machine.put(
        "/etc/pgbackrest.conf",
        "[global]\nstart-fast=y\nprocess-max=2\ncompress-type=zst\n"
        + "".join(
            f"repo{number}-path={path}\nrepo{number}-cipher-type=aes-256-cbc\nrepo{number}-retention-full=2\n"
            f"repo{number}-cipher-pass=passphrase-{number}-of-this-machine\n"
            for number, path in enumerate(repositories, start=1)
        )
        + "\n[hrassist]\npg1-path=/var/lib/postgresql/17/main\n",
        mode="640", owner="postgres:postgres",
    )  # fmt: skip
    archive_command = "pgbackrest --stanza=hrassist archive-push %p"
    machine.put(
        "/etc/postgresql/17/main/conf.d/hrassist.conf",
        f"archive_mode = on\narchive_timeout = 45\narchive_command = '{archive_command}'\n",
    )
    machine.run("systemctl", "restart", "postgresql@17-main")
    machine.run("runuser", "-u", "postgres", "--", "pgbackrest", "--stanza=hrassist", "stanza-create")
    settings = machine.run("cat", "/etc/hrassist/env")
    machine.put("/etc/hrassist/env", f"{settings}HRASSIST_BACKUP_ENGINE=pgbackrest\n", mode="640")
    # What the other engine left belongs to the other user.
    machine.run("chmod", "--recursive", "g+rwX", PLACES)
    began = machine.shown("postgresql@17-main", "ExecMainStartTimestamp")
    for unit in ("backup", "backup-files", "drill", "backup-status", "fsck"):
        machine.start(f"hrassist-{unit}.service")
        # systemd takes what a user shares in memory away with the user's unit: with the server's user, the server's.
        machine.run("runuser", "-u", "postgres", "--", "psql", "--command", "SELECT 1")
    said = json.loads(machine.run("hrassist-manage", "backup_status", "--json"))
    assert (said["last_drill"]["engine"], said["last_drill"]["passed"]) == ("pgbackrest", True)
    assert said["last_drill"]["rto_seconds"] < 300
    passphrase = "passphrase-1-of-this-machine"
    as_server = {"backup", "backup-status", "drill"}
    for unit in services(UNITS):
        assert bool(read_by(machine, unit, passphrase)) == (unit.removeprefix("hrassist-") in as_server), unit
    status, _opens = json.loads(in_the_sandbox_of(machine, "hrassist-web", PAGE))
    assert all(set(one["age_seconds"]) == {"database", "files", "drill"} for one in status["places"])
    assert machine.shown("postgresql@17-main", "ExecMainStartTimestamp") == began
    assert machine.failed() == []


def test_a_release_migrates_from_a_point_that_is_confirmed_in_both_repositories_and_not_without_one(
    machine: Machine, tmp_path: Path
) -> None:
    def widened() -> bool:
        asked = "SELECT count(*) FROM pg_attribute WHERE attname = 'later_one'"
        return machine.run(*as_postgres, "--tuples-only", "--command", asked).strip() == "1"

    as_postgres = ["runuser", "-u", "postgres", "--", "psql", "--quiet", "--dbname", "hrassist"]
    made = archive(tmp_path, "1.1.0", change=lambda tree: brings(tree, 9001, "later_one"), static=None)
    machine.put("/root/hrassist-1.1.0.tar.gz", made.read_bytes())
    before = {repo: segments(machine, repo)[-1] for repo in (1, 2)}
    release = ["hrassist-release", "--without-staging", "hrassist-1.1.0.tar.gz", "1.1.0"]
    refused = machine.ask(*release)
    assert refused.returncode
    assert "Release 1.1.0 was not migrated to; release 1.0.0 still answers." in refused.stderr
    assert not widened()

    # What it says, and docs/infrastructure/bad-deploy.md.
    grant = re.search(r"GRANT EXECUTE [^;]+", refused.stderr)
    assert grant is not None
    machine.run(*as_postgres, "--command", grant[0])
    assert "hrassist 1.1.0 answers." in machine.run(*release)
    assert widened()
    name = f"before-{hashlib.sha256(made.read_bytes()).hexdigest()[:12]}-"
    for repo, segment in before.items():
        (point,) = points(machine, repo, after=segment)
        assert point.startswith(name)
    assert len(machine.run("find", *BOTH, "-path", "*/migrations/*", "-type", "f").splitlines()) == 2
    assert curl(machine, "/livez") == (200, "ok 1.1.0\n")
    assert machine.failed() == []


def test_a_worker_that_dies_is_started_again_and_a_machine_that_lost_its_power_comes_back(
    machine: Machine, token: str
) -> None:
    first = machine.shown("hrassist-worker@1", "MainPID")
    # kill 0 would be a signal to everybody.
    assert first != "0", machine.journal("hrassist-worker@1")
    machine.run("kill", "-KILL", first)
    for _ in range(120):
        if (second := machine.shown("hrassist-worker@1", "MainPID")) not in {"0", first}:
            break
        time.sleep(0.5)
    assert second not in {"0", first}

    machine.cut_power()
    machine.boot()
    for _ in range(240):
        if curl(machine, "/login/")[0] == 200:
            break
        time.sleep(0.5)
    assert [machine.shown(f"{one}.service", "ActiveState") for one in SERVICES] == ["active"] * len(SERVICES)
    assert [machine.shown(f"{one}.timer", "ActiveState") for one in TIMERS] == ["active"] * len(TIMERS)
    assert machine.failed() == []
    # It still knows who was there, and takes in somebody new.
    assert upload(machine, token, pdf_of("Grace Hopper"))["state"] == "available"
