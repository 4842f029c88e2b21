"""What a migration changed is on record, and the database learns the codes of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from audit.actions.events import record
from audit.codes import as_sql

_FIRST = ("audit", "0001_initial")


def after_migrate(*, using: str = DEFAULT_DB_ALIAS, plan: Sequence[tuple[Any, bool]] = (), **_kwargs: Any) -> None:
    """Bring the trail up to date with the code that migrated it."""
    if using != DEFAULT_DB_ALIAS:
        return
    tables = connections[using].introspection.table_names()
    if "audit_seal" not in tables:
        return
    with connections[using].cursor() as cursor:
        cursor.execute(as_sql())
    names = [f"{one.app_label}.{one.name}" for one, backwards in plan if not backwards]
    taken_back = [f"{one.app_label}.{one.name}" for one, backwards in plan if backwards]
    # The trail cannot tell of its own beginning.
    if (names or taken_back) and ".".join(_FIRST) not in names:
        record("database.migrated", applied=names, taken_back=taken_back)
