"""One cluster with its two stores for all proofs: HRASSIST_PG_TREE names the Debian tree, see docs/infrastructure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from tests.restore import figures, filling
from tests.restore.cluster import Tree
from tests.restore.installation import Installation


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    root = Path(os.environ.get("HRASSIST_PG_TREE", "/var/cache/hrassist/pgtree"))
    if not (root / "usr/bin/pgbackrest").exists():
        if os.environ.get("CI"):
            pytest.fail("No Debian tree with pgBackRest: run tests/restore/pg-tree.")
        pytest.skip("No Debian tree with PostgreSQL and pgBackRest: run tests/restore/pg-tree as root.")
    first = int(os.environ.get("HRASSIST_PROOF_STORE_PORT", "9100"))
    made = Tree(
        root=root,
        port=int(os.environ.get("HRASSIST_PROOF_PORT", "54317")),
        ports=(first, first + 10),
        folder=tmp_path_factory.mktemp("stores"),
        archive_timeout=int(os.environ.get("HRASSIST_PROOF_ARCHIVE_TIMEOUT", "10")),
        megabytes=figures.asked(),
    )
    try:
        made.start_stores()
        made.make_home()
        made.initialise()
        environment = {**os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": made.owner_url}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=configured.BASE_DIR, env=environment, check=True
        )  # fmt: skip
        filling.fill(made)
        made.begin_archiving()
        yield made
    finally:
        made.stop("immediate")
        made.stop_stores()


@pytest.fixture(autouse=True)
def machine(tree: Tree, settings: Settings) -> None:
    for name, value in tree.settings.items():
        setattr(settings, name, value)


@pytest.fixture(scope="session")
def installation(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tree, tmp_path_factory.mktemp("installation"))
    made.make()
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured, where whoever waited for it looks: at the end."""
    if lines := figures.block():
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(line)
