"""The newest migration of each app goes back and comes again over rows: schema and counts are the same both times."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from hrassist.ops.backup import servers
from hrassist.ops.backup.servers import Server
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

APPS = ["audit", "candidates", "hrassist", "jobs"]


@pytest.fixture
def copy() -> Iterator[Server]:
    """The test's database with some rows, in a database of another name."""
    person = factories.CandidateFactory()
    factories.ResumeFactory(candidate=person, content=b"x", parse={}, vector=[0.1] * 384, pages=1)
    factories.ApplicationFactory(candidate=person)
    own = servers.own()
    target = own.named(f"copied_{uuid4().hex[:8]}")
    connections.close_all()
    with own.named("postgres").connect(autocommit=True) as there:
        there.execute(f'CREATE DATABASE "{target.name}" TEMPLATE "{own.name}"')
    yield target
    servers.drop(target, target.name)


def schema(server: Server) -> str:
    dumped = subprocess.run(
        [servers.program("pg_dump", server=server), "--schema-only", "--no-owner", "--no-privileges"],
        env=server.environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    # A token of each run, which keeps a dump from being changed on its way.
    lines = re.sub(r"^\\(un)?restrict .*$", "", dumped, flags=re.MULTILINE)
    # Columns that came again stand last: their order says nothing.
    tables = re.split(r"\n\n+", lines)
    return "\n\n".join(sorted("\n".join(sorted(line.rstrip(",") for line in part.splitlines())) for part in tables))


def counts(server: Server) -> dict[str, int]:
    with server.connect() as there:
        return {name: rows for name, rows in servers.tables(there).items() if name != "django_migrations"}


def test_the_newest_migration_of_each_app_goes_back_and_comes_again(copy: Server) -> None:
    before = schema(copy), counts(copy)
    assert sum(before[1].values()) > 100
    for app in APPS:
        with servers.spoken_to(copy):
            executor = MigrationExecutor(connection)
            names = sorted(name for its_app, name in executor.loader.graph.nodes if its_app == app)
            executor.migrate([(app, names[-2])])
            executor = MigrationExecutor(connection)
            assert (app, names[-1]) not in executor.loader.applied_migrations
            executor.migrate(executor.loader.graph.leaf_nodes())
        after = schema(copy), counts(copy)
        assert after[1] == before[1], app
        assert after[0] == before[0], app
