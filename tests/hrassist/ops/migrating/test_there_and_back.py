"""Each migration since a release goes back and comes again over rows; schema and rows are the same both times."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hrassist.ops.backup import servers
from hrassist.ops.backup.servers import Server
from jobs.models import StageTransition
from tests import factories
from tests.repo.sources import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# What a RunPython since then fills, without the numbers that rows get anew.
FILLED = {
    "jobs.0020_count_days_at_each_step": "SELECT application_id, job_id, kind, came_at, days FROM jobs_stagewait",
    "jobs.0022_fill_kind_of_stage": "SELECT id, stage_kind FROM jobs_application",
}


def released() -> dict[str, int]:
    """The last migration of each app that a release had, as deploy/scripts/lint-migrations has it."""
    text = (ROOT / "deploy/scripts/lint-migrations").read_text()
    found = re.search(r"declare -A released=\((.*)\)", text)
    assert found is not None
    return {app: int(number) for app, number in re.findall(r"\[(\w+)\]=(\d+)", found[1])}


def since() -> list[Migration]:
    """The migrations after those, in the order in which they are applied."""
    executor, last = MigrationExecutor(connection), released()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    return [one for one, _back in plan if int(one.name[:4]) > last.get(one.app_label, 9999)]


@pytest.fixture
def copy() -> Iterator[Server]:
    """The test's database with some rows, in a database of another name."""
    person = factories.CandidateFactory()
    factories.ResumeFactory(candidate=person, content=b"x", parse={}, vector=[0.1] * 384, pages=1)
    moved = factories.ApplicationFactory(candidate=person)
    factories.ApplicationFactory(job=moved.job)
    stages = list(moved.job.stages.all())
    at = timezone.now() - timedelta(days=9)
    for number, (left, reached) in enumerate([(None, stages[0]), (stages[0], stages[1]), (stages[1], stages[2])]):
        StageTransition.objects.create(
            application=moved, from_stage=left, to_stage=reached, from_status="active", to_status="active",
            at=at + timedelta(days=number),
        )  # fmt: skip
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


def filled(server: Server) -> dict[str, list[Any]]:
    with server.connect() as there:
        return {name: sorted(there.execute(query).fetchall()) for name, query in FILLED.items()}


def applied() -> set[tuple[str, str]]:
    return set(MigrationExecutor(connection).loader.applied_migrations)


def test_every_migration_that_fills_rows_has_rows_to_fill(copy: Server) -> None:
    runs_code = {
        f"{one.app_label}.{one.name}" for one in since() if any(isinstance(step, RunPython) for step in one.operations)
    }
    assert runs_code == set(FILLED)
    assert all(len(rows) >= 2 for rows in filled(copy).values())


def test_each_migration_since_the_last_release_goes_back_and_comes_again(copy: Server) -> None:
    before = counts(copy), filled(copy)
    assert sum(before[0].values()) > 100
    with servers.spoken_to(copy):
        migrations, there = since(), applied()
        assert len(migrations) >= 10
        schemas: dict[Migration, str] = {}
        for one in reversed(migrations):
            key = (one.app_label, one.name)
            schemas[one] = schema(copy)
            executor = MigrationExecutor(connection)
            previous = [parent for parent in executor.loader.graph.node_map[key].parents if parent.key[0] == key[0]]
            executor.migrate([previous[0].key])
            there -= {key}
            # This one, and nothing with it.
            assert applied() == there
        kept = counts(copy)
        assert sum(kept.values()) > 100
        for one in migrations:
            MigrationExecutor(connection).migrate([(one.app_label, one.name)])
            there |= {(one.app_label, one.name)}
            assert applied() == there
            assert schema(copy) == schemas[one], one
            assert {name: rows for name, rows in counts(copy).items() if name in kept} == kept, one
    assert (counts(copy), filled(copy)) == before
