"""What the database's server says of its archive and of WAL that it keeps for others, and the disk of a restore."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings

from hrassist.ops.backup.cluster import Machine
from hrassist.ops.backup.facts import Fact, Level, in_words
from hrassist.ops.backup.servers import Server

# Where Debian's servers keep their data; an application's role may not ask for it.
DEBIAN = Path("/var/lib/postgresql")
GIGABYTE = 1_000_000_000
MOST_ARCHIVER_FAILS = 300.0
SLOT_KEEPS = (5 * GIGABYTE, 15 * GIGABYTE)
ROOM = 1.3


@dataclass(frozen=True, slots=True)
class Archive:
    """How the server's archiver does."""

    # Since it last took a segment, while its last try failed; 0 while all is well, None where nothing is archived.
    failing_for: float | None = None
    # How much WAL each replication slot keeps.
    slots: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    """The disk that a restore writes to."""

    path: Path
    free: int
    # The size of the database.
    needed: int


def archive(server: Server, *, at: datetime) -> Archive:
    """Raises DatabaseUnavailable."""
    with server.connect() as connection:
        slots = connection.execute(
            "SELECT slot_name::text, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
            " ELSE pg_current_wal_lsn() END, restart_lsn)::bigint FROM pg_replication_slots"
            " WHERE restart_lsn IS NOT NULL"
        ).fetchall()
        row = connection.execute(
            "SELECT last_failed_time > coalesce(last_archived_time, '-infinity'),"
            " coalesce(last_archived_time, stats_reset, last_failed_time) FROM pg_stat_archiver"
            " WHERE current_setting('archive_mode') <> 'off'"
        ).fetchone()
    failing = None if row is None else (at - row[1]).total_seconds() if row[0] else 0.0
    return Archive(failing, {name: max(kept, 0) for name, kept in slots})


def room(server: Server) -> Room | None:
    """None where a restore writes to a disk of another machine. Raises DatabaseUnavailable."""
    with server.connect() as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        path = _restored_to(server, connection)
    if row is None or path is None:
        return None
    while not path.exists():
        path = path.parent
    return Room(path, shutil.disk_usage(path).free, int(row[0]))


def _restored_to(server: Server, connection: psycopg.Connection[tuple[object, ...]]) -> Path | None:
    if settings.BACKUP_ENGINE == "pgbackrest":
        return Machine.configured().outside(settings.PG_DRILL_DIR)
    if server.host not in {"", "localhost", "127.0.0.1", "::1"} and not server.host.startswith("/"):
        return None
    try:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return DEBIAN if DEBIAN.exists() else None
    return Path(str(row[0])) if row else None


def about_archive(found: Archive) -> list[Fact]:
    """What is so of the server's archiver and of its slots."""
    facts = []
    if found.failing_for:
        level = Level.PAGE if found.failing_for > MOST_ARCHIVER_FAILS else Level.WARN
        failing = f"The archiver has failed for {in_words(timedelta(seconds=found.failing_for))}."
        facts.append(Fact(level, failing, "archive-failing.md"))
    for name, kept in found.slots.items():
        warn, page = SLOT_KEEPS
        if kept > warn:
            level = Level.PAGE if kept > page else Level.WARN
            what = f"The replication slot {name} keeps {kept / GIGABYTE:.0f} GB of WAL."
            facts.append(Fact(level, what, "Bring back who reads from it, or drop the slot before the disk is full."))
    return facts


def about_room(found: Room | None) -> list[Fact]:
    """Whether the disk that a restore writes to has room for one."""
    if found is None or found.free >= ROOM * found.needed:
        return []
    what = f"The disk of {found.path} has no room for a restore: {found.free / GIGABYTE:.1f} GB are free."
    return [Fact(Level.PAGE, what, f"Make room for {ROOM * found.needed / GIGABYTE:.1f} GB.")]
