"""What the chart counts, who may read it, and what scales by it."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.deploy.charts import SETS, VALUES, VERSIONS, kinds, pods, policy_of, render
from tests.deploy.test_dashboards import names_that_exist
from tests.deploy.tools import needs, run

pytestmark = pytest.mark.deploy
# As config/alerts.toml says.
PORT = 9108


def test_prometheus_finds_the_figures(rendered):
    (monitor,) = kinds(rendered("ha"), "ServiceMonitor").values()
    selector = monitor["spec"]["selector"]
    (chosen,) = selector["matchExpressions"]
    assert chosen["operator"] == "In"
    found = {
        name: service
        for name, service in kinds(rendered("ha"), "Service").items()
        if selector["matchLabels"].items() <= service["metadata"]["labels"].items()
        and service["metadata"]["labels"].get(chosen["key"]) in chosen["values"]
    }
    assert set(found) == {"hr-metrics", "hr-web", "hr-stream", "hr-worker", "hr-backup-status"}
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor["spec"]["endpoints"]
    for service in found.values():
        (port,) = [port for port in service["spec"]["ports"] if port["name"] == endpoint["port"]]
        assert port["port"] == PORT
    assert kinds(rendered("minimal"), "ServiceMonitor") == {}


@pytest.mark.parametrize("name", SETS)
def test_what_a_pod_counts_is_told_by_a_container_beside_it(rendered, name):
    folder = next(iter(kinds(rendered(name), "ConfigMap").values()))["data"]["HRASSIST_METRICS_DIR"]
    deployments = kinds(rendered(name), "Deployment")
    looks = set() if name == "minimal" else {"hr-backup-status"}
    assert set(deployments) == {"hr-web", "hr-stream", "hr-worker", "hr-metrics"} | looks
    for which in ("hr-web", "hr-stream", "hr-worker"):
        pod = deployments[which]["spec"]["template"]["spec"]
        main, beside = pod["containers"]
        assert beside["args"] == ["metrics", "--only", "processes"]
        assert [port["containerPort"] for port in beside["ports"]] == [PORT]
        assert beside["image"] == main["image"]
        # Both have the same folder, in memory; and a scrape that fails takes no request away from the pod.
        (shared,) = {
            mount["name"] for one in (main, beside) for mount in one["volumeMounts"] if mount["mountPath"] == folder
        }
        assert {volume["name"]: volume for volume in pod["volumes"]}[shared]["emptyDir"]["medium"] == "Memory"
        assert "readinessProbe" not in beside
    (alone,) = deployments["hr-metrics"]["spec"]["template"]["spec"]["containers"]
    assert alone["args"] == ["metrics", "--only", "state"]
    assert deployments["hr-metrics"]["spec"]["replicas"] == 1
    for which in deployments:
        policy = policy_of(rendered(name), which)
        (asked,) = [rule for rule in policy["ingress"] if {"protocol": "TCP", "port": PORT} in rule["ports"]]
        assert asked["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def test_without_figures_nothing_counts(tmp_path):
    values = yaml.safe_load((VALUES / "minimal.yaml").read_text()) | {"metrics": {"enabled": False}}
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    code, said, documents = render(tmp_path, tmp_path / "values.yaml", *VERSIONS)
    assert code == 0, said
    assert next(iter(kinds(documents, "ConfigMap").values()))["data"]["HRASSIST_METRICS_DIR"] == "off"
    assert {len(pod["containers"]) for pod in pods(documents).values()} == {1}
    assert set(kinds(documents, "Service")) == {"hr-web", "hr-stream"}


@pytest.mark.django_db
def test_every_figure_that_the_chart_scales_by_exists(rendered, settings, tmp_path):
    settings.BACKUP_STATUS_FILE = tmp_path / "none.json"
    known = names_that_exist()
    adapter = yaml.safe_load((VALUES / "prometheus-adapter.yaml").read_text())
    served = {}
    for rule in adapter["rules"]["custom"]:
        asked = set(re.findall(r"hrassist_[a-z_]+", rule["seriesQuery"] + rule["metricsQuery"]))
        assert asked, rule
        assert asked <= known, rule
        served[rule["name"]["as"]] = rule
    scaled_by = set()
    for scaler in kinds(rendered("ha"), "HorizontalPodAutoscaler").values():
        for metric in scaler["spec"]["metrics"]:
            if how := metric.get("object") or metric.get("pods"):
                scaled_by.add(how["metric"]["name"])
                about = "pod" if "pods" in metric else "service"
                assert set(served[how["metric"]["name"]]["resources"]["overrides"]) == {"namespace", about}
    assert scaled_by == set(served) == {
        "hrassist_queue_oldest_ready_seconds", "hrassist_http_requests_running", "hrassist_streams_open",
    }  # fmt: skip


def test_what_the_adapter_asks_is_answered_by_prometheus(tmp_path):
    needs("promtool")
    rules = yaml.safe_load((VALUES / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    where = {rule["name"]["as"]: "pod" if "pod" in rule["resources"]["overrides"] else "service" for rule in rules}
    asked = {
        # As the adapter writes it for one object of a namespace.
        rule["name"]["as"]: rule["metricsQuery"]
        .replace("<<.LabelMatchers>>", f'namespace="apps",{where[rule["name"]["as"]]}="hr-1"')
        .replace("<<.GroupBy>>", where[rule["name"]["as"]])
        for rule in rules
    }
    assert all("<<" not in query for query in asked.values())
    told = {"hrassist_queue_oldest_ready_seconds": 90, "hrassist_streams_open": 12}
    told |= {"hrassist_http_requests_running": 6}
    series = [
        {"series": f'{name}{{namespace="{namespace}",pod="hr-1",service="hr-1"}}', "values": f"{value * factor}"}
        for name, value in told.items()
        for namespace, factor in (("apps", 1), ("others", 1000))
    ]
    answers = told
    assert answers.keys() == asked.keys()
    expected = [
        {"expr": asked[name], "exp_samples": [{"labels": f'{{{where[name]}="hr-1"}}', "value": value}]}
        for name, value in answers.items()
    ]
    # The series that it looks for are there, under these names.
    expected += [
        {
            "expr": f"count({rule['seriesQuery']})",
            "exp_samples": [{"labels": "{}", "value": 2}],
        }
        for rule in rules
    ]
    test = {"evaluation_interval": "1m", "tests": [{"input_series": series, "promql_expr_test": expected}]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    done = run("promtool", "test", "rules", tmp_path / "test.yml")
    assert done.returncode == 0, done.stdout + done.stderr
