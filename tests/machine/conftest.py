"""One machine for the whole story, installed as docs/infrastructure/deploy.md says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.machine import TREE, Machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if not (TREE / "usr/bin/pgbackrest").exists():
        if os.environ.get("CI"):
            pytest.fail("No Debian tree with systemd: run tests/machine/tree.")
        pytest.skip("No Debian tree with systemd: run tests/machine/tree as root.")
    # An overlay does not lie on an overlay; its folder is on a disk.
    folder = Path(tmp_path_factory.mktemp("machine"))
    one = Machine(folder)
    one.boot()
    yield one
    one.cut_power()
