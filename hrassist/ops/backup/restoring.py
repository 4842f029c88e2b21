"""A restore is one act: into a database of another name, judged there, and named as asked only when it holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from audit import actions as audit
from audit.sealing import checking
from audit.sealing import keys as audit_keys
from candidates.actions import replaying
from hrassist.lib import dbroles, failpoint
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.ops import fsck
from hrassist.ops.backup import dump, keys, manifests, places, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import Entry, Place
from hrassist.ops.backup.servers import Server

PARTIAL = "_partial_"
# What a restored database can be judged by alone, before its files are looked at.
ROWS_ALONE = ("I4", "I11", "I12")


class NothingToRestore(NotFound):
    code = "nothing_to_restore"
    default_message = "No place has a backup that was complete by {moment}."


class FromTheFuture(DomainError):
    code = "backup_from_the_future"
    default_message = (
        "{name} says that it is of {moment}, which is yet to come: this clock is wrong, or that one was. Set this one; "
        "if it is right, name the backup by a moment after it: --target-time."
    )


class NotEmpty(Conflict):
    code = "restore_target_not_empty"
    default_message = (
        "The database {name} has tables. Nothing was touched. Restore into a new name, or drop that database yourself."
    )


class PostCheckFailed(DomainError):
    """What came back is not what was backed up; it was not given its name."""

    code = "restore_post_check_failed"
    default_message = (
        "The restored database does not hold, so it was not put into service; it is kept as {name}: {faults}"
    )


@dataclass(slots=True)
class Restored:
    """What came back, from where, how long it took, and what was looked at."""

    database: str
    place: str
    backup: str
    moment: datetime
    seconds: float = 0.0
    rows: int = 0
    tables: int = 0
    indexes_checked: int = 0
    seals: int = 0
    erased_again: int = 0
    steps: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def choose(
    *, which: str = "all", until: datetime | None = None, as_of: datetime | None = None, ring: Ring | None = None
) -> tuple[Place, dict[str, Any], Entry]:
    """The newest backup whose moment is not after `until`; `as_of` looks at what a place held at that time.

    Raises NothingToRestore, or the trouble of a place where it kept one from being found.
    """
    ring = ring or keys.configured()
    best: tuple[Place, dict[str, Any], Entry] | None = None
    trouble: DomainError | None = None
    # A clock that ran ahead for an hour would otherwise name the newest backup for a year.
    latest = until or timezone.now() + manifests.SKEW
    for place in places.configured(which):
        try:
            for entry, said in manifests.genuine(place, manifests.DATABASE, ring=ring, at=as_of):
                moment = datetime.fromisoformat(said["moment"])
                if moment > latest:
                    if until is None:
                        trouble = trouble or FromTheFuture(name=said["name"], moment=said["moment"])
                    continue
                if best is None or moment > datetime.fromisoformat(best[1]["moment"]):
                    best = (place, said, entry)
                break
        except DomainError as error:
            trouble = error
    if best is None:
        raise trouble or NothingToRestore(moment=until.isoformat() if until else "now")
    return best


def restore(
    *,
    to: Server,
    which: str = "all",
    until: datetime | None = None,
    as_of: datetime | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Restored:
    """Bring a backup back as the database `to.name`, which is absent or empty. Raises NotEmpty, PostCheckFailed, …"""
    if servers.exists(to, to.name) and not servers.is_empty(to):
        raise NotEmpty(name=to.name)
    ring = keys.configured()
    place, manifest, entry = choose(which=which, until=until, as_of=as_of, ring=ring)
    partial = to.named(f"{to.name[:40]}{PARTIAL}{uuid4().hex[:8]}")
    done = bring_back(partial, place, manifest, ring=ring, as_of=as_of, entry=entry, tell=tell)
    began = time.monotonic()
    done.erased_again = erase_again(partial, moment=done.moment, rows=done.rows)
    done.steps["erasures"] = round(time.monotonic() - began, 2)
    if servers.exists(to, to.name):
        # It took minutes, in which somebody may have made tables there.
        if not servers.is_empty(to):
            raise NotEmpty(name=to.name)
        servers.drop(to, to.name)
    servers.rename(to, partial.name, to.name)
    done.database, done.seconds = to.name, round(sum(done.steps.values()), 2)
    return done


def misfit(server: Server) -> str:
    """Why this code cannot read the tables of a database, or nothing: then it may erase in it."""
    with servers.spoken_to(server):
        return " ".join(one.what for one in fsck.judge(now=timezone.now(), only=["I11"]).broken["I11"][:3])


def erase_again(server: Server, *, moment: datetime, rows: int | None = None) -> int:
    """Before anybody can look: whoever was erased since this moment is erased again; how many. Raises PostCheckFailed.

    The restore is on record in what came back.
    """
    with servers.spoken_to(server):
        replayed = replaying.replay(now=timezone.now())
        left = fsck.judge(now=timezone.now(), only=["I8"]).broken["I8"]
        if left:
            raise PostCheckFailed(name=server.name, faults=" ".join(one.what for one in left[:5]))
        said: dict[str, Any] = {"moment": moment.isoformat(), "erased_again": len(replayed.people)}
        said |= {} if rows is None else {"rows": rows}
        with transaction.atomic():
            audit.record("backup.restored", **said)
    return len(replayed.people)


def bring_back(
    target: Server,
    place: Place,
    manifest: dict[str, Any],
    *,
    ring: Ring,
    as_of: datetime | None = None,
    entry: Entry | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Restored:
    """Restore into a database of this name, and judge it. Where it cannot be restored the database is dropped."""
    done = Restored(target.name, place.label, manifest["name"], datetime.fromisoformat(manifest["moment"]))
    version = _version_of(place, manifest, as_of) if as_of and entry else ""
    tell(f"Restoring {manifest['name']} of place {place.label} into {target.name} …")
    began = time.monotonic()
    servers.create(target, target.name)
    try:
        dump.into(target, dump.opened(place, manifest, ring=ring, version=version))
    except BaseException:
        try:
            servers.drop(target, target.name)
        except (psycopg.Error, DomainError) as left:
            # A full disk takes no checkpoint either, and without one nothing is dropped: the first trouble is told.
            tell(f"note: {target.name} is still there ({str(left).splitlines()[0]}). Make room, and drop it.")
        raise
    done.steps["restore"] = round(time.monotonic() - began, 2)
    failpoint.reach("backup.restored")
    tell("Judging it …")
    began = time.monotonic()
    _grant(target)
    faults = [*_compare(target, manifest, done), *_structures(target, done), *_promises(target, done)]
    done.steps["judge"] = round(time.monotonic() - began, 2)
    done.seconds = round(sum(done.steps.values()), 2)
    if faults:
        raise PostCheckFailed(name=target.name, faults=" ".join(faults[:5]))
    return done


def _version_of(place: Place, manifest: dict[str, Any], as_of: datetime) -> str:
    name = manifest["name"].removesuffix(manifests.NAME) + dump.DUMP
    return next((one.version for one in place.entries(name, at=as_of)), "")


def _grant(target: Server) -> None:
    """The application's role gets its rights; a dump carries none, because roles belong to a server."""
    role = settings.DB_APP_ROLE
    with target.connect() as connection, connection.cursor() as cursor:
        if role and dbroles.exists(cursor, role):
            dbroles.grant(cursor, role=role)


def _compare(target: Server, manifest: dict[str, Any], done: Restored) -> list[str]:
    """Every table has exactly the rows that were counted in the snapshot."""
    with target.connect() as connection:
        counted = servers.tables(connection)
    done.tables, done.rows = len(counted), sum(counted.values())
    return [
        f"{name} has {counted.get(name, 'no')} rows, {rows} were backed up."
        for name, rows in manifest["rows"].items()
        if counted.get(name) != rows
    ]


def _structures(target: Server, done: Restored) -> list[str]:
    """Tables and B-trees as amcheck sees them; every row is in its index."""
    faults = []
    with target.connect(autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        except psycopg.Error:
            done.notes.append("This server has no amcheck: tables and indexes were counted, not walked.")
            return []
        indexes = connection.execute(
            "SELECT c.oid, c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a"
            " ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace AND i.indisvalid"
        ).fetchall()
        for oid, name in indexes:
            try:
                connection.execute("SELECT bt_index_check(%s::regclass, true)", [oid])
            except psycopg.Error as error:
                faults.append(f"The index {name} is damaged: {str(error).splitlines()[0]}.")
        heaps = connection.execute(
            "SELECT c.relname::text, v.msg FROM pg_class c, LATERAL verify_heapam(c.oid) v"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace LIMIT 20"
        ).fetchall()
        faults += [f"The table {name} is damaged: {said}." for name, said in heaps]
        done.indexes_checked = len(indexes)
        connection.execute(sql.SQL("DROP EXTENSION amcheck"))
    return faults


def _promises(target: Server, done: Restored) -> list[str]:
    with servers.spoken_to(target):
        report = checking.verify(ring=audit_keys.configured())
        done.seals = report.seals
        verdict = fsck.judge(now=timezone.now(), only=ROWS_ALONE)
    found = [str(problem) for problem in report.problems]
    return found + [f"{name}: {one.what}" for name, all_of in verdict.broken.items() for one in all_of]
