"""After a test that committed, the rows that it left are deleted: far quicker than to truncate and refill every table.

What `migrate` fills by itself (kinds of content, permissions, the roles' groups) stays as long as no test touched it.
"""

from __future__ import annotations

from django.db import connection, transaction

from audit.actions import migrated
from hrassist import databases

FILLED = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
# Django does not know the queue's tables as its own.
QUEUE = ("procrastinate_jobs", "procrastinate_workers", "procrastinate_events", "procrastinate_periodic_defers")
# In a table of more bytes there were many rows, alive or dead: to truncate it is quicker, and makes it small again.
MOST_BYTES = 512 * 1024

_filled: list[tuple[object, ...]] = []


def remember() -> None:
    """Keep what the filled tables hold before the first test."""
    _filled[:] = _content()


def forget_rows() -> bool:
    """Delete what a test left; False where all tables have to be emptied and filled anew, and nothing is deleted."""
    if not _filled or _content() != _filled:
        return False
    known = connection.introspection.django_table_names(only_existing=True)
    tables = [*(name for name in known if name not in FILLED), *QUEUE]
    each = "SELECT '{0}', EXISTS (SELECT FROM \"{0}\"), pg_relation_size('\"{0}\"')"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            return False
        # As TRUNCATE waits: a request that a closed browser still has under way ends before its rows are looked for.
        cursor.execute("LOCK TABLE " + ", ".join(f'"{name}"' for name in tables))
        cursor.execute(" UNION ALL ".join(each.format(name) for name in tables))
        found = cursor.fetchall()
        if any(size > MOST_BYTES for _, _, size in found):
            return False
        # Without triggers: foreign keys need no order, and the audit trail refuses nobody.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in (name for name, has_rows, _ in found if has_rows):
            cursor.execute(f'DELETE FROM "{name}"')  # noqa: S608 - names of the catalogue
    # What else comes after a flush, for a test that took it away.
    databases.grant_after_migrate()
    databases.mark_after_migrate()
    migrated.after_migrate()
    return True


def _content() -> list[tuple[object, ...]]:
    one = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{0}\" t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in FILLED))
        return sorted(cursor.fetchall())
