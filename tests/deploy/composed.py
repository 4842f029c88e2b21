"""The compose files as tests read them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

FOLDER = ROOT / "deploy" / "compose"
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
MONITORING: dict[str, Any] = yaml.safe_load((FOLDER / "monitoring.yaml").read_text())
SERVICES: dict[str, Any] = DOCUMENT["services"]
# Of our image; those of ONCE end by themselves.
OURS = ("web", "stream", "worker", "timers", "key", "buckets", "migrate", "role")
ONCE = {"key", "buckets", "migrate", "role"}
HOST = "hr.acme.org"


def prepare(folder: Path) -> Path:
    """deploy/compose of a fresh machine, after `prepare`."""
    needs("openssl")
    for name in ("compose", "nginx", "environments", "monitoring"):
        shutil.copytree(ROOT / "deploy" / name, folder / name)
    done = run(folder / "compose/prepare", HOST, "it@acme.org")
    assert done.returncode == 0, done.stderr
    return folder / "compose"
