"""From config/dashboards.toml to Grafana's dashboards."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDE, HIGH, ACROSS = 8, 8, 24


@dataclass(frozen=True, slots=True)
class Panel:
    """`asks` are (expression, legend) pairs; `kind` is timeseries, stat or table; a line is drawn at `line`."""

    title: str
    asks: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    told: str = ""
    # Where it gets too small (config/alerts.toml has the same figure).
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    uid: str
    title: str
    panels: tuple[Panel, ...]

    def as_json(self) -> str:
        return json.dumps(self.document(), indent=2) + "\n"

    def document(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": f"hrassist: {self.title}",
            "tags": ["hrassist"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "1m",
            "time": {"from": "now-24h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": [_panel(panel, number) for number, panel in enumerate(self.panels)],
        }


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    at = number * WIDE
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.line is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.line}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.told,
        "datasource": SOURCE,
        "gridPos": {"x": at % ACROSS, "y": at // ACROSS * HIGH, "w": WIDE, "h": HIGH},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
        if panel.kind == "timeseries"
        else {},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expression, "legendFormat": legend, "datasource": SOURCE}
            for at, (expression, legend) in enumerate(panel.asks)
        ],
    }


def load(path: Path) -> tuple[Dashboard, ...]:
    """The boards of config/dashboards.toml."""
    return tuple(
        Dashboard(
            uid=board["uid"],
            title=board["title"],
            panels=tuple(
                Panel(**{**panel, "asks": tuple((expression, legend) for expression, legend in panel["asks"])})
                for panel in board["panel"]
            ),
        )
        for board in tomllib.loads(path.read_text(encoding="utf-8"))["board"]
    )


def files(path: Path) -> dict[str, str]:
    """Every dashboard by its name below deploy/monitoring."""
    return {
        f"grafana/dashboards/hrassist/{board.uid.removeprefix('hrassist-')}.json": board.as_json()
        for board in load(path)
    }
