"""How the two connection aliases share one schema."""

from typing import Any


class OneSchemaRouter:
    """`audit` is a second connection to the default database, for rows that survive a rollback; it never migrates."""

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool | None:
        return False if db == "audit" else None

    def allow_relation(self, *_args: Any, **_hints: Any) -> bool | None:
        return True
