"""What deploy/helm/roll calls as `helm`, without a cluster: charts are rendered by the real engine, and revisions kept.

    HELM_FOLDER=FOLDER deploy/scripts/scanner python tests/deploy/with_scanners/helm.py list|history|upgrade|rollback …

Takes the options that Helm's own command has under these names and no other; a release whose values say that its host
is `unready.example.com` does not come up. Each revision is a file of JSON with the manifest that a cluster would get.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

KEPT = Path(os.environ["HELM_FOLDER"])


def revisions(release: str) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in KEPT.glob(f"{release}.*.json")]
    return sorted(found, key=lambda one: int(one["revision"]))


def keep(release: str, status: str, revision: dict[str, Any]) -> int:
    """As Helm does it: what was deployed is superseded by what is, and stays where the next one fails."""
    before = revisions(release)
    number = len(before) + 1
    for one in before:
        if one["status"] == "deployed" and status == "deployed":
            (KEPT / f"{release}.{one['revision']}.json").write_text(json.dumps(one | {"status": "superseded"}))
    kept = revision | {"revision": number, "status": status}
    (KEPT / f"{release}.{number}.json").write_text(json.dumps(kept))
    return 0 if status == "deployed" else 1


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return one | {
        name: merged(one[name], value) if isinstance(value, dict) and isinstance(one.get(name), dict) else value
        for name, value in other.items()
    }


def upgrade(asked: argparse.Namespace) -> int:
    values = yaml.safe_load(Path(asked.values).read_text())
    for expression in asked.set_string:
        values = merged(values, helm.parse_set_string_values(expression))
    chart = helm.Chart.load(asked.chart)
    chart.validate_schema(chart.merge_values(values))
    manifest = chart.render(name=asked.release, namespace=asked.namespace, values=values)
    status = "failed" if values["host"] == "unready.example.com" else "deployed"
    told = {"app_version": chart.metadata["appVersion"], "manifest": manifest, "host": values["host"]}
    return keep(asked.release, status, told)


def rollback(asked: argparse.Namespace) -> int:
    (again,) = [one for one in revisions(asked.release) if one["revision"] == asked.revision]
    return keep(asked.release, "deployed", again)


def told(asked: argparse.Namespace) -> int:
    if asked.what == "list":
        names = {path.name.split(".")[0] for path in KEPT.glob("*.json")}
        deployed = [
            {"name": name, "revision": str(one["revision"]), "status": one["status"]}
            for name in sorted(names)
            for one in revisions(name)
            if re.search(asked.filter, name) and one["status"] == "deployed"
        ]
        sys.stdout.write(json.dumps(deployed, separators=(",", ":")))
        return 0
    of_it = revisions(asked.release)[-asked.max :]
    kept = [{key: one[key] for key in ("revision", "status", "app_version")} for one in of_it]
    sys.stdout.write(json.dumps(kept, separators=(",", ":")))
    return 0


reader = argparse.ArgumentParser(prog="helm", allow_abbrev=False)
kinds = reader.add_subparsers(dest="what", required=True)
listing, history, upgrading, back = (
    kinds.add_parser(name, allow_abbrev=False) for name in ("list", "history", "upgrade", "rollback")
)
for one in (listing, history, upgrading, back):
    one.add_argument("--namespace", required=True)
for one in (listing, history):
    one.add_argument("--output", choices=["json"], required=True)
    one.set_defaults(do=told)
listing.add_argument("--deployed", action="store_true", required=True)
listing.add_argument("--filter", required=True)
history.add_argument("release")
history.add_argument("--max", type=int, default=256)
for one in (upgrading, back):
    one.add_argument("release")
    one.add_argument("--wait", action="store_true", required=True)
    one.add_argument("--timeout", required=True)
upgrading.add_argument("chart")
upgrading.add_argument("--install", action="store_true", required=True)
upgrading.add_argument("--values", required=True)
upgrading.add_argument("--set-string", action="append", default=[])
upgrading.set_defaults(do=upgrade)
back.add_argument("revision", type=int)
back.set_defaults(do=rollback)
arguments = reader.parse_args()
sys.exit(arguments.do(arguments))
