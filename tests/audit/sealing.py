"""Events and seals for tests: committed, by transactions that have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from audit import actions as audit
from audit.actions import seals
from audit.models import Event, Seal
from audit.sealing import keys


def conninfo() -> dict[str, str]:
    at = connection.settings_dict
    named = {
        "host": at["HOST"],
        "port": at["PORT"],
        "dbname": at["NAME"],
        "user": at["USER"],
        "password": at["PASSWORD"],
    }
    return {name: str(value) for name, value in named.items() if value}


def superuser(**options: Any) -> psycopg.Connection:
    """A connection of somebody who owns everything, with all triggers off."""
    made = psycopg.connect(**conninfo(), autocommit=True, **options)
    made.execute("SET session_replication_role = replica")
    return made


def events(count: int, **about: Any) -> list[Event]:
    return [audit.record("job.updated", number=number, **about) for number in range(count)]


def seal(**options: Any) -> list[Seal]:
    return seals.seal_all(ring=keys.configured(), **options)


@contextmanager
def batches_of(rows: int) -> Iterator[None]:
    """Seals over so many rows each, where it is a thousand."""
    before = seals.MOST_ROWS
    seals.MOST_ROWS = rows
    try:
        yield
    finally:
        seals.MOST_ROWS = before
