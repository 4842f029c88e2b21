"""A database that was migrated once is copied for each run of the tests, instead of migrating one each time.

It is made anew when a migration or a pinned package changes. `tests/conftest.py` asks for it.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).parent.parent
PREFIX = "hrassist_migrated_"
# One process makes or takes a copy at a time: PostgreSQL copies no database that somebody is connected to.
LOCK = 7_262_001


def name() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return PREFIX + digest.hexdigest()[:12]


# Held by a process that found nothing to copy, until it has kept a copy: the others wait for it and need not migrate.
_turn = ExitStack()


def copy() -> bool:
    """Put a fresh copy in the place of the test's database; False where there is nothing to copy from yet."""
    ours = connection.creation._get_test_db_name()
    with ExitStack() as stack:
        cursor = _locked(stack)
        if not _is_there(cursor, name()):
            _turn.push(stack.pop_all())
            return False
        cursor.execute(f'DROP DATABASE IF EXISTS "{ours}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{ours}" TEMPLATE "{name()}"')
    return True


def keep() -> None:
    """Keep a copy of the test's database, which was migrated just now and holds no rows, for the next runs."""
    ours = connection.settings_dict["NAME"]
    connection.close()
    with _turn, connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        for (old,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name()}" TEMPLATE "{ours}"')


def _locked(stack: ExitStack) -> Any:
    """A cursor that has the lock, until the stack is closed."""
    cursor = stack.enter_context(connection._nodb_cursor())
    while True:
        # Asked again and again, because who migrates may have to wait until no statement runs.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if cursor.fetchone()[0]:
            return cursor
        time.sleep(0.2)


def _is_there(cursor: Any, database: str) -> bool:
    cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [database])
    return bool(cursor.fetchone()[0])
