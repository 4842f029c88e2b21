"""The engine `dump`: what pg_dump writes, encrypted as it comes, with a signed account of what is in it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hrassist.lib import failpoint
from hrassist.lib.errors import DomainError
from hrassist.ops.backup import cipher, keys, manifests, servers
from hrassist.ops.backup.keys import Ring
from hrassist.ops.backup.places import PIECE, Place
from hrassist.ops.backup.servers import Server

DUMP = "dump"
CANARY = "canary/"
_CANARY_SAYS = b"hrassist can read its backups"


class DumpFailed(DomainError):
    code = "dump_failed"
    default_message = "{program} failed and nothing was kept: {said}"


def make(place: Place, *, server: Server | None = None, ring: Ring | None = None) -> dict[str, Any]:
    """Dump the database of this process into a place; gives the manifest. What is there of a run that died is nothing.

    Rows are counted in the very snapshot that is dumped, so that a restore can be held to them.
    """
    server, ring = server or servers.own(), ring or keys.configured()
    with server.connect() as connection:
        connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), clock_timestamp(), pg_database_size(current_database())")
        snapshot, moment, database_bytes = row.fetchone() or ("", timezone.now(), 0)
        counts = servers.tables(connection)
        folder = f"{manifests.DATABASE}{moment:{manifests.STAMP}}-{uuid4().hex[:8]}/"
        name = folder + DUMP
        began = timezone.now()
        size = place.put(name, cipher.encrypt(_dumped(server, snapshot), name=name, ring=ring))
        version, last = connection.info.server_version, _last_event(connection)
    failpoint.reach("backup.dump")
    said = {
        "kind": "database",
        "engine": "dump",
        "moment": moment.isoformat(),
        "ended": timezone.now().isoformat(),
        "seconds": round((timezone.now() - began).total_seconds(), 2),
        "database": server.name,
        "database_bytes": database_bytes,
        "server_version": version,
        "size": size,
        "rows": counts,
        "last_event": last,
        "migrations": migrations(),
        "release": settings.VERSION,
    }
    manifests.write(place, said, name=folder + manifests.NAME, ring=ring)
    keep_canary(place, ring=ring)
    rotate(place, now=moment, ring=ring)
    return {**said, "name": folder + manifests.NAME}


def _dumped(server: Server, snapshot: str) -> Iterator[bytes]:
    path = servers.program("pg_dump", server=server)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program, arguments are not a shell's
            [path, "--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=server.environment(),
        )
        output: Any = process.stdout
        try:
            while piece := output.read(PIECE):
                yield piece
            if process.wait():
                raise DumpFailed(program="pg_dump", said=_end_of(errors))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            output.close()


def _end_of(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return " ".join(lines[-3:]) or "it said nothing"


def _last_event(connection: Any) -> int:
    row = connection.execute(
        "SELECT CASE WHEN to_regclass('audit_event') IS NULL THEN 0 ELSE"
        " (SELECT coalesce(max(id), 0) FROM audit_event) END"
    ).fetchone()
    return int(row[0]) if row else 0


def migrations() -> list[str]:
    """The migrations of this code, as a manifest and a receipt name them."""
    from django.db import connection  # noqa: PLC0415  the process's own, whichever it speaks to now

    graph = MigrationExecutor(connection).loader.graph
    return sorted(f"{app}.{name}" for app, name in graph.leaf_nodes())


def opened(place: Place, manifest: dict[str, Any], *, ring: Ring, version: str = "") -> Iterator[bytes]:
    """The dump that a manifest tells of, proven as it is given out."""
    name = manifest["name"].removesuffix(manifests.NAME) + DUMP
    return cipher.decrypt(place.open(name, version=version), name=name, ring=ring)


def into(server: Server, pieces: Iterator[bytes]) -> None:
    """Restore a dump into an empty database; any error of it is one of the whole. Raises DumpFailed."""
    path = servers.program("pg_restore", server=server)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program, arguments are not a shell's
            [path, "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={server.name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=server.environment(),
        )
        source: Any = process.stdin
        try:
            try:
                for piece in pieces:
                    source.write(piece)
                source.close()
            except BrokenPipeError:
                pass
            if process.wait():
                raise DumpFailed(program="pg_restore", said=_end_of(errors))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def rotate(place: Place, *, now: datetime, ring: Ring) -> list[str]:
    """Hide dumps past their days, and what killed runs left; never the last one that can be restored."""
    limit = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
    entries = manifests.listed(place, manifests.DATABASE)
    kept = {entry.key.removesuffix(manifests.NAME) for entry in entries}
    gone: list[str] = []
    for entry in entries[1:]:
        said = manifests.read(place, entry, ring=ring)
        if datetime.fromisoformat(said["moment"]) < limit:
            folder = entry.key.removesuffix(manifests.NAME)
            # The manifest first: a dump without one is nothing, a manifest without its dump would be a lie.
            place.hide(entry.key)
            place.hide(folder + DUMP)
            gone.append(entry.key)
    for one in list(place.entries(manifests.DATABASE)):
        if one.key.rpartition("/")[0] + "/" not in kept and one.at < now - timedelta(days=1):
            place.hide(one.key)
    return gone


def keep_canary(place: Place, *, ring: Ring) -> None:
    """A small object under the newest key, which backup_status decrypts: a lost key is seen before it is needed."""
    name = CANARY + ring.newest.id
    if not any(entry.key == name for entry in place.entries(CANARY)):
        place.put(name, cipher.encrypt([_CANARY_SAYS], name=name, ring=ring))


def canary_sings(place: Place, *, ring: Ring) -> bool:
    """Whether what was put there under the newest key is read back with it. Raises what keeps it from being so."""
    for entry in place.entries(CANARY):
        said = b"".join(cipher.decrypt(place.open(entry.key), name=entry.key, ring=ring))
        if said != _CANARY_SAYS:
            return False
    return any(entry.key == CANARY + ring.newest.id for entry in place.entries(CANARY))
