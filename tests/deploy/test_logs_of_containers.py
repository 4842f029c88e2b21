"""What containers of the compose file say goes to the machine's journal, and from there to Loki as units' words do."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deploy.composed import FOLDER, SERVICES
from tests.deploy.composed import MONITORING as WATCHING
from tests.deploy.monitoring import MONITORING
from tests.deploy.test_logs import ALLOY, LOKI_YML, read, rules
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy


def labels_of(entry: dict[str, str]) -> dict[str, str] | None:
    """What Loki knows an entry of the journal by, as the rules make it; None for one that is left out."""
    labels = {f"__journal_{name.lower()}": value for name, value in entry.items()}
    for rule in rules():
        sources: list[str] = rule.values["source_labels"]  # type: ignore[assignment]
        found = re.fullmatch(str(rule.values.get("regex", "(.*)")), ";".join(labels.get(name, "") for name in sources))
        match rule.values.get("action", "replace"):
            case "keep" if found is None:
                return None
            case "drop" if found is not None:
                return None
            case "replace" if found is not None:
                template = re.sub(r"\$(\d)", r"\\\1", str(rule.values.get("replacement", "$1")))
                labels[str(rule.values["target_label"])] = found.expand(template)
    return {name: value for name, value in labels.items() if not name.startswith("__")}


def of_a_container(name: str, priority: str = "6", unit: str = "docker.service") -> dict[str, str]:
    """An entry as Docker's driver writes it: the name and the stream of a container, and whose process wrote it."""
    return {"_SYSTEMD_UNIT": unit, "CONTAINER_NAME": name, "PRIORITY": priority, "_HOSTNAME": "hr"}


def test_each_unit_has_its_name_in_loki_and_each_container_of_ours_its_own():
    assert labels_of({"_SYSTEMD_UNIT": "hrassist-web.service", "_HOSTNAME": "hr"}) == {
        "unit": "hrassist-web.service", "host": "hr",
    }  # fmt: skip
    # All but those that may quote names of people: those of the database and of the store, and pages of monitoring.
    left_out = {"database", "store", "redis", "certificate"} | set(WATCHING["services"]) - {"metrics", "watching"}
    for name in {**SERVICES, **WATCHING["services"]}:
        said = labels_of(of_a_container(f"hrassist-{name}-1"))
        assert said == (None if name in left_out else {"unit": f"hrassist-{name}.container", "host": "hr"}), name
    assert labels_of(of_a_container("hrassist-web-run-0f6c5d1a")) == {"unit": "hrassist-web.container", "host": "hr"}
    assert labels_of(of_a_container("other-web-1")) is None
    # Any program may call itself a container; whose unit it is says systemd.
    assert labels_of(of_a_container("hrassist-web-1", unit="ssh.service")) is None


def test_what_the_proxy_of_the_containers_says_of_errors_stays_out_as_its_file_does():
    for name in ("proxy", "web"):
        assert (labels_of(of_a_container(f"hrassist-{name}-1", "3")) is None) == (name == "proxy")
    # It writes there what it writes into a file elsewhere, with a time in the second of the two ways.
    site = (MONITORING.parent / "compose/nginx.conf").read_text()
    assert "access_log /dev/stdout hrassist;" in site
    assert "error_log" not in site
    assert '{"ts":"$time_iso8601"' in site
    (process,) = [one for one in read(ALLOY).blocks if (one.name, one.label) == ("loki.process", "json")]
    (stamp,) = [one for one in process.blocks if one.name == "stage.timestamp"]
    assert (stamp.values["format"], stamp.values["fallback_formats"]) == ("2006-01-02T15:04:05-0700", ["RFC3339"])


def test_loki_and_alloy_read_in_containers_what_they_read_on_a_machine():
    services = WATCHING["services"]
    mounted = {
        name: [one if isinstance(one, str) else f"{one['source']}:{one['target']}" for one in services[name]["volumes"]]
        for name in ("loki", "alloy")
    }
    assert "../monitoring/loki/loki.yml:/etc/loki/loki.yml:ro" in mounted["loki"]
    assert services["loki"]["command"] == ["-config.file=/etc/loki/loki.yml"]
    assert f"loki:{yaml.safe_load(LOKI_YML)['common']['path_prefix']}" in mounted["loki"]
    assert "../monitoring/alloy/config.alloy:/etc/alloy/config.alloy:ro" in mounted["alloy"]
    assert services["alloy"]["command"][:2] == ["run", "/etc/alloy/config.alloy"]
    # The machine's journal lies in a folder of the machine's own name.
    assert {"/var/log/journal:/var/log/journal", "/etc/machine-id:/etc/machine-id:ro"} <= set(mounted["alloy"])


def test_whatever_a_container_says_goes_to_the_journal_and_not_into_a_file_of_docker():
    for name, service in [*SERVICES.items(), *WATCHING["services"].items()]:
        # What extends another one of the compose file has what that one has.
        told = service.get("logging") or SERVICES[service["extends"]["service"]]["logging"]
        assert told == {"driver": "journald", "options": {"tag": "{{.Name}}"}}, name
    # Names begin with that of the project, which the rules look for.
    assert WATCHING["name"] == "hrassist"


def test_the_database_says_what_failed_without_the_statement_and_the_row():
    command = SERVICES["database"]["command"]
    told = {command[at + 1] for at, word in enumerate(command) if word == "-c"}
    assert {"log_min_error_statement=panic", "log_error_verbosity=terse"} <= told


def test_each_way_of_running_says_who_keeps_what_was_said_for_thirty_days():
    """Machine, containers, cluster: a page that says so, with the file or the setting that does it."""
    pages = ROOT / "docs"
    assert "/etc/systemd/journald.conf.d/hrassist.conf" in (pages / "infrastructure/deploy.md").read_text()
    assert (FOLDER / "journald.conf").is_file()
    retention = yaml.safe_load(LOKI_YML)["limits_config"]["retention_period"]
    cluster = (pages / "infrastructure/kubernetes.md").read_text().partition("\n## Logs\n")[2].partition("\n## ")[0]
    assert f"`retention_period: {retention}`" in cluster
    rotated = (MONITORING.parent / "vm/logrotate/hrassist").read_text()
    assert "as docs/privacy.md promises" in rotated
    assert {"rotate 30", "maxage 30"} <= {line.strip() for line in rotated.splitlines()}
    promised = (pages / "privacy.md").read_text().partition("**Logs of the machine**")[2].partition("\n\n")[0]
    assert "thirty days" in promised
    for path in re.findall(r"`(deploy/[\w/.]+)`", promised):
        assert (ROOT / path).is_file(), path


def test_whoever_reads_the_logs_on_a_machine_has_the_groups_that_they_need():
    installed = (ROOT / "docs/infrastructure/monitoring.md").read_text().partition("\n## Logs\n")[2]
    assert set(re.findall(r"adduser alloy ([\w-]+)", installed)) == {"adm", "systemd-journal"}
    # As nginx's file is written anew each day.
    assert "create 0640 www-data adm" in (MONITORING.parent / "vm/logrotate/hrassist").read_text()
    for path in re.findall(r"\bdeploy/monitoring/[\w/.]+", installed):
        assert (ROOT / path).exists(), path
