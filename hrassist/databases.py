"""How the two connection aliases share one schema, and how long a page may ask it."""

from typing import Any

from django.conf import settings
from django.db import connections


class OneSchemaRouter:
    """`audit` is a second connection to the default database, for rows that survive a rollback; it never migrates."""

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        return False if db == "audit" else None

    def allow_relation(self, *_args: Any, **_hints: Any) -> bool | None:
        return True


def limit_statements() -> None:
    """End each statement of this process after DB_STATEMENT_TIMEOUT seconds; 0 leaves it to the server.

    Called by the web process alone: a migration, an import or a ranking may take longer than somebody waits for a page.
    """
    seconds = settings.DB_STATEMENT_TIMEOUT
    if not seconds:
        return
    for alias in connections:
        options = connections.settings[alias].setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} -c statement_timeout={seconds}s".strip()
