"""The compose file against the specification's schema, and against what the other files say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.sealing import keys
from hrassist.ops.migrating.steps import LOCK_TIMEOUT
from tests.deploy.conftest import AROUND, NGINX, write_certificate
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
FOLDER = ROOT / "deploy" / "compose"
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
OURS = ("web", "stream", "worker", "migrate", "role")


@pytest.mark.parametrize("name", ["compose.yaml", "monitoring.yaml"])
def test_it_is_valid_by_the_compose_specification(name):
    schema = ("--builtin-schema", "vendor.compose-spec")
    done = run("deploy/scripts/scanner", "check-jsonschema", *schema, FOLDER / name)
    assert done.returncode == 0, done.stdout


def test_the_schema_would_refuse_a_word_that_it_does_not_know(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((FOLDER / "compose.yaml").read_text().replace("stop_grace_period:", "stop_grace:", 1))
    done = run("deploy/scripts/scanner", "check-jsonschema", "--builtin-schema", "vendor.compose-spec", wrong)
    assert done.returncode == 1


def test_everything_that_is_promised_is_in_it():
    assert {*OURS, "database", "redis", "store", "scanner", "proxy"} <= set(DOCUMENT["services"])
    assert "pgvector" in DOCUMENT["services"]["database"]["image"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_change_nothing_and_have_no_rights(name):
    service = DOCUMENT["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["user"] == "10001:10001"
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in DOCUMENT["services"].items() if "ports" in service] == ["proxy"]
    assert DOCUMENT["networks"]["inside"] == {"internal": True}
    for name in ("database", "redis", "store"):
        assert DOCUMENT["services"][name]["networks"] == ["inside"]


def test_only_what_changes_tables_has_the_owner_of_them():
    having = {name for name in OURS if "database_owner_url" in DOCUMENT["services"][name]["secrets"]}
    assert having == {"migrate", "role"}
    # Who waits for a lock longer than that makes everybody behind it wait.
    assert DOCUMENT["services"]["migrate"]["environment"]["PGOPTIONS"] == f"-c lock_timeout={LOCK_TIMEOUT}"
    assert "audit_key" not in DOCUMENT["services"]["web"]["secrets"]


def test_a_pooler_is_before_the_database_for_web_alone():
    """Streams and workers listen, which a pooler loses; what says so to web is read by nobody else."""
    database = {name: DOCUMENT["services"][name]["environment"]["DATABASE_URL_FILE"] for name in OURS}
    assert database == dict.fromkeys(OURS, "/run/secrets/database_url") | {"web": "/run/secrets/web_database_url"}
    assert DOCUMENT["secrets"]["web_database_url"]["file"] == (
        "${HRASSIST_WEB_DATABASE_URL_FILE:-" + DOCUMENT["secrets"]["database_url"]["file"] + "}"
    )
    files = {name: DOCUMENT["services"][name]["env_file"] for name in OURS}
    assert files == dict.fromkeys(OURS, "hrassist.env") | {
        "web": ["hrassist.env", {"path": "web.env", "required": False}]
    }


def test_every_secret_comes_as_a_file_and_every_variable_is_one_that_is_read():
    example = (ROOT / "config/env.example").read_text()
    for name in OURS:
        for variable, value in DOCUMENT["services"][name]["environment"].items():
            # Read by PostgreSQL's own library.
            if variable == "PGOPTIONS":
                continue
            known = variable.removesuffix("_FILE")
            assert f"\n{known}=" in example or f"\n#{known}=" in example, variable
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in DOCUMENT["services"][name]["secrets"]
    assert set(DOCUMENT["secrets"]) == {
        secret for service in DOCUMENT["services"].values() for secret in service.get("secrets", [])
    }


def test_each_image_says_its_version():
    for name, service in DOCUMENT["services"].items():
        assert not service["image"].endswith(":latest") or name in OURS
        assert re.search(r":[\w.${}:-]+$", service["image"]), name


def test_the_secrets_are_made_once_and_can_be_used(tmp_path):
    needs("openssl")
    shutil.copy(FOLDER / "secrets", tmp_path / "secrets")
    first = subprocess.run([tmp_path / "secrets"], capture_output=True, text=True, check=True).stdout.split()
    assert {f"secrets.d/{Path(one['file']).name.rstrip('}')}" for one in DOCUMENT["secrets"].values()} == set(first)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "secrets.d").iterdir()}
    assert subprocess.run([tmp_path / "secrets"], capture_output=True, text=True, check=True).stdout == ""
    assert {path.name: path.read_bytes() for path in (tmp_path / "secrets.d").iterdir()} == kept
    assert (tmp_path / "secrets.d").stat().st_mode & 0o777 == 0o700
    assert len({kept["secret_key"], kept["erasure_ledger_key"]}) == 2
    identity = json.loads(kept["store_identities.json"])["identities"][0]["credentials"][0]
    assert identity == {"accessKey": kept["store_key_id"].decode(), "secretKey": kept["store_key"].decode()}
    assert keys.parse(kept["audit_key"].decode()).key_id


def test_the_proxy_has_the_configuration_of_every_other_way_and_nginx_accepts_it(tmp_path):
    fresh = tmp_path / "fresh.conf"
    assert run(FOLDER / "render-nginx", fresh).returncode == 0
    assert fresh.read_text() == (FOLDER / "nginx.conf").read_text(), "run deploy/compose/render-nginx and commit it"
    needs("nginx")
    write_certificate(tmp_path)
    text = (
        fresh.read_text().replace("/etc/letsencrypt/live/hr.example.com", str(tmp_path)).replace("[::]:", "127.0.0.2:")
    )
    for name in ("web:", "stream:", "store:"):
        text = text.replace(f"server {name}", "server 127.0.0.1:")
    text = text.replace("listen 443", "listen 127.0.0.1:8443").replace("listen 80 ", "listen 127.0.0.1:8480 ")
    (tmp_path / "hrassist.conf").write_text(
        text.replace("127.0.0.2:443", "127.0.0.2:8443").replace("127.0.0.2:80 ", "127.0.0.2:8480 ")
    )
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, user=""))
    done = run(str(NGINX), "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_exporter_reads_what_the_others_count():
    metrics = yaml.safe_load((FOLDER / "monitoring.yaml").read_text())["services"]["metrics"]
    assert metrics["extends"] == {"file": "compose.yaml", "service": "web"}
    for name in ("web", "stream", "worker"):
        service = DOCUMENT["services"][name]
        folder = service["environment"]["HRASSIST_METRICS_DIR"]
        assert f"figures:{folder}" in service["volumes"]
    assert DOCUMENT["volumes"]["figures"]["driver_opts"]["type"] == "tmpfs"


def test_monitoring_speaks_to_what_it_is_told_by_the_address_that_it_is_told():
    """The settings say 127.0.0.1, so all of them share one network namespace; nothing but Grafana leaves the host."""
    services = yaml.safe_load((FOLDER / "monitoring.yaml").read_text())["services"]
    for name, service in services.items():
        assert name == "metrics" or service["network_mode"] == "service:metrics"
        assert name == "metrics" or "ports" not in service
    assert services["metrics"]["ports"] == ["127.0.0.1:3000:3000"]
    told = tomllib.loads((ROOT / "config/alerts.toml").read_text())["scrape"]["targets"]
    # `hrassist` is `metrics` here; each other target is a service under its own name.
    assert set(told) <= {"hrassist" if name == "metrics" else name for name in services}
    assert all(address.startswith("127.0.0.1:") for addresses in told.values() for address in addresses)
    for name in ("node", "blackbox"):
        assert any(word.endswith(f"listen-address={told[name][0]}") for word in services[name]["command"])


def test_monitoring_reads_the_files_that_are_shipped():
    document = yaml.safe_load((FOLDER / "monitoring.yaml").read_text())
    mounted = {
        volume.split(":")[0]
        for service in document["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("..")
    }
    assert mounted == {"../monitoring/prometheus", "../monitoring/alertmanager", "../monitoring/grafana"}
