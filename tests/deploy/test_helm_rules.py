"""The alerts of a release in a cluster: the same as on one machine, over its own figures, and none that never ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from hrassist.ops import watching
from tests.deploy.charts import CHART, VALUES, VERSIONS, kinds, merged, pods, render
from tests.deploy.monitoring import run
from tests.deploy.test_rules import TESTS, WATCH, later_than

pytestmark = pytest.mark.deploy
# Of nodes, disks and public addresses, which exporters of everybody tell of; the watchdog is the cluster's own.
OF_MACHINES = {
    "CpuHigh", "MemoryHigh", "DiskHigh", "SiteDown", "CertificateExpires", "ScaleCpu", "ScaleMemory", "Watchdog",
}  # fmt: skip


def rules_of(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ((group,),) = [one["spec"]["groups"] for one in kinds(documents, "PrometheusRule").values()]
    assert (group["name"], group["interval"]) == ("hrassist", "15s")
    return list(group["rules"])


@pytest.fixture(scope="module")
def rules(rendered: Any) -> list[dict[str, Any]]:
    return rules_of(rendered("ha"))


def test_the_chart_has_the_rules_of_the_configuration():
    """`manage.py alert_rules` writes them; Helm reads no file outside of the chart, and follows no link out of it."""
    path = CHART / "files/rules.yml"
    assert not path.is_symlink()
    assert path.read_text() == watching.as_yaml(watching.cluster(watching.load(settings.ALERTS_CONFIG)))


def test_every_alert_that_a_cluster_has_figures_for_is_there_unchanged(rules, rendered):
    shipped = {rule["alert"]: rule for rule in watching.rules(WATCH)["groups"][0]["rules"]}
    found = {rule["alert"]: rule for rule in rules}
    assert set(found) == set(shipped) - OF_MACHINES
    for name, rule in found.items():
        assert (rule["for"], rule["annotations"]) == (shipped[name]["for"], shipped[name]["annotations"])
        assert rule["labels"] == shipped[name]["labels"] | {"namespace": "hr"}
        without = re.sub(r"namespace=\"hr\",job=~\"[^\"]*\",?", "", rule["expr"]).replace("{}", "")
        assert without == shipped[name]["expr"]
    assert kinds(rendered("minimal"), "PrometheusRule") == {}
    (one,) = kinds(rendered("ha"), "PrometheusRule").values()
    assert one["metadata"]["labels"]["release"] == "prometheus"


def test_the_names_that_rules_look_for_are_those_that_the_operator_gives(rules, rendered):
    """The operator calls the job of a target after its Service."""
    (asked,) = {job for rule in rules for job in re.findall(r"job=~\"([^\"]*)\"", rule["expr"])}
    (monitor,) = kinds(rendered("ha"), "ServiceMonitor").values()
    (chosen,) = monitor["spec"]["selector"]["matchExpressions"]
    services = {
        name
        for name, one in kinds(rendered("ha"), "Service").items()
        if one["metadata"]["labels"].get(chosen["key"]) in chosen["values"]
    }
    assert len(services) == 5
    assert all(re.fullmatch(asked, name) for name in services)
    assert not re.fullmatch(asked, "other-metrics")
    # A label of ours that the operator has too stays ours: `service` is which of them answers.
    assert [one["honorLabels"] for one in monitor["spec"]["endpoints"]] == [True]


def test_a_template_of_an_alert_is_none_of_helms(tmp_path):
    wrong = tmp_path / "chart"
    assert run("cp", "-r", str(CHART), str(wrong)).returncode == 0
    path = wrong / "files/rules.yml"
    said = "{{ $labels.place }} is {{ $value | humanize }} old."
    path.write_text(path.read_text().replace("summary: Files are missing or were altered.", f"summary: '{said}'"))
    code, told, documents = render(tmp_path, VALUES / "ha.yaml", chart=wrong)
    assert code == 0, told
    (rule,) = [one for one in rules_of(documents) if one["alert"] == "BackupFilesBroken"]
    assert rule["annotations"]["summary"] == said


def test_where_nothing_is_backed_up_from_here_no_alert_misses_that_for_ever(tmp_path):
    values = yaml.safe_load((VALUES / "ha.yaml").read_text())
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(merged(values, {"backup": {"enabled": False}})))
    code, said, documents = render(tmp_path, tmp_path / "values.yaml", *VERSIONS)
    assert code == 0, said
    left = rules_of(documents)
    assert not [one["alert"] for one in left if "absent(" in one["expr"]]
    assert not re.search(r"Backup|Drill|Wal|Restore", " ".join(one["alert"] for one in left))
    assert {"PromisesBroken", "CheckLate", "NoWorker"} <= {one["alert"] for one in left}
    assert "hr-backup-status" not in pods(documents)


def test_what_is_missed_when_it_is_not_there_is_told_by_a_pod(rules, rendered):
    """absent() would fire for ever over a figure that nothing in a cluster tells."""
    missed = {name for rule in rules for name in re.findall(r"absent\((\w+)", rule["expr"])}
    assert missed == {"hrassist_backup_success_timestamp_seconds", "hrassist_backup_read_timestamp_seconds"}
    # tests/deploy/test_helm_jobs.py asks it for both.
    assert "hr-backup-status" in pods(rendered("ha"))


# --- Promtool: each fires over the figures of this release, whatever others' say --------------------------------------


def series(name: str, labels: dict[str, str]) -> str:
    said = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{said}}}"


def series_of(test: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same figures as Prometheus has them in a cluster, and worse ones of another release."""
    for one in test["input_series"]:
        name, brace, labels = str(one["series"]).partition("{")
        told = {} if not brace else dict(re.findall(r'(\w+)="([^"]*)"', labels))
        for namespace in ("hr", "others"):
            here = told | {"namespace": namespace, "job": "hr-metrics"}
            yield {
                "series": series(name, here),
                "values": one["values"] if namespace == "hr" else "1e12x1000",
            }


def cases(name: str) -> Iterator[dict[str, Any]]:
    for test in TESTS["tests"]:
        wanted = deepcopy([one for one in test["alert_rule_test"] if one["alertname"] == name])
        for one in wanted:
            for alert in one["exp_alerts"]:
                alert["exp_labels"] |= {"namespace": "hr"}
        if wanted:
            yield {**test, "input_series": list(series_of(test)), "alert_rule_test": [*wanted, later_than(wanted)]}


def said_of(rule: dict[str, Any], tests: list[dict[str, Any]], folder: Path) -> str:
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "hr", "interval": "15s", "rules": [rule]}]}))
    whole = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": tests}
    (folder / "test.yml").write_text(yaml.safe_dump(whole))
    done = run("promtool", "test", "rules", "test.yml", cwd=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", [one.name for one in WATCH.alerts if one.name not in {*OF_MACHINES, "TargetDown"}])
def test_an_alert_fires_over_this_release_alone(rules, name, tmp_path):
    (rule,) = [one for one in rules if one["alert"] == name]
    tests = list(cases(name))
    assert tests
    assert said_of(rule, tests, tmp_path) == ""


def test_a_pod_of_this_release_that_does_not_answer_is_told_and_one_of_others_is_not(rules, tmp_path):
    (rule,) = [one for one in rules if one["alert"] == "TargetDown"]
    down = {"job": "hr-web", "namespace": "hr", "pod": "hr-web-1"}
    others = [down | {"job": "node"}, down | {"namespace": "others"}, down | {"job": "other-hr-web"}]
    told = [{"series": series("up", labels), "values": "0x100"} for labels in (down, *others)]
    alert = {"exp_labels": down | rule["labels"], "exp_annotations": rule["annotations"]}
    test = {
        "interval": "15s", "input_series": told,
        "alert_rule_test": [{"alertname": "TargetDown", "eval_time": "3m", "exp_alerts": [alert]}],
    }  # fmt: skip
    assert said_of(rule, [test], tmp_path) == ""
