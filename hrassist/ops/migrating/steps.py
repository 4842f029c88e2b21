"""One migration at a time, with short waits for locks, and back again when one of them or the service fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from psycopg import errors

from hrassist.lib.errors import Conflict, DomainError

# Behind a waiting ALTER every reader waits: two seconds are borne, seven were seen without a limit.
LOCK_TIMEOUT = "2s"
TRIES = 6
PAUSE = 2.0
# One of these at a time in a database; any number says so.
LOCK = 0x4D16


class AlreadyMigrating(Conflict):
    code = "already_migrating"
    default_message = "Somebody migrates this database at this moment. Wait until they are done."


class StepFailed(DomainError):
    """A migration or the probe after it failed; `reversed` says that the database is as it was."""

    code = "migration_failed"

    def __init__(self, message: str, *, at: str, is_back: bool):
        super().__init__(message)
        self.at, self.is_back = at, is_back


@dataclass(slots=True)
class Done:
    """What was applied, how long each took, and how often a lock was not to be had."""

    applied: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lock_waits: int = 0


def name_of(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


def plan() -> list[Migration]:
    """What is to be applied, in order."""
    executor = MigrationExecutor(connection)
    return [migration for migration, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def cannot_go_back(migrations: Sequence[Migration]) -> list[str]:
    """Those of these that have no way back."""
    return [name_of(one) for one in migrations if not all(operation.reversible for operation in one.operations)]


def runs_code_over_rows(migrations: Sequence[Migration]) -> list[str]:
    """Those that change rows and tables in one step: a backfill belongs in a release of its own."""
    found = []
    for one in migrations:
        kinds = {isinstance(operation, RunPython) for operation in one.operations if not isinstance(operation, RunSQL)}
        if kinds == {True, False}:
            found.append(name_of(one))
    return found


@contextmanager
def alone() -> Iterator[None]:
    """Hold the database's one right to migrate. Raises AlreadyMigrating."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyMigrating
        cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def apply(
    migrations: Sequence[Migration],
    *,
    probe: Callable[[], str],
    tell: Callable[[str], None] = lambda _line: None,
    pause: float = PAUSE,
) -> Done:
    """Apply these one by one and probe after each; the probe gives back what is wrong, or nothing.

    Raises StepFailed, after everything that was applied here was reversed where all of it can be.
    """
    done, executor = Done(), MigrationExecutor(connection)
    # What Django itself does before it migrates; the state without `apps` is cheap to copy.
    state = executor.loader.project_state(list(executor.loader.applied_migrations))
    emit_pre_migrate_signal(0, False, DEFAULT_DB_ALIAS, plan=[(one, False) for one in migrations])
    before: list[tuple[Migration, Any]] = []
    for one in migrations:
        name, began = name_of(one), time.monotonic()
        tell(f"{name} …")
        earlier = state.clone()
        try:
            state = _applied(executor, state, one, done, pause=pause)
        except Exception as error:
            raise _failed(executor, before, name, f"{type(error).__name__}: {error}", tell=tell) from error
        before.append((one, earlier))
        done.applied.append(name)
        done.seconds[name] = round(time.monotonic() - began, 2)
        if wrong := probe():
            raise _failed(executor, before, name, f"after it the service was not well: {wrong}", tell=tell)
    emit_post_migrate_signal(
        0, False, DEFAULT_DB_ALIAS, apps=state.apps, plan=[(one, False) for one in migrations]
    )  # fmt: skip
    return done


def _applied(executor: MigrationExecutor, state: Any, one: Migration, done: Done, *, pause: float) -> Any:
    for attempt in range(1, TRIES + 1):
        try:
            return executor.apply_migration(state.clone(), one)
        except OperationalError as error:
            # Only a lock that was not to be had is worth another try; a migration outside a transaction is not,
            # because a part of it may stand.
            if not isinstance(error.__cause__, errors.LockNotAvailable) or not one.atomic or attempt == TRIES:
                raise
            done.lock_waits += 1
            time.sleep(pause * attempt)
    raise AssertionError("the last try raises")


def _failed(
    executor: MigrationExecutor,
    before: list[tuple[Migration, Any]],
    name: str,
    why: str,
    *,
    tell: Callable[[str], None],
) -> StepFailed:
    irreversible = cannot_go_back([one for one, _ in before])
    if irreversible:
        return StepFailed(
            f"{name} failed: {why}. {', '.join(irreversible)} cannot be reversed, so nothing was.", at=name,
            is_back=False,
        )  # fmt: skip
    for one, earlier in reversed(before):
        tell(f"Back: {name_of(one)} …")
        try:
            executor.unapply_migration(earlier, one)
        except Exception as error:
            return StepFailed(
                f"{name} failed: {why}. Reversing {name_of(one)} failed too: {error}.", at=name, is_back=False
            )
    count = len(before)
    return StepFailed(f"{name} failed: {why}. The database is as it was ({count} reversed).", at=name, is_back=True)
