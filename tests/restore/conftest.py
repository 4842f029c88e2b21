"""One cluster with its two stores for all proofs: HRASSIST_PG_TREE names the Debian tree, see docs/infrastructure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from tests.restore.cluster import BIN, STANZA, Tree
from tests.restore.installation import Installation


def fill(tree: Tree, megabytes: int) -> None:
    """So much that a database of that size is restored; half of it can be compressed away."""
    if megabytes:
        with psycopg.connect(tree.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE filler (n int, said text, words text)")
            connection.execute(
                "INSERT INTO filler SELECT n, md5(n::text) || md5((n * 7)::text), repeat('resume ', 60)"
                " FROM generate_series(1, %s::int) AS n",
                [megabytes * 1800],
            )


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
    )
    try:
        made.start_stores()
        made.make_home()
        made.initialise()
        environment = {**os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": made.owner_url}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=configured.BASE_DIR, env=environment, check=True
        )  # fmt: skip
        fill(made, int(os.environ.get("HRASSIST_PROOF_MB", "0")))
        made.begin_archiving()
        yield made
    finally:
        made.stop("immediate")
        made.stop_stores()


@pytest.fixture(autouse=True)
def machine(tree: Tree, settings: Settings) -> None:
    settings.PGBACKREST, settings.PGBACKREST_STANZA = tree.pgbackrest, STANZA
    settings.PG_SERVER_RUN, settings.PG_SERVER_ROOT = " ".join(tree.run), str(tree.root)
    settings.PG_SERVER_BIN, settings.PG_RESTORE_PORT = BIN, tree.port + 1


@pytest.fixture(scope="session")
def installation(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tree, tmp_path_factory.mktemp("installation"))
    made.make()
    return made
