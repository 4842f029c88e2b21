"""The chart, rendered by the real Helm engine, against the API's schemas, policies and our own promises."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from hrassist.ops.migrating.steps import LOCK_TIMEOUT
from tests.deploy.test_dashboards import names_that_exist
from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
CHART = ROOT / "deploy/helm/hrassist"
VALUES = ROOT / "deploy/helm/values"
SETS = ("minimal", "ha", "air-gapped")
# As config/alerts.toml says.
PORT = 9108
VERSIONS = ("1.35.0", "1.36.0", "1.37.0")
SCRIPT = ROOT / "tests/deploy/with_scanners/chart.py"


def render(folder: Path, values: Path, *versions: str) -> tuple[int, str, list[dict[str, Any]]]:
    out = folder / "rendered.yaml"
    done = run("deploy/scripts/scanner", "python", SCRIPT, CHART, out, values, *versions)
    documents = list(yaml.safe_load_all(out.read_text())) if out.exists() else []
    return done.returncode, done.stdout + done.stderr, documents


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    @lru_cache
    def of(name: str) -> list[dict[str, Any]]:
        code, said, documents = render(tmp_path_factory.mktemp("chart"), VALUES / f"{name}.yaml", *VERSIONS)
        assert code == 0, said
        return documents

    return of


def merged(values: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Everything else stays as it was, so that what is refused is what was changed."""
    return values | {
        name: merged(values[name], value) if isinstance(value, dict) and isinstance(values.get(name), dict) else value
        for name, value in changed.items()
    }


def kinds(documents: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in documents if one["kind"] == kind}


def pods(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: one["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, one in kinds(documents, kind).items()
    }


@pytest.mark.parametrize("name", SETS)
def test_it_renders_and_each_object_is_valid_in_three_versions_of_the_api(rendered, name):
    found = rendered(name)
    assert {"Deployment", "Service", "Job", "ConfigMap", "ServiceAccount", "NetworkPolicy", "Ingress"} <= {
        one["kind"] for one in found
    }


def test_a_word_that_the_api_does_not_know_would_be_seen(tmp_path):
    wrong = tmp_path / "chart"
    run("cp", "-r", CHART, wrong)
    web = wrong / "templates/web.yaml"
    web.write_text(web.read_text().replace("terminationGracePeriodSeconds", "terminationGrace"))
    done = run("deploy/scripts/scanner", "python", SCRIPT, wrong, tmp_path / "out", VALUES / "minimal.yaml", "1.36.0")
    assert done.returncode == 1
    assert "terminationGrace" in done.stdout


# What is changed in values that are accepted, and a word of the reason.
NOT_MEANT: list[tuple[dict[str, Any], str]] = [
    ({"host": "not a host"}, "host"),
    ({"environment": "test"}, "environment"),
    ({"settings": {"DATABASE_URL": "postgresql://in/clear"}}, "DATABASE_URL"),
    ({"settings": {"DATABASE_REPLICA_URL": "postgresql://in/clear"}}, "DATABASE_REPLICA_URL"),
    ({"settings": {"AWS_SECRET_ACCESS_KEY": "in the clear"}}, "AWS_SECRET_ACCESS_KEY"),
    ({"settings": {"HRASSIST_PUBLIC_URL": "https://user:password@example.com"}}, "settings"),
    ({"settings": {"HRASSIST_DB_POOLED": "on"}}, "HRASSIST_DB_POOLED"),
    ({"web": {"settings": {"DATABASE_URL": "postgresql://in/clear"}}}, "DATABASE_URL"),
    ({"image": {"repository": "r", "tag": "latest"}}, "image"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "0.0.0.0/0", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "1.2.3.4/0", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "128.0.0.0/1", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "2000::/3", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"database": {"cidrs": ["0.0.0.0/0"]}}}}, "cidrs"),
    ({"wbe": {"replicas": 2}}, "wbe"),
    ({"web": {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}}, "minReplicas is above"),
    ({"store": {"endpoint": "http://plain"}}, "endpoint"),
    ({"store": {"bucket": ""}}, "bucket"),
]  # fmt: skip


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("values")
    minimal = yaml.safe_load((VALUES / "minimal.yaml").read_text())
    for number, (changed, _) in enumerate([({}, ""), *NOT_MEANT]):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(merged(minimal, changed)))
    script = SCRIPT.with_name("refused.py")
    done = run("deploy/scripts/scanner", "python", script, CHART, *sorted(folder.iterdir()))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_values_that_are_meant_are_not_refused(refused):
    assert refused["0"] == ""


@pytest.mark.parametrize("number", range(1, len(NOT_MEANT) + 1), ids=[str(changed) for changed, _ in NOT_MEANT])
def test_values_that_are_not_meant_are_refused(refused, number):
    assert NOT_MEANT[number - 1][1] in refused[str(number)]


def test_policies_have_nothing_to_say(rendered, tmp_path):
    """Left out: CPU limits (they only slow down), and what a digest says better than a tag or a policy of pulling."""
    for name in SETS:
        (tmp_path / f"{name}.yaml").write_text("---\n".join(yaml.safe_dump(one) for one in rendered(name)))
    left_out = "CKV_K8S_9,CKV_K8S_11,CKV_K8S_14,CKV_K8S_15,CKV_K8S_43"
    # CKV_K8S_9 wants a probe of readiness on every container: held here for the process, not for the figures beside it.
    for name in SETS:
        for one in kinds(rendered(name), "Deployment").values():
            assert "readinessProbe" in one["spec"]["template"]["spec"]["containers"][0]
    checkov = ("deploy/scripts/scanner", "checkov", "--directory", tmp_path, "--framework", "kubernetes")
    done = run(*checkov, "--skip-check", left_out, timeout=300)
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout
    # It would say something: the same with a container that may become root.
    wrong = tmp_path / "minimal.yaml"
    wrong.write_text(wrong.read_text().replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"))
    done = run(*checkov, "--check", "CKV_K8S_20", timeout=300)
    assert done.returncode == 1


@pytest.mark.parametrize("name", SETS)
def test_every_container_is_nobody_over_a_root_that_is_read_only(rendered, name):
    for pod in pods(rendered(name)).values():
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["runAsNonRoot"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", SETS)
def test_secrets_are_files_and_each_pod_has_only_its_own(rendered, name):
    for pod_name, pod in pods(rendered(name)).items():
        sets = {volume["name"] for volume in pod["volumes"] if "secret" in volume}
        for container in pod["containers"]:
            if container["name"] == "figures":
                paths = [mount["mountPath"] for mount in container["volumeMounts"]]
                assert [path for path in paths if path.startswith("/run/credentials")] == ["/run/credentials/app"]
        part = pod_name.rpartition("-")[2]
        assert sets == {"worker": {"app", "worker"}, "migrate": {"app", "owner"}}.get(part, {"app"}), pod_name
        for container in pod["containers"]:
            assert not [one for one in container["env"] if "secretKeyRef" in str(one)]
            assert "secretRef" not in str(container["envFrom"])
    assert kinds(rendered(name), "Secret") == {}


def test_a_pooler_is_before_the_database_for_web_alone(tmp_path):
    minimal = yaml.safe_load((VALUES / "minimal.yaml").read_text())
    behind = {"HRASSIST_DB_POOLED": "on", "HRASSIST_DB_STATEMENT_TIMEOUT": "0"}
    (tmp_path / "values.yaml").write_text(
        yaml.safe_dump(merged(minimal, {"secrets": {"web": "hr-pooler"}, "web": {"settings": behind}}))
    )
    code, said, documents = render(tmp_path, tmp_path / "values.yaml", VERSIONS[-1])
    assert code == 0, said
    for name, pod in pods(documents).items():
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            told = {one["name"]: one["value"] for one in container["env"]}
            paths = {mount["mountPath"] for mount in container["volumeMounts"]}
            assert (behind.items() <= told.items()) == (container["name"] == "web"), name
            assert ("/run/credentials/web" in paths) == (container["name"] == "web"), name
        secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert secrets.get("web") == ("hr-pooler" if name == "hr-web" else None), name
    (shared,) = kinds(documents, "ConfigMap").values()
    assert "HRASSIST_DB_POOLED" not in shared["data"]


def test_settings_are_ones_that_are_read(rendered):
    example = (ROOT / "config/env.example").read_text()
    for name in SETS:
        (settings,) = kinds(rendered(name), "ConfigMap").values()
        for variable in settings["data"]:
            assert f"\n{variable}=" in example or f"\n#{variable}=" in example, variable


@pytest.mark.parametrize("name", SETS)
def test_nothing_goes_out_but_to_what_is_named(rendered, name):
    (policy,) = kinds(rendered(name), "NetworkPolicy").values()
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    blocks = [to["ipBlock"]["cidr"] for rule in policy["spec"]["egress"] for to in rule["to"] if "ipBlock" in to]
    assert blocks
    assert all(int(block.rpartition("/")[2]) >= 24 for block in blocks)
    if name == "air-gapped":
        assert all(block.startswith("10.") for block in blocks)
        images = {one["image"] for pod in pods(rendered(name)).values() for one in pod["containers"]}
        assert all(image.startswith("registry.internal.example.com/") for image in images)
    # Who may ask: pods are selected, so every pod of the release is behind it.
    selected = policy["spec"]["podSelector"]["matchLabels"]
    for kind in ("Deployment", "Job"):
        for one in kinds(rendered(name), kind).values():
            assert selected.items() <= one["spec"]["template"]["metadata"]["labels"].items()


def test_what_is_busy_gets_help_by_cpu_by_age_of_the_queue_and_by_connections(rendered):
    scalers = kinds(rendered("ha"), "HorizontalPodAutoscaler")
    assert set(scalers) == {"hr-web", "hr-stream", "hr-worker"}
    metrics = {name: str(one["spec"]["metrics"]) for name, one in scalers.items()}
    assert "'averageUtilization': 70" in metrics["hr-web"]
    assert "hrassist_database_connections_percent" in metrics["hr-web"]
    assert "hrassist_queue_oldest_ready_seconds" in metrics["hr-worker"]
    assert "'averageUtilization': 70" in metrics["hr-stream"]
    for name in scalers:
        assert "replicas" not in kinds(rendered("ha"), "Deployment")[name]["spec"], (
            "two would decide how many there are"
        )
    assert kinds(rendered("minimal"), "HorizontalPodAutoscaler") == {}
    # Each figure is one that the adapter serves, about a service that there is.
    adapter = yaml.safe_load((VALUES / "prometheus-adapter.yaml").read_text())
    served = {rule["name"]["as"] for rule in adapter["rules"]["custom"]}
    for one in scalers.values():
        for metric in one["spec"]["metrics"]:
            how = metric.get("object") or metric.get("pods")
            if how is None:
                continue
            assert how["metric"]["name"] in served
            if "describedObject" in how:
                assert how["describedObject"]["name"] in kinds(rendered("ha"), "Service")


def test_a_node_may_leave_and_nobody_notices(rendered):
    budgets = kinds(rendered("ha"), "PodDisruptionBudget")
    assert set(budgets) == {"hr-web", "hr-stream", "hr-worker"}
    # One of one could never be moved: there is no budget that forbids it.
    assert kinds(rendered("minimal"), "PodDisruptionBudget") == {}
    web = kinds(rendered("ha"), "Deployment")["hr-web"]["spec"]
    assert web["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    container = web["template"]["spec"]["containers"][0]
    assert container["lifecycle"]["preStop"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez", "a database that is away must not kill the pods"
    grace = int((ROOT / "config/gunicorn.conf.py").read_text().partition("graceful_timeout = ")[2].split()[0])
    assert web["template"]["spec"]["terminationGracePeriodSeconds"] > grace + 5


def test_tables_come_before_pods(rendered):
    for name in SETS:
        (job,) = kinds(rendered(name), "Job").values()
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        spec = job["spec"]["template"]["spec"]
        assert [one["args"][0] for one in (*spec["initContainers"], *spec["containers"])] == [
            "database_role",
            "migrate",
        ]
        for one in (*spec["initContainers"], *spec["containers"]):
            # Who waits for a lock longer than that makes everybody behind it wait.
            assert {"name": "PGOPTIONS", "value": f"-c lock_timeout={LOCK_TIMEOUT}"} in one["env"]


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
    assert set(found) == {"hr-metrics", "hr-web", "hr-stream", "hr-worker"}
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
    assert set(deployments) == {"hr-web", "hr-stream", "hr-worker", "hr-metrics"}
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
    (policy,) = kinds(rendered(name), "NetworkPolicy").values()
    (asked,) = [rule for rule in policy["spec"]["ingress"] if {"protocol": "TCP", "port": PORT} in rule["ports"]]
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
        "hrassist_queue_oldest_ready_seconds", "hrassist_database_connections_percent", "hrassist_streams_open",
    }  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_each_service_and_each_way_in_leads_to_pods(rendered, name):
    deployments = kinds(rendered(name), "Deployment")
    services = kinds(rendered(name), "Service")
    for service in services.values():
        selector = service["spec"]["selector"].items()
        led_to = [
            one for one in deployments.values() if selector <= one["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert len(led_to) == 1
        containers = led_to[0]["spec"]["template"]["spec"]["containers"]
        ports = {port["name"] for container in containers for port in container.get("ports", [])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for way in kinds(rendered(name), "Ingress").values():
        for rule in way["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert path["backend"]["service"]["name"] in services
        assert way["spec"]["tls"][0]["hosts"] == [rule["host"] for rule in way["spec"]["rules"]]
