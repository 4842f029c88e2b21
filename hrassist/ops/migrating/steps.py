"""One migration at a time, with short waits for locks, and back again when one of them or the service fails."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.recorder import MigrationRecorder
from psycopg import errors

from hrassist.lib.errors import Conflict, DomainError
from hrassist.ops.migrating import losing, unwrapped
from hrassist.ops.migrating.losing import RowsLost

# Behind a waiting ALTER every reader waits: two seconds are borne, seven were seen without a limit.
LOCK_TIMEOUT = "2s"
TRIES = 6
PAUSE = 2.0
LINT_WITHIN = 30
NOT_LINTED = "not linted here: there is no squawk on this machine. In CI it was asked about each of these migrations."
# What .ci/squawk.toml leaves out as well: Django names its own types and keys.
UNASKED = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity", "prefer-robust-stmts",
    "prefer-text-field", "prefer-timestamp-tz", "require-timeout-settings", "ban-char-field",
)  # fmt: skip
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
    """What was applied, how long each took, how often a lock was not to be had, and which rows went as was said."""

    applied: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lock_waits: int = 0
    rows_gone: dict[str, dict[str, int]] = field(default_factory=dict)


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


def recorded() -> list[str]:
    """Every migration that this database has."""
    return [f"{app}.{name}" for app, name in sorted(MigrationRecorder(connection).applied_migrations())]


def linted(migrations: Sequence[Migration]) -> list[str]:
    """What squawk says of their SQL, a line each, or that it is not installed. In CI it has refused already."""
    program = shutil.which("squawk")
    if not migrations:
        return []
    if program is None:
        return [NOT_LINTED]
    loader, said = MigrationExecutor(connection).loader, []
    for one in migrations:
        name = name_of(one)
        try:
            statements = loader.collect_sql([(one, False)])
        except (DatabaseError, ValueError) as error:
            # Some look at the tables that the migration before them leaves.
            said.append(f"{name}: squawk could not be asked ({type(error).__name__}).")
            continue
        done = subprocess.run(  # noqa: S603 - what the operator installed
            [program, "--reporter", "gcc", "--stdin-filepath", f"{name}.sql", "--exclude", ",".join(UNASKED)]
            + ["--assume-in-transaction"] * one.atomic,
            input="\n".join(line for line in statements if line not in {"BEGIN;", "COMMIT;"}),
            capture_output=True, text=True, check=False, timeout=LINT_WITHIN,
        )  # fmt: skip
        said += [line for line in done.stdout.splitlines() if line.startswith(f"{name}.sql:")]
    return said


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
    judge: Callable[[], str] = lambda: "",
    tell: Callable[[str], None] = lambda _line: None,
    pause: float = PAUSE,
) -> Done:
    """Apply these one by one; both give back what is wrong, or nothing: the probe after each, the judge after the last.

    Raises StepFailed, after everything that was applied here was reversed where all of it can be.
    """
    done, executor = Done(), MigrationExecutor(connection)
    # What Django itself does before it migrates; the state without `apps` is cheap to copy.
    # A newer release may have been here: what it brought stays, and this code does not know it.
    known = executor.loader.graph.nodes.keys() & executor.loader.applied_migrations.keys()
    state = executor.loader.project_state(sorted(known))
    emit_pre_migrate_signal(0, False, DEFAULT_DB_ALIAS, plan=[(one, False) for one in migrations])
    before: list[tuple[Migration, Any]] = []
    for one in migrations:
        name, began = name_of(one), time.monotonic()
        tell(f"{name} …")
        earlier = state.clone()
        try:
            state, gone = _tried(
                lambda state, one: _begun_anew(executor, state, one, tell), state, one, done, pause=pause
            )  # fmt: skip
        except Exception as error:
            if isinstance(error, RowsLost) and not one.atomic:
                why = f"{name} failed: {_said(error)}. It works outside a transaction: nothing was reversed."
                raise StepFailed(why, at=name, is_back=False) from error
            if stands := _left_by(one, tell=tell):
                why = f"{name} failed: {_said(error)}. Nothing was reversed: {stands}."
                raise StepFailed(why, at=name, is_back=False) from error
            raise _failed(executor, before, name, _said(error), done, tell=tell, pause=pause) from error
        before.append((one, earlier))
        done.applied.append(name)
        done.rows_gone |= {name: gone} if gone else {}
        done.seconds[name] = round(time.monotonic() - began, 2)
        # This code reads what the last of them brings: before that it cannot judge the rows.
        wrong = _asked(probe) or (_asked(judge) if one is migrations[-1] else "")
        if wrong:
            why = f"after it the service was not well: {wrong}"
            raise _failed(executor, before, name, why, done, tell=tell, pause=pause)
    emit_post_migrate_signal(
        0, False, DEFAULT_DB_ALIAS, apps=state.apps, plan=[(one, False) for one in migrations]
    )  # fmt: skip
    return done


def _begun_anew(
    executor: MigrationExecutor, state: Any, one: Migration, tell: Callable[[str], None]
) -> tuple[Any, dict[str, int]]:
    for index in unwrapped.clear(one):
        tell(f"{index}, which an earlier try left, is dropped.")
    with losing.watched(one) as gone:
        state = executor.apply_migration(state, one)
    return state, gone


def _left_by(one: Migration, *, tell: Callable[[str], None]) -> str:
    try:
        unwrapped.clear(one)
        return unwrapped.what_stands(one)
    except DatabaseError as error:
        return f"what it left cannot be taken away ({_said(error)})"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _asked(whether: Callable[[], str]) -> str:
    # Who cannot say that all is well has not said it.
    try:
        return whether()
    except Exception as error:
        return _said(error)


def _tried(step: Callable[..., Any], state: Any, one: Migration, done: Done, *, pause: float) -> Any:
    for attempt in range(1, TRIES + 1):
        try:
            with unwrapped.patiently(one, otherwise=LOCK_TIMEOUT):
                return step(state.clone(), one)
        except OperationalError as error:
            # Only a lock that was not to be had is worth another try, and only of what leaves no part of itself.
            is_lock = isinstance(error.__cause__, errors.LockNotAvailable)
            if not is_lock or not unwrapped.is_repeatable(one) or attempt == TRIES:
                raise
            done.lock_waits += 1
            time.sleep(pause * attempt)
    raise AssertionError("the last try raises")


def _failed(
    executor: MigrationExecutor,
    before: list[tuple[Migration, Any]],
    name: str,
    why: str,
    done: Done,
    *,
    tell: Callable[[str], None],
    pause: float,
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
            _tried(executor.unapply_migration, earlier, one, done, pause=pause)
        except Exception as error:
            return StepFailed(
                f"{name} failed: {why}. Reversing {name_of(one)} failed too: {error}.", at=name, is_back=False
            )
    count = len(before)
    return StepFailed(f"{name} failed: {why}. The database is as it was ({count} reversed).", at=name, is_back=True)
