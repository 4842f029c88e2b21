"""The compose files as tests read them."""

from __future__ import annotations

from typing import Any

import yaml

from tests.repo.sources import ROOT

FOLDER = ROOT / "deploy" / "compose"
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
MONITORING: dict[str, Any] = yaml.safe_load((FOLDER / "monitoring.yaml").read_text())
SERVICES: dict[str, Any] = DOCUMENT["services"]
# Of our image; those of ONCE end by themselves.
OURS = ("web", "stream", "worker", "timers", "key", "buckets", "migrate", "role")
ONCE = {"key", "buckets", "migrate", "role"}
