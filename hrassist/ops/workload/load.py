"""Fills a development database with a workload, and makes one of its own for it where asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from candidates.models import Candidate
from hrassist.lib.errors import DomainError
from hrassist.ops.workload.copying import Table, quick_session, without_indexes
from hrassist.ops.workload.openings import STAGES, Openings
from hrassist.ops.workload.people import People
from hrassist.ops.workload.pipelines import Pipelines
from hrassist.ops.workload.pools import bodies
from hrassist.ops.workload.team import ensure_team
from jobs.models import Application, Stage, StageWait

BATCH = 5_000
# Below, building the indexes anew costs more than keeping them.
WORTH_DROPPING = 20_000
Progress = Callable[[str], None]


class NoWorkloadHere(DomainError):
    """This database is not one to fill with a million invented people."""

    code = "no_workload_here"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows each table got, and how long it took."""

    rows: dict[str, int]
    seconds: float


def require_a_place_for_it(*, append: bool) -> None:
    """Raise NoWorkloadHere on production settings, and where there are people already unless `append`."""
    _require_development()
    if not append and Candidate.objects.exists():
        raise NoWorkloadHere(
            "This database has people in it. Name another one (--database), or add to it with --append and a seed "
            "that was not used in it yet."
        )


def _require_development() -> None:
    if not settings.DEVELOPMENT:
        raise NoWorkloadHere("A workload is for development. Set HRASSIST_ENV=development.")


@contextmanager
def database(name: str) -> Iterator[None]:
    """Work on the database of this name on the same server, made and migrated if need be.

    One that was made here goes again when the work fails: half a workload looks like a whole one. Raises NoWorkloadHere
    on production settings, before anything is made.
    """
    _require_development()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        made = cursor.fetchone() is None
        if made:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    _turn_to(dict.fromkeys(before, name))
    whole = False
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield
        whole = True
    finally:
        _turn_to(before)
        if made and not whole:
            with connections["default"].cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _turn_to(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def load(
    *, candidates: int, jobs: int, applications: int, seed: int, now: datetime, append: bool, progress: Progress
) -> Loaded:
    """Copy the workload of this seed, whose last day is that of `now`; the same seed and day give the same rows."""
    require_a_place_for_it(append=append)
    began = time.monotonic()
    team = ensure_team(seed=seed, now=now)
    until = now.timestamp()
    people = People(count=candidates, seed=seed, until=until, team=team, bodies=bodies(seed=seed))
    first_stage = (Stage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    openings = Openings(
        count=jobs, seed=seed, begin=people.begin, until=until, team=team, first_stage=first_stage
    )  # fmt: skip
    pipelines = Pipelines(people=people, openings=openings, count=applications, seed=seed)
    tables = [*openings.tables, *people.tables, *pipelines.tables]
    with quick_session():
        if candidates + applications >= WORTH_DROPPING:
            with without_indexes([table.name for table in tables]):
                _write(people, openings, pipelines, tables, progress=progress)
                progress(f"rows are in after {time.monotonic() - began:.0f} s; building indexes")
        else:
            _write(people, openings, pipelines, tables, progress=progress)
        progress(f"indexes are there after {time.monotonic() - began:.0f} s; gathering statistics")
        _count_stages(first_stage + jobs * len(STAGES))
        _analyse([table.name for table in tables])
        _count_waits()
    return Loaded(rows={table.name: table.copied for table in tables}, seconds=time.monotonic() - began)


def _write(
    people: People, openings: Openings, pipelines: Pipelines, tables: list[Table], *, progress: Progress
) -> None:
    for number in range(1, openings.count + 1):
        openings.add(number)
    for number in range(1, people.count + 1):
        people.add(number)
        pipelines.add(number)
        if number % BATCH == 0:
            for table in tables:
                table.copy()
        if number % 100_000 == 0:
            progress(f"{number:,} people")
    pipelines.finish()
    for table in tables:
        table.copy()


def _count_stages(following: int) -> None:
    """Let the next stage that somebody makes come after those whose numbers were given here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('jobs_stage', 'id'), %s, false)", [following])


def _count_waits() -> None:
    """Count the days at each step, which triggers do elsewhere."""
    applications = Application.objects.order_by("pk").values_list("pk", flat=True)
    keys = list(applications[:BATCH])
    while keys:
        with connection.cursor() as cursor:
            cursor.execute("SELECT jobs_wait_again(%s::uuid[])", [keys])
        keys = list(applications.filter(pk__gt=keys[-1])[:BATCH])
    _analyse([StageWait._meta.db_table])


def _analyse(tables: list[str]) -> None:
    # Vacuumed, an index answers alone; inside a transaction that is not possible.
    verb = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
    with connection.cursor() as cursor:
        for name in tables:
            # nosemgrep: no-sql-built-from-text -- a table of our own models
            cursor.execute(f'{verb} "{name}"')
