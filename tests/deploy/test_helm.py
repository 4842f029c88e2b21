"""The chart, rendered by the real Helm engine, against the API's schemas, policies and our own promises."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from hrassist.ops.migrating.steps import LOCK_TIMEOUT
from hrassist.stream_handler import THREADS
from tests.deploy.charts import CHART, SCRIPT, SETS, VALUES, VERSIONS, blocks, kinds, merged, pods, policy_of, render
from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy


@pytest.mark.parametrize("name", SETS)
def test_it_renders_and_each_object_is_valid_in_every_version_of_the_api(rendered, name):
    found = rendered(name)
    assert {"Deployment", "Service", "Job", "CronJob", "ConfigMap", "ServiceAccount", "NetworkPolicy", "Ingress"} <= {
        one["kind"] for one in found
    }


def test_each_version_that_the_chart_promises_is_held_to():
    oldest = yaml.safe_load((CHART / "Chart.yaml").read_text())["kubeVersion"]
    assert oldest == f">={VERSIONS[0]}-0"
    promised = f"for Kubernetes {VERSIONS[0].removesuffix('.0')} and later"
    assert promised in (ROOT / "docs/infrastructure/kubernetes.md").read_text()
    listed = "import os, kubernetes_validate as k; print(*os.listdir(k.__path__[0] + '/kubernetes-json-schema'))"
    known = run("deploy/scripts/scanner", "python", "-c", listed)
    minors = {int(one) for one in re.findall(r"\bv1\.(\d+)\.0-local-strict\b", known.stdout)}
    first = int(VERSIONS[0].split(".")[1])
    assert [f"1.{minor}.0" for minor in sorted(minors) if minor >= first] == list(VERSIONS), known.stderr


def test_a_word_of_a_later_version_would_be_seen_by_the_oldest(tmp_path):
    later = tmp_path / "chart"
    run("cp", "-r", CHART, later)
    path = later / "templates/web.yaml"
    text = path.read_text()
    line = next(one for one in text.splitlines() if "terminationGracePeriodSeconds" in one)
    path.write_text(text.replace(line, f"{line[: len(line) - len(line.lstrip())]}hostnameOverride: web\n{line}", 1))
    code, said, _ = render(tmp_path, VALUES / "ha.yaml", *VERSIONS, chart=later)
    assert code == 1
    assert f"{VERSIONS[0]} Deployment/hr-web" in said
    assert f"{VERSIONS[-1]} Deployment" not in said


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("web", "terminationGracePeriodSeconds", "terminationGrace", "1.36.0 Deployment/hr-web"),
        ("metrics", "interval: 15s", "intervall: 15s", "operator ServiceMonitor/hr"),
        ("metrics", "interval: 15s", "interval: 15 seconds", "operator ServiceMonitor/hr"),
        ("metrics", "operator: In, values", "operator: In, value", "operator ServiceMonitor/hr"),
        ("metrics", "    - port: metrics\n", "    - port: 9108\n", "operator ServiceMonitor/hr"),
        ("metrics", "  endpoints:\n", "  endpoint:\n", "operator ServiceMonitor/hr"),
        ("metrics", "kind: ServiceMonitor", "kind: ServiceMonitr", "operator ServiceMonitr/hr"),
        ("_names", "concurrencyPolicy", "concurrency", "1.36.0 CronJob/hr-fsck"),
        ("rules", "interval:", "intervall:", "operator PrometheusRule/hr"),
    ],
)
def test_a_word_that_the_api_or_the_operator_does_not_know_would_be_seen(tmp_path, name, old, new, said):
    wrong = tmp_path / "chart"
    run("cp", "-r", CHART, wrong)
    (path,) = wrong.glob(f"templates/{name}.*")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = run("deploy/scripts/scanner", "python", SCRIPT, wrong, tmp_path / "out", VALUES / "ha.yaml", "1.36.0")
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


PLACES = {"networkPolicy": {"egress": {"places": [{"cidr": "10.20.3.0/24", "port": 443}]}}}
# Each with one thing less than it needs.
BACKED_UP = {
    "secrets": {"backup": "hr-backup", "reader": "hr-reader"},
    "backup": {"enabled": True, "a": {"where": "s3://hr-backups/x"}}, **PLACES,
}  # fmt: skip
POOLED = {"web": {"replicas": 50, "settings": {"HRASSIST_DB_POOLED": "on"}}}
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
    ({"image": {"digest": "1.4.0"}}, "digest"),
    ({"image": {"digest": "sha256:0123"}}, "digest"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "0.0.0.0/0", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "1.2.3.4/0", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "128.0.0.0/1", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"others": [{"cidr": "2000::/3", "port": 443}]}}}, "cidr"),
    ({"networkPolicy": {"egress": {"database": {"cidrs": ["0.0.0.0/0"]}}}}, "cidrs"),
    ({"wbe": {"replicas": 2}}, "wbe"),
    ({"web": {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}}, "minReplicas is above"),
    ({"store": {"endpoint": "http://plain"}}, "endpoint"),
    ({"store": {"bucket": ""}}, "bucket"),
    ({"settings": {"HRASSIST_BACKUP_A": "s3://a"}}, "HRASSIST_BACKUP_A"),
    ({"web": {"settings": {"HRASSIST_BACKUP_A": "s3://a"}}}, "HRASSIST_BACKUP_A"),
    ({"web": {"autoscaling": {"connections": 70}}}, "connections"),
    ({"jobs": {"fsck": {"schedule": "every night"}}}, "schedule"),
    ({"jobs": {"fsck": {"late": 5}}}, "late"),
    ({"jobs": {"fsck": {"sleep": 5}}}, "sleep"),
    ({"jobs": {"bounces": {"claim": "Not a name"}}}, "claim"),
    (BACKED_UP | {"backup": {"enabled": True, "engine": "pgbackrest"}}, "belongs to the database's host"),
    (BACKED_UP | {"backup": {"enabled": True, "engine": "copies"}}, "engine"),
    (BACKED_UP | {"secrets": {"backup": "", "reader": "hr-reader"}}, "secrets.backup"),
    (BACKED_UP | {"secrets": {"backup": "hr-backup", "reader": ""}}, "secrets.reader"),
    (BACKED_UP | {"backup": {"enabled": True}}, "backup.a.where"),
    (BACKED_UP | {"networkPolicy": {"egress": {"places": []}}}, "networkPolicy.egress.places"),
    (BACKED_UP | {"networkPolicy": {"egress": {"places": [{"cidr": "0.0.0.0/0", "port": 443}]}}}, "cidr"),
    ({"backup": {"a": {"where": "/var/backups"}}}, "where"),
    ({"backup": {"a": {"endpoint": "http://plain"}}}, "endpoint"),
    ({"backup": {"settings": {"HRASSIST_BACKUP_ENGINE": "pgbackrest"}}}, "HRASSIST_BACKUP_ENGINE"),
    ({"backup": {"programs": {"image": "postgres:latest"}}}, "image"),
    ({"metrics": {"rules": True}}, "metrics.rules"),
    ({"web": {"replicas": 4}}, "may open 126 connections to the database (web 5 pods of 16, "),
    ({"web": {"replicas": 4}, "database": {"maxConnections": 128}}, "of database.maxConnections 128 they may have 125"),
    ({"web": {"replicas": 4}}, "of database.maxConnections 100 they may have 97"),
    ({"web": {"threads": 20}}, "put a pooler before web"),
    ({"worker": {"autoscaling": {"enabled": True}}}, "worker 9 pods of 9"),
    ({"stream": {"autoscaling": {"enabled": True}}, "web": {"replicas": 3}}, f"stream 5 pods of {THREADS + 3}"),
    (POOLED | {"database": {"maxConnections": 80}}, "the pooler of web 40"),
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


def test_what_is_refused_for_one_thing_is_accepted_without_it(tmp_path):
    """So that it is that thing that is refused, and where the bound of connections is."""
    minimal = yaml.safe_load((VALUES / "minimal.yaml").read_text())
    meant = [BACKED_UP, POOLED, {"web": {"replicas": 2}}, {"web": {"replicas": 4}, "database": {"maxConnections": 129}}]
    for number, changed in enumerate(meant):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(merged(minimal, changed)))
    done = run("deploy/scripts/scanner", "python", SCRIPT.with_name("refused.py"), CHART, *sorted(tmp_path.iterdir()))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {str(number): "" for number in range(len(meant))}


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


SECRETS_OF = {
    "worker": {"worker"}, "migrate": {"owner"},
    "audit-verify": {"worker"}, "fsck": {"worker"}, "storage-doctor": {"worker"}, "fsck-files": {"worker", "backup"},
    "backup": {"owner", "backup"}, "backup-files": {"owner", "backup"}, "drill": {"owner", "worker", "backup"},
    "backup-status": {"backup"},
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_secrets_are_files_and_each_pod_has_only_its_own(rendered, name):
    for pod_name, pod in pods(rendered(name)).items():
        sets = {volume["name"] for volume in pod["volumes"] if "secret" in volume}
        for container in pod["containers"]:
            if container["name"] == "figures":
                paths = [mount["mountPath"] for mount in container["volumeMounts"]]
                assert [path for path in paths if path.startswith("/run/credentials")] == ["/run/credentials/app"]
        part = pod_name.removeprefix("hr-")
        if name == "minimal" and part == "fsck-files":
            # Where nothing is backed up there are no copies to compare with.
            assert sets == {"app", "worker"}
            continue
        if name != "minimal" and part == "web":
            assert sets == {"app", "reader"}
            continue
        assert sets == SECRETS_OF.get(part, set()) | {"app"}, pod_name
        for container in pod.get("initContainers", []):
            # A program of others sees none.
            if container["name"] in {"programs", "scanner"}:
                assert not [one for one in container["volumeMounts"] if "/run/credentials" in one["mountPath"]]
        for container in pod["containers"]:
            assert not [one for one in container["env"] if "secretKeyRef" in str(one)]
            assert "secretRef" not in str(container["envFrom"])
    assert kinds(rendered(name), "Secret") == {}


@pytest.mark.parametrize(
    ("told", "runs"),
    [
        ({}, "r.example.com/hrassist:" + yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]),
        ({"tag": "1.4.0"}, "r.example.com/hrassist:1.4.0"),
        ({"digest": "sha256:" + "a" * 64}, "r.example.com/hrassist@sha256:" + "a" * 64),
        ({"tag": "1.4.0", "digest": "sha256:" + "a" * 64}, "r.example.com/hrassist@sha256:" + "a" * 64),
    ],
)
def test_a_digest_counts_before_a_tag_in_every_container_of_ours(tmp_path, told, runs):
    values = yaml.safe_load((VALUES / "minimal.yaml").read_text())
    (tmp_path / "values.yaml").write_text(
        yaml.safe_dump(merged(values, {"image": {"repository": "r.example.com/hrassist"} | told}))
    )
    code, said, documents = render(tmp_path, tmp_path / "values.yaml")
    assert code == 0, said
    containers = [
        one for pod in pods(documents).values() for one in (*pod["containers"], *pod.get("initContainers", ()))
    ]
    assert len(containers) == 13
    assert {one["image"] for one in containers} == {runs}


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
    found = rendered(name)
    for policy in kinds(found, "NetworkPolicy").values():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert blocks(policy["spec"])
        assert all(int(block.rpartition("/")[2]) >= 24 for block in blocks(policy["spec"]))
        if name == "air-gapped":
            assert all(block.startswith("10.") for block in blocks(policy["spec"]))
    if name == "air-gapped":
        images = {
            one["image"] for pod in pods(found).values() for one in (*pod["containers"], *pod.get("initContainers", ()))
        }
        assert all(image.startswith("registry.internal.example.com/") for image in images)
    # Who may ask and what is reached: every pod of the release is behind one.
    for pod in pods(found):
        assert policy_of(found, pod)


def test_what_is_busy_gets_help_by_cpu_by_age_of_the_queue_and_by_open_connections(rendered):
    scalers = kinds(rendered("ha"), "HorizontalPodAutoscaler")
    assert set(scalers) == {"hr-web", "hr-stream", "hr-worker"}
    metrics = {name: str(one["spec"]["metrics"]) for name, one in scalers.items()}
    assert "'averageUtilization': 70" in metrics["hr-web"]
    assert "hrassist_http_requests_running" in metrics["hr-web"]
    assert "hrassist_queue_oldest_ready_seconds" in metrics["hr-worker"]
    assert "'averageUtilization': 70" in metrics["hr-stream"]
    assert "hrassist_streams_open" in metrics["hr-stream"]
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


def test_a_pooler_is_reckoned_with_as_it_is_shipped():
    told = re.search(
        r"^max_db_connections = (\d+)$", (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text(), re.MULTILINE
    )
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert told is not None
    assert values["database"]["pooler"] == int(told[1])


def test_what_more_pods_make_worse_brings_no_more_of_them(rendered):
    """Connections to the database grow with every pod; what each pod has to do shrinks."""
    found = kinds(rendered("ha"), "HorizontalPodAutoscaler")
    assert "database" not in str(found)
    (busy,) = [one["pods"] for one in found["hr-web"]["spec"]["metrics"] if "pods" in one]
    # 70 % of the eight threads of a pod.
    assert busy["target"] == {"type": "AverageValue", "averageValue": "5600m"}


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
