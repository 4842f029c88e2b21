"""The compose file against the specification's schema, and against what the other files say."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from audit.sealing import keys
from hrassist.ops.backup import keys as backup_keys
from hrassist.ops.migrating.steps import LOCK_TIMEOUT
from hrassist.ops.timers import table
from tests.deploy.composed import DOCUMENT, FOLDER, HOST, MONITORING, ONCE, OURS, SERVICES, prepare
from tests.deploy.monitoring import run as ask
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy


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
    assert {*OURS, "database", "redis", "store", "scanner", "proxy", "certificate"} == set(DOCUMENT["services"])
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
    # Dumps are the owner's, and a drill makes a database.
    assert having == {"migrate", "role", "timers"}
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
        "web": ["hrassist.env", *({"path": f"{name}.env", "required": False} for name in ("web", "backup"))],
        "timers": ["hrassist.env", {"path": "backup.env", "required": False}],
    }


def test_every_secret_comes_as_a_file_and_every_variable_is_one_that_is_read():
    example = (ROOT / "config/env.example").read_text()
    for name in OURS:
        for variable, value in DOCUMENT["services"][name]["environment"].items():
            # Read by PostgreSQL's own library, and as systemd hands over secrets.
            if variable in {"PGOPTIONS", "CREDENTIALS_DIRECTORY"}:
                continue
            names = variable, variable.removesuffix("_FILE")
            assert any(f"\n{known}=" in example or f"\n#{known}=" in example for known in names), variable
            # The setting itself is the name of a file.
            if variable == "HRASSIST_BACKUP_KEY_FILE":
                assert value == "/run/credentials/app/backup.key"
            elif variable == "HRASSIST_BACKUP_PUBLIC_KEY_FILE":
                assert value == SERVICES["key"]["command"][-1]
            elif variable.endswith("_FILE"):
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
    wanted = {f"secrets.d/{Path(one['file']).name.rstrip('}')}" for one in DOCUMENT["secrets"].values()}
    assert wanted | {"secrets.d/backup/backup.key"} == set(first)
    made = [path for path in (tmp_path / "secrets.d").rglob("*") if path.is_file()]
    kept = {path.name: path.read_bytes() for path in made}
    assert subprocess.run([tmp_path / "secrets"], capture_output=True, text=True, check=True).stdout == ""
    assert {path.name: path.read_bytes() for path in made} == kept
    assert (tmp_path / "secrets.d").stat().st_mode & 0o777 == 0o700
    # Each container reads its own as a user of its own; that of backups is refused where others may (hrassist.E094).
    assert {path.stat().st_mode & 0o777 for path in made if path.name != "backup.key"} == {0o444}
    for folder in ("backup", "reader", "alerts"):
        assert (tmp_path / "secrets.d" / folder).stat().st_mode & 0o777 == 0o755
    key = tmp_path / "secrets.d/backup/backup.key"
    assert not backup_keys.is_exposed(key.stat().st_mode)
    if os.geteuid() == 0:
        assert f"{key.stat().st_uid}:{key.stat().st_gid}" == SERVICES["timers"]["user"]
    assert len(backup_keys.parse(key.read_text(), path=key).keys) == 1
    assert len({kept["secret_key"], kept["erasure_ledger_key"]}) == 2
    identity = json.loads(kept["store_identities.json"])["identities"][0]["credentials"][0]
    assert identity == {"accessKey": kept["store_key_id"].decode(), "secretKey": kept["store_key"].decode()}
    assert keys.parse(kept["audit_key"].decode()).key_id


# --- What starts when -------------------------------------------------------------------------------------------------


def waits_for(name: str) -> set[str]:
    """Everything that is there, or has ended well, before this one starts."""
    found = SERVICES[name].get("depends_on", {})
    return set(found).union(*(waits_for(one) for one in found))


def test_nobody_waits_for_who_waits_for_them_and_files_have_a_bucket_before_anybody_asks():
    # One that waits in a circle ends this with a RecursionError.
    for name in ("web", "stream", "worker", "timers"):
        assert {"buckets", "migrate", "role", "store", "database", "redis", "scanner"} == waits_for(name)
        assert SERVICES[name]["depends_on"]["buckets"] == {"condition": "service_completed_successfully"}
    # It answers the authority of certificates, and says why there is no page, whoever else is not there.
    assert waits_for("proxy") == waits_for("certificate") == set()
    for name, service in SERVICES.items():
        assert service["restart"] == ("no" if name in ONCE else "unless-stopped"), name
        for other, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in ONCE else None
            assert expected in {None, how["condition"]}, f"{name} does not wait for the end of {other}"
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other], other


def test_the_database_is_healthy_once_others_reach_it_and_not_while_it_is_made():
    """While its image makes it, a server without a network runs there: whoever asked the socket came too early."""
    words = SERVICES["database"]["healthcheck"]["test"]
    assert words[:2] == ["CMD", "pg_isready"]
    assert words[words.index("--host") + 1] == "127.0.0.1"


def test_buckets_are_made_without_the_proxy_which_is_not_there_yet():
    assert SERVICES["buckets"]["environment"]["AWS_S3_ENDPOINT_URL"] == "${HRASSIST_STORE_URL:-http://store:8333}"
    assert set(SERVICES["buckets"]["depends_on"]) == {"store"}
    # For everybody else the store has the name that browsers know, which the proxy answers to within.
    others = {SERVICES[name]["environment"]["AWS_S3_ENDPOINT_URL"] for name in OURS if name != "buckets"}
    (address,) = others
    (alias,) = SERVICES["proxy"]["networks"]["inside"]["aliases"]
    assert address == "${HRASSIST_STORE_URL:-https://" + alias + "}"


# --- What an operator does --------------------------------------------------------------------------------------------


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return prepare(tmp_path)


def test_all_that_the_files_name_is_there_after_prepare(prepared):
    named: set[str] = set()
    for document in (DOCUMENT, MONITORING):
        named |= {re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", one["file"]) for one in document.get("secrets", {}).values()}
        for service in document["services"].values():
            files = service.get("env_file", [])
            named |= {one for one in ([files] if isinstance(files, str) else files) if isinstance(one, str)}
            for volume in service.get("volumes", []):
                source = volume["source"] if isinstance(volume, dict) else volume.rpartition(":/")[0].split(":/")[0]
                source = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", source)
                named |= {source} if source.startswith(".") else set()
    assert {"hrassist.env", "./site.conf", "./alerts.toml", "./certificates", "./secrets.d/backup"} <= named
    assert [name for name in sorted(named) if not (prepared / name).exists()] == []
    # Nothing of it is ever in the repository.
    ignored = (FOLDER / ".gitignore").read_text().split()
    for path in prepared.iterdir():
        tracked = (FOLDER / path.name).exists() or path.name in ignored or f"{path.name}/" in ignored
        assert tracked, path.name


def test_every_variable_has_a_value_or_is_asked_for(prepared):
    text = (FOLDER / "compose.yaml").read_text() + (FOLDER / "monitoring.yaml").read_text()
    without_comments = re.sub(r"#.*", "", text)
    assert re.findall(r"(?<!\$)\$(?!\$|\{)", without_comments) == []
    needed = set(re.findall(r"\$\{(\w+):\?", without_comments))
    assert needed == {line.split("=")[0] for line in (prepared / ".env").read_text().splitlines()}
    assert re.findall(r"\$\{\w+\}", without_comments) == []


def test_prepare_keeps_what_was_filled_in_and_its_name(prepared):
    assert f"ALLOWED_HOSTS={HOST}\n" in (prepared / "hrassist.env").read_text()
    assert f"server_name {HOST};" in (prepared / "site.conf").read_text()
    assert f"server_name files.{HOST};" in (prepared / "site.conf").read_text()
    assert "hr.example.com" not in (prepared / "site.conf").read_text()
    own = {name: (prepared / name).read_text() + "# mine\n" for name in ("hrassist.env", "alerts.toml")}
    for name, text in own.items():
        (prepared / name).write_text(text)
    (prepared / "site.conf").write_text("of a release before")
    assert run(prepared / "prepare", HOST).returncode == 0
    assert {name: (prepared / name).read_text() for name in own} == own
    assert "server_name" in (prepared / "site.conf").read_text()
    done = run(prepared / "prepare", "other.acme.org")
    assert (done.returncode, "another HRASSIST_HOST" in done.stderr) == (1, True)
    for wrong in ("hr", "https://hr.acme.org", "hr.acme.org;", "../x.y"):
        assert run(prepared / "prepare", wrong).returncode == 1, wrong


def test_monitoring_tells_nobody_until_somebody_fills_in_who_and_how(prepared, tmp_path):
    """The very command of the service, over what `prepare` left."""
    service = MONITORING["services"]["watching"]
    targets = {
        "/etc/hrassist/alerts.toml": prepared / "alerts.toml",
        "/var/lib/hrassist-watching": tmp_path / "watching",
    }
    words = [str(targets.get(word, word)) for word in service["command"]]
    assert words[:2] == ["alert_rules", "--strict"]
    with pytest.raises(CommandError, match=r"mail_from, smtp still name example\.com"):
        call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())
    text = (prepared / "alerts.toml").read_text()
    assert 'mail_to = "it@acme.org"' in text
    assert f'public = ["https://{HOST}/livez"]' in text
    (prepared / "alerts.toml").write_text(re.sub(r"(\w+)\.example\.com|example\.com", "mail.acme.org", text))
    call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())
    # What Prometheus and Alertmanager are told to read is what was written.
    for name, check in {
        "prometheus": ("promtool", "check", "config"),
        "alertmanager": ("amtool", "check-config"),
    }.items():
        (option,) = (
            one for one in MONITORING["services"][name]["command"] if isinstance(one, str) and "config.file" in one
        )
        path = Path(option.partition("=")[2].replace("/watching", str(tmp_path / "watching")))
        assert "watching:/watching:ro" in MONITORING["services"][name]["volumes"]
        done = ask(*check, str(path))
        assert done.returncode == 0, done.stdout + done.stderr
        waits = MONITORING["services"][name]["depends_on"]["watching"]
        assert waits == {"condition": "service_completed_successfully", "restart": True}
    assert "smtp_smarthost: mail.mail.acme.org:587" in path.read_text() or "mail.acme.org:587" in path.read_text()


def test_how_backups_stand_reaches_prometheus():
    """Written by the timers, read by the collector of text files; when the last ones ended, all of us read."""
    (status,) = (one for one in table.load(configured.TIMERS_CONFIG) if one.name == "backup-status")
    assert "told:" + str(Path(status.command[-1]).parent) in SERVICES["timers"]["volumes"]
    node = MONITORING["services"]["node"]
    assert "told:/told:ro" in node["volumes"]
    assert "--collector.textfile.directory=/told" in node["command"]
    # The page reads what the key was needed for, and puts nothing there.
    assert (
        f"told:{Path(SERVICES['web']['environment']['HRASSIST_BACKUP_PUBLIC_KEY_FILE']).parent}:ro"
        in (SERVICES["web"]["volumes"])
    )
    for name in ("timers", "web"):
        assert f"data:{SERVICES[name]['environment']['HRASSIST_VAR_DIR']}" in SERVICES[name]["volumes"]


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
        # `watching` writes files and speaks to nobody.
        assert name in {"metrics", "watching"} or service["network_mode"] == "service:metrics"
        assert name == "metrics" or "ports" not in service
    assert services["metrics"]["ports"] == ["127.0.0.1:3000:3000"]
    told = tomllib.loads((ROOT / "config/alerts.toml").read_text())["scrape"]["targets"]
    # `hrassist` is `metrics` here; each other target is a service under its own name.
    assert set(told) <= {"hrassist" if name == "metrics" else name for name in services}
    assert all(address.startswith("127.0.0.1:") for addresses in told.values() for address in addresses)
    for name in ("node", "blackbox", "prometheus", "alertmanager"):
        assert any(word.endswith(f"listen-address={told[name][0]}") for word in services[name]["command"])
    assert services["metrics"]["command"] == ["metrics", "--bind", told["hrassist"][0]]


def test_monitoring_reads_the_files_that_are_shipped():
    """Dashboards as they are; the rest is rendered for this machine, and Slack's address comes as a file."""
    mounted = {
        volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
        for service in MONITORING["services"].values()
        for volume in service.get("volumes", [])
    }
    assert {one for one in mounted if one.startswith(".")} == {
        "../monitoring/grafana",
        "../monitoring/loki/loki.yml",
        "../monitoring/alloy/config.alloy",
        "./alerts.toml",
        "./secrets.d/alerts",
    }
    told = tomllib.loads(configured.ALERTS_CONFIG.read_text())["notify"]
    for name in ("watching", "alertmanager"):
        (secret,) = (
            one for one in MONITORING["services"][name]["volumes"]
            if isinstance(one, dict) and one["source"] == "./secrets.d/alerts"
        )  # fmt: skip
        for setting in ("slack_url_file", "smtp_password_file"):
            assert str(Path(told[setting]).parent) == secret["target"]
