"""Read dashboards by Grafana's own models and say what is lost between reading and writing again: they do not know it.

    deploy/scripts/scanner python tests/deploy/with_scanners/dashboards.py FILE…

Runs in the scanners' environment, which has Grafana's library.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(told: Any, back: Any, where: str) -> Iterator[str]:
    if isinstance(told, dict):
        for name, value in told.items():
            if not isinstance(back, dict) or name not in back:
                yield f"{where}.{name} is nothing that Grafana knows"
            else:
                yield from lost(value, back[name], f"{where}.{name}")
    elif isinstance(told, list):
        for at, (one, other) in enumerate(zip(told, back, strict=True)):
            yield from lost(one, other, f"{where}[{at}]")
    elif told != back:
        yield f"{where} is {told!r} and becomes {back!r}"


register_default_plugins()
wrong = []
for name in sys.argv[1:]:
    document = json.loads(Path(name).read_text())
    read = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(document)))
    wrong += lost(document, read, Path(name).name)
sys.stdout.write("\n".join(wrong))
sys.exit(1 if wrong else 0)
