"""The real tools that read what is shipped; a missing one skips the test by name, and fails it in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.sources import ROOT

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin"


def needs(*programs: str) -> None:
    """Skip, saying what is missing; in CI nothing is skipped."""
    missing = [name for name in programs if shutil.which(name, path=SBIN) is None]
    if not missing:
        return
    said = f"not installed: {' '.join(missing)} (as root: make system-packages)"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


def run(
    *command: str | Path, cwd: Path = ROOT, timeout: float = 120, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | {"PATH": SBIN, "LC_ALL": "C.UTF-8"} | variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
