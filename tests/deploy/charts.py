"""The chart as Helm's engine makes it of values, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.deploy.tools import run
from tests.repo.sources import ROOT

CHART = ROOT / "deploy/helm/hrassist"
VALUES = ROOT / "deploy/helm/values"
SETS = ("minimal", "ha", "air-gapped")
# Each that the chart promises, from the oldest (Chart.yaml) to the newest that there are schemas of.
VERSIONS = ("1.31.0", "1.32.0", "1.33.0", "1.34.0", "1.35.0", "1.36.0", "1.37.0")
SCRIPT = ROOT / "tests/deploy/with_scanners/chart.py"


def render(
    folder: Path, values: Path, *versions: str, release: str = "hr", chart: Path = CHART
) -> tuple[int, str, list[dict[str, Any]]]:
    out = folder / "rendered.yaml"
    done = run("deploy/scripts/scanner", "python", SCRIPT, chart, out, values, *versions, RELEASE=release)
    documents = list(yaml.safe_load_all(out.read_text())) if out.exists() else []
    return done.returncode, done.stdout + done.stderr, documents


def merged(values: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Everything else stays as it was, so that what is refused is what was changed."""
    return values | {
        name: merged(values[name], value) if isinstance(value, dict) and isinstance(values.get(name), dict) else value
        for name, value in changed.items()
    }


def kinds(documents: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in documents if one["kind"] == kind}


def templates(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What each pod of the release is made from, by the name of what makes it."""
    found = {
        name: one["spec"]["template"] for kind in ("Deployment", "Job") for name, one in kinds(documents, kind).items()
    }
    return found | {
        name: one["spec"]["jobTemplate"]["spec"]["template"] for name, one in kinds(documents, "CronJob").items()
    }


def pods(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: one["spec"] for name, one in templates(documents).items()}


def policy_of(documents: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one network policy that this pod is under: policies add up, so that two would allow what either does."""
    labels = templates(documents)[name]["metadata"]["labels"]
    (policy,) = [
        one["spec"]
        for one in kinds(documents, "NetworkPolicy").values()
        if is_selected(one["spec"]["podSelector"], labels)
    ]
    return dict(policy)


def is_selected(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    chosen = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in chosen)
    return selector["matchLabels"].items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in chosen
    )


def blocks(policy: dict[str, Any]) -> set[str]:
    """The networks that a policy lets pods reach."""
    return {to["ipBlock"]["cidr"] for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to}
