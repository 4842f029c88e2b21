"""Render the chart by the real Helm engine and hold each object to the schemas of several versions of the API.

    [RELEASE=hr] deploy/scripts/scanner python tests/deploy/with_scanners/chart.py CHART OUT [VALUES] [VERSION…]

Runs in the scanners' environment, which has the engine. Writes the objects as YAML documents to OUT and says what is
wrong.
"""

import os
import sys
from pathlib import Path

import helm_python.chart as helm
import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

chart_path, out, values_path, *versions = sys.argv[1:]
values = yaml.safe_load(Path(values_path).read_text()) if Path(values_path).is_file() else {}
found = helm.lint(chart_path, values=values, strict=True)
wrong = [f"lint: {one}" for one in found.get("messages") or [] if one.get("severity", 0) not in (0, 1, "INFO", "info")]
chart = helm.Chart.load(chart_path)
try:
    chart.validate_schema(chart.merge_values(values))
    rendered = chart.render(name=os.environ.get("RELEASE", "hr"), namespace="hr", values=values)
except Exception as error:
    sys.stdout.write(f"refused: {error}\n")
    sys.exit(2)
documents = []
for name, text in rendered.items():
    if name.endswith((".txt", ".tpl")):
        continue
    documents += [one for one in yaml.safe_load_all(text) if one]
for one in documents:
    name = f"{one['kind']}/{one['metadata']['name']}"
    if one["apiVersion"] == "monitoring.coreos.com/v1":
        # By models made of the definitions that the operator of Prometheus installs, whatever the API's version.
        try:
            getattr(operator, one["kind"]).model_validate(one, extra="forbid")
        except Exception as error:
            wrong.append(f"operator {name}: {str(error)[:300]}")
        continue
    for version in versions:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except Exception as error:
            wrong.append(f"{version} {name}: {str(error)[:300]}")
Path(out).write_text("---\n".join(yaml.safe_dump(one) for one in documents))
sys.stdout.write("\n".join(wrong))
sys.exit(1 if wrong else 0)
