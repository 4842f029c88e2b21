"""One migration there or back, over states of the models that are made once for all the times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.migrations import Migration, RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState


@dataclass(frozen=True, slots=True)
class Step:
    """A migration with the models before and after each of its operations.

    Django makes those anew each time that it applies a migration or takes it back, which is most of what that costs.
    """

    migration: Migration
    operations: tuple[tuple[Operation, ProjectState, ProjectState], ...]

    @classmethod
    def over(cls, before: ProjectState, migration: Migration) -> tuple[Step, ProjectState]:
        made, state = [], before
        for operation in migration.operations:
            after = state.clone()
            operation.state_forwards(migration.app_label, after)
            made.append((operation, state, after))
            state = after
        return cls(migration, tuple(made)), state

    def there(self) -> None:
        self._go(back=False)

    def back(self) -> None:
        self._go(back=True)

    def _go(self, *, back: bool) -> None:
        one, recorder = self.migration, MigrationRecorder(connection)
        with connection.schema_editor(atomic=one.atomic) as editor:
            for operation, before, after in reversed(self.operations) if back else self.operations:
                with self._as_one(operation, editor):
                    if back:
                        operation.database_backwards(one.app_label, editor, after, before)
                    else:
                        operation.database_forwards(one.app_label, editor, before, after)
        (recorder.record_unapplied if back else recorder.record_applied)(one.app_label, one.name)

    def _as_one(self, operation: Operation, editor: Any) -> AbstractContextManager[Any]:
        wanted = operation.atomic or (self.migration.atomic and operation.atomic is not False)
        return transaction.atomic() if wanted and not editor.atomic_migration else nullcontext()


def runs_code(migration: Migration) -> bool:
    return any(isinstance(one, RunPython) for one in _operations(migration))


def is_reversible(migration: Migration) -> bool:
    return all(one.reversible for one in _operations(migration))


def _operations(migration: Migration) -> Iterator[Operation]:
    """Also those that change the database without telling the models."""
    for one in migration.operations:
        yield from one.database_operations if isinstance(one, SeparateDatabaseAndState) else [one]
