"""Grafana's dashboards: they load, every expression parses, and every figure in them exists."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.registry import Collector

from hrassist.metrics import machine, people, requests, state, statements, streams, tasks, workers  # noqa: F401  they register
from hrassist.ops import dashboards, watching
from hrassist.ops.backup import machine as machine_of_backups
from hrassist.ops.backup import metrics, status
from tests.deploy.monitoring import MONITORING, run
from tests.deploy.tools import run as tool_run

BOARDS = dashboards.load(settings.BASE_DIR / "config/dashboards.toml")
GRAFANA = MONITORING / "grafana"
FILES = sorted((GRAFANA / "dashboards" / "hrassist").glob("*.json"))
# Of exporters that are not ours; each with whose it is. test_exporters.py asks the real ones.
OF_OTHERS = {
    "node_cpu_seconds_total": "node", "node_memory_MemAvailable_bytes": "node", "node_memory_MemTotal_bytes": "node",
    "node_filesystem_avail_bytes": "node", "node_filesystem_size_bytes": "node", "probe_success": "blackbox",
    "probe_ssl_earliest_cert_expiry": "blackbox", "up": "prometheus",
}  # fmt: skip
# There when something writes them down: backups.
AWAITED = {"hrassist_backup_success_timestamp_seconds", "hrassist_backup_bytes"}
_NAME = re.compile(r"\b((?:hrassist|node|probe)_[a-zA-Z0-9_]+|up)\b(?!\s*=[^=])")
ALERTS = [(f"alert {alert.name}", alert.query()) for alert in watching.load(settings.ALERTS_CONFIG).alerts]


def expressions() -> list[tuple[str, str]]:
    return [
        (f"{board.title}: {panel.title}", expression)
        for board in BOARDS
        for panel in board.panels
        for expression, _ in panel.asks
    ]


def test_the_boards_that_were_asked_for_are_there():
    assert {path.stem for path in FILES} == {
        "requests", "database", "queue", "matching", "business", "backups", "audit",
    }  # fmt: skip
    told = [json.loads(path.read_text()) for path in FILES]
    assert len({board["uid"] for board in told}) == len(FILES)
    assert len({board["title"] for board in told}) == len(FILES)
    for board in told:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
        assert len(set(places)) == len(places)
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])


def test_every_board_takes_from_the_source_that_is_provisioned():
    sources = yaml.safe_load((GRAFANA / "datasources" / "hrassist.yml").read_text())["datasources"]
    uids = {source["uid"] for source in sources}
    for path in FILES:
        for panel in json.loads(path.read_text())["panels"]:
            assert {panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])} <= uids


def test_grafana_finds_them_where_it_looks():
    """Its provisioning reads *.yaml and *.yml in folders of these names; boards stand where a provider says."""
    known = {"access-control", "alerting", "dashboards", "datasources", "notifiers", "plugins"}
    assert {path.name for path in GRAFANA.iterdir()} == {"dashboards", "datasources"} <= known
    (provider_file,) = (path for path in (GRAFANA / "dashboards").iterdir() if path.is_file())
    (source_file,) = (GRAFANA / "datasources").iterdir()
    assert {provider_file.suffix, source_file.suffix} == {".yml"}
    providers, sources = (yaml.safe_load(path.read_text()) for path in (provider_file, source_file))
    assert (set(providers), set(sources)) == ({"apiVersion", "providers"}, {"apiVersion", "datasources"})
    assert providers["apiVersion"] == sources["apiVersion"] == 1
    (provider,) = providers["providers"]
    assert set(provider) <= {
        "name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds", "allowUiUpdates",
        "options",
    }  # fmt: skip
    assert provider["type"] == "file"
    within = Path(provider["options"]["path"]).relative_to("/etc/grafana/provisioning")
    assert sorted((GRAFANA / within).iterdir()) == FILES
    for source in sources["datasources"]:
        assert {"name", "uid", "type", "url", "access"} <= set(source) <= {
            "name", "uid", "type", "url", "access", "isDefault", "orgId", "jsonData", "editable", "version",
        }  # fmt: skip
        assert source["access"] in {"proxy", "direct"}
    assert [source["name"] for source in sources["datasources"] if source.get("isDefault")] == ["Prometheus"]


def test_promtool_reads_every_expression(tmp_path):
    """As recording rules, because that is what it checks."""
    rules = {
        "groups": [
            {
                "name": "boards",
                "rules": [{"record": f"board:x{at}", "expr": one} for at, (_, one) in enumerate(expressions())],
            }
        ]
    }
    path = tmp_path / "boards.yml"
    path.write_text(yaml.safe_dump(rules))
    done = run("promtool", "check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(expressions())} rules found" in done.stdout
    path.write_text(path.read_text().replace("rate(", "rat(", 1))
    assert run("promtool", "check", "rules", str(path)).returncode != 0, "a mistake would not be seen"


def test_grafanas_own_models_know_every_field(tmp_path):
    read = ("deploy/scripts/scanner", "python", "tests/deploy/with_scanners/dashboards.py")
    done = tool_run(*read, *FILES)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    wrong = tmp_path / "wrong.json"
    wrong.write_text(FILES[0].read_text().replace('"fieldConfig"', '"fieldConfigs"', 1))
    done = tool_run(*read, wrong)
    assert done.returncode == 1
    assert "fieldConfigs is nothing that Grafana knows" in done.stdout


def names_that_exist() -> set[str]:
    """Names of series, as a scrape has them: of the processes, which register here too, and of the state."""
    found: set[str] = set()

    def take(registry: CollectorRegistry | Collector) -> None:
        for metric in registry.collect():
            found.add(metric.name)
            if metric.type == "histogram":
                found.update(f"{metric.name}_{end}" for end in ("bucket", "sum", "count"))
            elif metric.type == "summary":
                found.update(f"{metric.name}_{end}" for end in ("sum", "count"))
            elif metric.type == "counter":
                found.add(f"{metric.name}_total")

    take(REGISTRY)
    collector = state.StateCollector()
    for group in state._groups.values():
        for metric in group.ask():
            found.add(metric.name)
    del collector
    # What backup_status writes for the collector of text files.
    found.update(re.findall(r"^# TYPE (\w+) ", metrics.prometheus(status_with_all()), re.MULTILINE))
    return found | {"hrassist_state_broken", "hrassist_state_seconds"}


def status_with_all() -> status.Status:
    """A status in which nothing is unknown."""
    now = timezone.now()
    drill = {"moment": now.isoformat(), "passed": True, "engine": "pgbackrest", "rpo_seconds": 1, "rto_seconds": 2}
    place = status.PlaceStatus("A", "/a", ages={"database": 1, "files": 1}, newest={"drill": drill})
    place.shortest_lock = place.wal_age = 1.0
    place.free = place.wal_holes = 0
    archive = machine_of_backups.Archive(0.0, {"replica": 1})
    return status.Status(now, [place], archive=archive, room=machine_of_backups.Room(Path("/"), 1, 1))


def test_every_figure_of_backups_is_watched_or_shown():
    told = re.findall(r"^# TYPE (\w+) ", metrics.prometheus(status_with_all()), re.MULTILINE)
    used = {name for _, expression in (*expressions(), *ALERTS) for name in _NAME.findall(expression)}
    # The alert about drills asks when the last one passed, which the application tells as well.
    assert set(told) - used == {"hrassist_drill_age_seconds"}
    assert len(told) > 15


@pytest.mark.django_db
def test_every_figure_that_is_asked_for_exists(settings, tmp_path):
    settings.BACKUP_STATUS_FILE = tmp_path / "none.json"
    known = names_that_exist()
    missing = {
        f"{where}: {name}"
        for where, expression in (*expressions(), *ALERTS)
        for name in _NAME.findall(expression)
        if name not in known | set(OF_OTHERS) | AWAITED
    }
    assert missing == set()
    assert AWAITED & known == set(), "it exists now: take it from the list"


def test_what_is_listed_as_others_is_used():
    # "up == 0" and "probe_success == 0" compare; nothing but a label's name stands before a single =.
    used = {name for _, expression in (*expressions(), *ALERTS) for name in _NAME.findall(expression)}
    assert set(OF_OTHERS) | AWAITED <= used


def test_figures_that_were_asked_for_stand_on_a_board():
    used = {name for _, expression in expressions() for name in _NAME.findall(expression)}
    assert used >= {
        "hrassist_http_request_seconds_bucket", "hrassist_http_requests_failed_total", "hrassist_queue_tasks",
        "hrassist_database_statement_seconds_bucket", "hrassist_vectors_hour", "hrassist_users_active",
        "hrassist_matches_day", "hrassist_service_up", "hrassist_llm_up", "hrassist_llm_runs_day",
        "hrassist_llm_month_tokens", "hrassist_llm_month_cost", "hrassist_applications", "hrassist_drives",
    }  # fmt: skip


@pytest.mark.parametrize("trigger", ["ScaleCpu", "ScaleMemory", "ScaleLatency", "ScaleDatabase"])
def test_a_board_draws_the_line_at_which_it_gets_too_small(trigger):
    alert = watching.load(settings.ALERTS_CONFIG).of(trigger)

    def asked(expression: str) -> str:
        return re.sub(r"\[\w+\]", "[]", expression)

    left = asked(replace(alert, guard="").query()).rpartition(" > ")[0]
    panels = [
        panel
        for path in FILES
        for panel in json.loads(path.read_text())["panels"]
        if left in {asked(target["expr"]) for target in panel["targets"]}
        and "thresholds" in panel["fieldConfig"]["defaults"]
    ]
    assert panels, left
    for panel in panels:
        drawn = panel["fieldConfig"]["defaults"]
        assert [step["value"] for step in drawn["thresholds"]["steps"]] == [None, alert.threshold]
        assert drawn["custom"]["thresholdsStyle"]["mode"] == "line"


def test_no_file_is_written_by_hand_where_it_is_rendered():
    rendered: dict[str, Any] = dashboards.files(settings.DASHBOARDS_CONFIG)
    for name, text in rendered.items():
        assert (MONITORING / name).read_text() == text
    assert {Path(name).name for name in rendered} == {path.name for path in FILES}
