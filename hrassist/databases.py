"""How the two connection aliases share one schema, as whom they speak, and how long a page may ask it."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from hrassist.lib import dbroles, planner
from hrassist.lib.dbroles import Standing


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


def grant_after_migrate(using: str = DEFAULT_DB_ALIAS, **_kwargs: Any) -> None:
    """Give the application's role its rights over what was just migrated, where the owner migrates."""
    if using != DEFAULT_DB_ALIAS:
        return
    with connections[using].cursor() as cursor:
        role = settings.DB_APP_ROLE
        if dbroles.may_grant(cursor, role) and not dbroles.is_granted(cursor, role=role):
            with transaction.atomic(using=using):
                dbroles.grant(cursor, role=role)


def skew() -> float:
    """By how many seconds this machine's clock is ahead of the database's."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        # Half of the way there and back is the moment at which it was read.
        ours = before + (timezone.now() - before) / 2
    return float((ours - theirs).total_seconds())


def analyze_after_migrate(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Have the planner look at what was just migrated, on whatever way the migration came.

    A flush says it has migrated as well, but has no plan.
    """
    if using != DEFAULT_DB_ALIAS or "plan" not in kwargs:
        return
    with connections[using].cursor() as cursor:
        planner.learn(cursor, planner.unknown(cursor))


def standing() -> Standing:
    """As whom this process speaks to the database, and what that lets it do to the legal record."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        return dbroles.standing(cursor)
