"""The compose files as Docker Compose itself reads them: merged, filled in, and refused where something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.composed import HOST, MONITORING, OURS, SERVICES, prepare
from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
COMPOSE = (ROOT / "deploy/scripts/scanner", "docker-compose")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepare(tmp_path)


def read(folder: Path, *files: str) -> dict[str, Any]:
    """What Compose would start, without a name that is filled in elsewhere."""
    named = [part for name in files for part in ("--file", name)]
    done = run(*COMPOSE, *named, "config", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    # A warning is a name that has no value, or a word that nobody reads any more.
    assert "level=" not in done.stderr, done.stderr
    return dict(json.loads(done.stdout))


def test_it_starts_what_the_file_says_with_every_name_filled_in(folder):
    found = read(folder, "compose.yaml")
    assert set(found["services"]) == set(SERVICES)
    for name, service in found["services"].items():
        assert "$" not in json.dumps(service["environment"] if name in OURS else {})
        if name in OURS:
            # Buckets are made before there is a proxy.
            store = "http://store:8333" if name == "buckets" else f"https://files.{HOST}"
            assert service["environment"]["AWS_S3_ENDPOINT_URL"] == store
            # Of hrassist.env, which `prepare` made of production's.
            assert service["environment"]["HRASSIST_ENV"] == "production"
            assert service["environment"]["ALLOWED_HOSTS"] == HOST
            assert (service["read_only"], service["user"]) == (True, "10001:10001")
    for secret in found["secrets"].values():
        assert Path(secret["file"]).is_file()


def test_web_reads_what_is_said_for_web_alone_where_somebody_says_it(folder):
    (folder / "web.env").write_text("HRASSIST_DB_POOLED=on\n")
    services = read(folder, "compose.yaml")["services"]
    having = {name for name, one in services.items() if "HRASSIST_DB_POOLED" in (one.get("environment") or {})}
    assert having == {"web"}


def test_monitoring_starts_beside_it_and_takes_what_it_extends(folder):
    services = read(folder, "compose.yaml", "monitoring.yaml")["services"]
    assert set(services) == set(SERVICES) | set(MONITORING["services"])
    for name in ("metrics", "watching"):
        assert services[name]["image"] == services["web"]["image"]
        assert services[name]["environment"]["DATABASE_URL_FILE"].startswith("/run/secrets/")
        assert services[name]["cap_drop"] == ["ALL"]
    # By themselves the files name networks and services of each other, and are no installation.
    alone = run(*COMPOSE, "--file", "monitoring.yaml", "config", "--quiet", cwd=folder)
    assert alone.returncode != 0


def test_without_a_name_it_says_what_to_run(folder):
    (folder / ".env").unlink()
    done = run(*COMPOSE, "config", "--quiet", cwd=folder)
    assert done.returncode != 0
    assert "run ./prepare hr.example.com" in done.stderr


def of(text: str) -> Callable[[str], str]:
    def change(was: str) -> str:
        assert text in was
        return was.replace(text, f"{text}x", 1)

    return change


def waits_for_web(was: str) -> str:
    return re.sub(r"(?m)^  database:\n", "  database:\n    depends_on: [web]\n", was, count=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of("    read_only"), "additional properties 'read_onlyx' not allowed"),
        (of("networks: [inside"), "undefined network insidex"),
        (of("    - ledger"), "undefined volume ledgerx"),
        (waits_for_web, "dependency cycle detected"),
        (of("env_file: hrassist.env"), "hrassist.envx not found"),
    ],
)
def test_a_mistake_is_refused(folder, change, said):
    path = folder / "compose.yaml"
    path.write_text(change(path.read_text()))
    done = run(*COMPOSE, "config", "--quiet", cwd=folder)
    assert done.returncode != 0
    assert said in done.stderr
