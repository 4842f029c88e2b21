"""Every migration goes back and comes again over rows of its state; schema and rows are the same both times."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps.registry import Apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.utils import timezone

from hrassist.ops.backup import servers
from hrassist.ops.backup.servers import Server
from jobs.models import StageTransition
from tests import factories
from tests.hrassist.ops.migrating import made_rows
from tests.hrassist.ops.migrating.made_rows import OURS
from tests.hrassist.ops.migrating.shape import Columns, Rows, Shape, columns, common, differs, part, rows, shape
from tests.hrassist.ops.migrating.walking import Step, is_reversible, runs_code

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Migrations that cannot be taken back, each with the reason: there is none. One of those needs a recipe in the docs.
ONE_WAY: dict[str, str] = {}
# The second half of an app's first migration: its tables get their owners, which no row of the first half could name.
# Both were always applied together, over empty tables; back it goes over rows.
BEGINS = {"candidates.0002_relations"}
# What stays as it is when a migration goes back, and why.
LEFT = {
    # The function of before named what was linked in no order; the code of before runs with the mended one.
    "audit.0008_names_of_links_in_order": {("function", "audit_link_change()", "")},
}
# Columns that a migration fills in rows that are there.
FILLS: dict[str, Columns] = {
    "candidates.0006_skills_and_sources": {
        "candidates_resumeparse": {"skill_names", "titles"}, "candidates_candidatelink": {"match_key"}
    },
    "candidates.0009_search_duplicates": {"candidates_candidatelink": {"match_key"}},
    "jobs.0006_first_rows_of_the_recruiters_admin": {"jobs_application": {"entered_stage_at"}},
    "jobs.0022_fill_kind_of_stage": {"jobs_application": {"stage_kind"}},
    "jobs.0029_who_wrote_and_what_it_took_so_far": {
        "jobs_tailoringstep": {"provider"},
        "jobs_tailoringrun": {"endpoint_id"},
    },
}  # fmt: skip
# Tables to which one adds rows, where they are empty or by what stands elsewhere.
ADDS = {
    "candidates.0006_skills_and_sources": "candidates_source",
    "candidates.0011_first_retention_rules": "candidates_retentionrule",
    "jobs.0003_first_rejection_reasons": "jobs_rejectionreason",
    "jobs.0006_first_rows_of_the_recruiters_admin": "jobs_emailtemplate",
    "jobs.0020_count_days_at_each_step": "jobs_stagewait",
    "jobs.0029_who_wrote_and_what_it_took_so_far": "jobs_modelcall",
}
# Those that add nothing where there is a row already.
FIRST = {
    "candidates.0006_skills_and_sources", "jobs.0003_first_rejection_reasons",
    "jobs.0006_first_rows_of_the_recruiters_admin",
}  # fmt: skip
# What a row gets anew when it comes again.
NUMBERS = {"id", "created_at", "updated_at"}
# What contradicts what it wrote: nothing does.
CONTRADICTS = {
    "jobs.0029_who_wrote_and_what_it_took_so_far": (
        "SELECT step.id::text FROM jobs_tailoringstep step LEFT JOIN jobs_modelcall one ON one.step_id = step.id"
        " WHERE step.tokens_in + step.tokens_out > 0 AND (one.id IS NULL OR one.provider = step.provider"
        " AND (one.tokens_in, one.tokens_out) <> (step.tokens_in, step.tokens_out))"
        " UNION ALL SELECT run.id::text FROM jobs_tailoringrun run JOIN jobs_modelendpoint one"
        " ON one.name = run.provider WHERE run.endpoint_id IS NULL"
    ),
}
# What is filled from rows that only the models of today can say, without the numbers that rows get anew.
FILLED = {
    "jobs.0020_count_days_at_each_step": (
        "SELECT application_id, job_id, kind, came_at, days FROM jobs_stagewait WHERE application_id = %(moved)s"
    ),
    "jobs.0022_fill_kind_of_stage": "SELECT id, stage_kind FROM jobs_application",
}


@pytest.fixture
def empty() -> Iterator[Server]:
    """A database with nothing in it, which Django speaks to."""
    own = servers.own()
    target = own.named(f"walked_{uuid4().hex[:8]}")
    connections.close_all()
    servers.create(own, target.name)
    with servers.spoken_to(target):
        yield target
    servers.drop(target, target.name)


def name_of(one: Migration) -> str:
    return f"{one.app_label}.{one.name}"


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


def everything() -> Rows:
    return rows(columns(shape()))


def without(of: Columns, *, filled: Columns, added: str) -> Columns:
    """Neither the columns that a migration fills nor the table that it adds to."""
    return {table: names - filled.get(table, set()) for table, names in of.items() if table != added}


def emptied(tables: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def _an_application_that_moved(apps: Apps) -> None:
    """Two steps that were taken and one that lasts."""
    application = apps.get_model("jobs", "Application").objects.order_by("pk").last()
    stages, moves = (apps.get_model("jobs", name).objects for name in ("Stage", "StageTransition"))
    left = None
    for number, kind in enumerate(("applied", "screen", "interview")):
        reached = stages.create(job=application.job, name=f"Moved {number}", kind=kind, position=20_000 + number)
        moves.create(
            application=application, from_stage=left, to_stage=reached, from_status="active", to_status="active",
            at=datetime(2026, 2, 1 + number, tzinfo=UTC),
        )  # fmt: skip
        left = reached


def _a_run_that_names_its_model(apps: Apps) -> None:
    run = apps.get_model("jobs", "TailoringRun").objects.order_by("pk").last()
    endpoint = apps.get_model("jobs", "ModelEndpoint").objects.order_by("pk").last()
    run.provider, run.endpoint = endpoint.name, None
    run.save(update_fields=["provider", "endpoint"])


# What only some rows together make a migration do.
BEFORE = {
    "jobs.0020_count_days_at_each_step": _an_application_that_moved,
    "jobs.0029_who_wrote_and_what_it_took_so_far": _a_run_that_names_its_model,
}


@dataclass(frozen=True, slots=True)
class Before:
    """How it was before a migration: to the models, and in the database."""

    models: ProjectState
    shape: Shape


class Walk:
    """From nothing to the newest state; each migration of ours goes there, back and there again."""

    def __init__(self) -> None:
        self.executor = MigrationExecutor(connection)
        self.executor.recorder.ensure_schema()
        leaves = self.executor.loader.graph.leaf_nodes()
        self.plan = [one for one, _back in self.executor.migration_plan(leaves, clean_start=True)]
        self.state = self.executor._create_project_state(with_applied_migrations=True)
        assert self.state.apps
        # Before each of ours, after it, and what no way back takes away: what others made, and the beginning.
        self.before: dict[str, Before] = {}
        self.after: dict[str, Shape] = {}
        self.stays: set[tuple[str, str, str]] = set()

    def ours(self) -> list[Migration]:
        return [one for one in self.plan if one.app_label in OURS]

    def go(self) -> None:
        was = shape()
        for one in self.plan:
            if one.app_label in OURS:
                self.before[name_of(one)] = Before(self.state, was)
                now = self.after[name_of(one)] = self._both_ways(one, was)
            else:
                self.state = self.executor.apply_migration(self.state.clone(), one)
                now = shape()
            if one.app_label not in OURS or name_of(one) in BEGINS:
                self.stays |= differs(now, was)
            was = now

    def _both_ways(self, one: Migration, was: Shape) -> Shape:
        """The shape with this migration, which is the same both times."""
        name, begins = name_of(one), [table for table in columns(was) if name_of(one) in BEGINS and _is_of(one, table)]
        step, self.state = Step.over(self.state, one)
        if begins:
            emptied(begins)
        if name in BEFORE:
            BEFORE[name](self.before[name].models.apps)
        held = everything()
        step.there()
        now, first = shape(), everything()
        kept = without(common(columns(was), columns(now)), filled=FILLS.get(name, {}), added=ADDS.get(name, ""))
        assert part(first, kept) == part(held, kept), name
        # Rows of this state in all that it made or changed, beside those of earlier states.
        there = made_rows.tables(self.state.apps)
        changed = {key[1] for key in differs(was, now)}
        made_rows.fill(self.state.apps, {table for table in there if table in changed or not first[table]})
        full = everything()
        assert all(full[table] for table in there), name
        step.back()
        back, left = shape(), LEFT.get(name, set())
        assert differs(back, was) == left, name
        assert part(everything(), kept) == part(full, kept), name
        if begins:
            emptied(begins)
        step.there()
        assert shape() == now, name
        if not begins:
            assert part(everything(), kept) == part(full, kept), name
        if name in FILLS or name in ADDS:
            self._writes_the_same(step, now)
        # The way back took the columns that it made with all that was in them.
        again = everything()
        made_rows.fill(self.state.apps, {table for table in there if table in changed or not again[table]})
        return now

    def _writes_the_same(self, step: Step, now: Shape) -> None:
        """What a migration writes by itself: the same when it comes once more."""
        name = name_of(step.migration)
        step.back()
        if name in FIRST:
            emptied([ADDS[name]])
        step.there()
        once = everything()
        step.back()
        step.there()
        twice = everything()
        wanted = dict(FILLS.get(name, {}))
        if name in ADDS:
            wanted[ADDS[name]] = columns(now)[ADDS[name]] - NUMBERS
        said = part(once, wanted)
        assert part(twice, wanted) == said, name
        if name in CONTRADICTS:
            with connection.cursor() as cursor:
                cursor.execute(CONTRADICTS[name])
                assert cursor.fetchall() == [], name
        for table, names in wanted.items():
            assert any(row[column] for row in once[table] for column in names), (name, table)


def _is_of(one: Migration, table: str) -> bool:
    return table.startswith(f"{one.app_label}_")


def _rows_of_today() -> str:
    """What only the models of today can say: an application that moved, and a resume with all that was read in it."""
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
    return str(moved.pk)


def _filled(moved: str) -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for name, query in FILLED.items():
            cursor.execute(query, {"moved": moved})
            found[name] = sorted(cursor.fetchall())
    return found


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def test_every_migration_goes_back_and_comes_again_over_rows(empty: Server, own_store: Path) -> None:
    walk = Walk()
    ours = {name_of(one) for one in walk.ours()}
    assert ours >= {*BEGINS, *LEFT, *FILLS, *ADDS, *FILLED}
    assert {name_of(one) for one in walk.ours() if runs_code(one)} <= {*FILLS, *ADDS, *FILLED}
    assert {name_of(one) for one in walk.ours() if not is_reversible(one)} == set(ONE_WAY)
    walk.go()
    assert walk.after.keys() == ours
    _down_and_up(walk, empty)


def _down_and_up(walk: Walk, server: Server) -> None:
    """From the newest state to the first of each app and up again, as `migrate` goes, over the newest rows."""
    newest = shape()
    emit_post_migrate_signal(0, False, DEFAULT_DB_ALIAS)
    moved = _rows_of_today()
    top, before, filled, there = schema(server), everything(), _filled(moved), _applied()
    assert all(len(found) >= 2 for found in filled.values())
    # What stays meanwhile, and what is written after each `migrate`.
    stays = walk.stays | {key for key, said in shape().items() if newest.get(key) != said}
    down = [one for one in walk.ours() if not one.name.startswith("0001_") and name_of(one) not in BEGINS]
    for one in reversed(down):
        walk.executor.unapply_migration(walk.before[name_of(one)].models, one)
        stays |= LEFT.get(name_of(one), set())
        there -= {(one.app_label, one.name)}
        # This one, and nothing with it.
        assert _applied() == there
        assert differs(shape(), walk.before[name_of(one)].shape) <= stays, one
    lowest = everything()
    kept = common(columns(shape()), columns(newest))
    for name in {*FILLS, *ADDS}:
        kept = without(kept, filled=FILLS.get(name, {}), added=ADDS.get(name, ""))
    assert sum(map(len, part(before, kept).values())) > 100
    assert part(lowest, kept) == part(before, kept)
    state = walk.before[name_of(down[0])].models.clone()
    for one in walk.plan[walk.plan.index(down[0]) :]:
        if one not in down:
            state = one.mutate_state(state, preserve=False)
            continue
        state = walk.executor.apply_migration(state, one)
        there |= {(one.app_label, one.name)}
        assert _applied() == there
        assert differs(shape(), walk.after[name_of(one)]) <= stays, one
    emit_post_migrate_signal(0, False, DEFAULT_DB_ALIAS)
    assert schema(server) == top
    assert part(everything(), kept) == part(before, kept)
    assert _filled(moved) == filled
