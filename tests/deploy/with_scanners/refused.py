"""Say of each set of values whether the chart refuses it and why, by the real Helm engine.

    deploy/scripts/scanner python tests/deploy/with_scanners/refused.py CHART VALUES.yaml…

Prints a document of JSON: the reason for each file, empty where it was rendered. One process, since starting the engine
takes longer than rendering.
"""

import json
import sys
from pathlib import Path

import helm_python.chart as helm
import yaml

chart = helm.Chart.load(sys.argv[1])
said = {}
for path in sys.argv[2:]:
    values = yaml.safe_load(Path(path).read_text())
    try:
        chart.validate_schema(chart.merge_values(values))
        chart.render(name="hr", namespace="hr", values=values)
    except Exception as error:
        said[Path(path).stem] = str(error) or type(error).__name__
    else:
        said[Path(path).stem] = ""
sys.stdout.write(json.dumps(said))
