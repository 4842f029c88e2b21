"""The engine `dump`: what pg_dump writes, encrypted as it comes, with a signed account of what is in it."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hrassist.lib import failpoint
from hrassist.lib.errors import DomainError
from hrassist.ops.backup import cipher, keys, manifests, servers
from hrassist.ops.backup.keys import Ring, WrongKey
from hrassist.ops.backup.places import PIECE, Place
from hrassist.ops.backup.servers import Server

DUMP = "dump"
CANARY = "canary/"
_ITS_OWN_WORDS = re.compile(r"pg_(dump|restore): |(ERROR|FATAL):")
_ROW = re.compile(r"DETAIL:|CONTEXT:|COPY \w+, line")
_VALUE = re.compile(r"(invalid [^:]*|out of range[^:]*): .*")
# As long an old key is to be kept beside the new one.
OLD_KEYS_STAY = timedelta(days=60)
_CANARY_SAYS = b"hrassist can read its backups"


class DumpFailed(DomainError):
    code = "dump_failed"
    default_message = "{program} failed and nothing was kept: {said}"


def make(place: Place, *, server: Server | None = None, ring: Ring | None = None) -> dict[str, Any]:
    """Dump the database of this process into a place; gives the manifest. What is there of a run that died is nothing.

    Rows are counted in the very snapshot that is dumped, so that a restore can be held to them. Raises InTheWay.
    """
    with servers.alone(f"a dump into place {place.label}"):
        return _make(place, server=server or servers.own(), ring=ring or keys.configured())


def _make(place: Place, *, server: Server, ring: Ring) -> dict[str, Any]:
    with server.connect() as connection:
        connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), clock_timestamp(), pg_database_size(current_database())")
        snapshot, moment, database_bytes = row.fetchone() or ("", timezone.now(), 0)
        counts = servers.tables(connection)
        folder = f"{manifests.DATABASE}{moment:{manifests.STAMP}}-{uuid4().hex[:8]}/"
        name = folder + DUMP
        began = timezone.now()
        # Closed at once where the place fails: pg_dump must not outlive its snapshot.
        with closing(_dumped(server, snapshot)) as dumped:
            written = place.put(name, cipher.encrypt(dumped, name=name, ring=ring))
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
        "size": written.size,
        "version": written.version,
        "rows": counts,
        "last_event": last,
        "migrations": migrations(),
        "release": settings.VERSION,
    }
    manifests.write(place, said, name=folder + manifests.NAME, ring=ring)
    keep_canary(place, ring=ring)
    rotate(place, now=min(moment, timezone.now()), ring=ring)
    return {**said, "name": folder + manifests.NAME}


def _dumped(server: Server, snapshot: str) -> Generator[bytes]:
    path = servers.program("pg_dump", server=server)
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, arguments are not a shell's
                [path, "--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=server.environment(),
            )
        except OSError as error:
            # The place that is written to would be blamed for it.
            raise DumpFailed(program=path, said=error.strerror or error) from error
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
    # What it quotes of rows would stand in receipts and logs.
    lines = [
        _VALUE.sub(r"\1", line)
        for line in errors.read().decode(errors="replace").strip().splitlines()
        if _ITS_OWN_WORDS.match(line) and not _ROW.search(line)
    ]
    return " ".join(lines[-3:])[:600] or "it gave no reason that may be shown"


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
            # It may have had enough before the end; that the object ends as it was written is still to be seen.
            for _ in pieces:
                pass
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def rotate(place: Place, *, now: datetime, ring: Ring) -> list[str]:
    """Hide dumps past their days, and what killed runs left; never the last one that can be restored."""
    limit = now - timedelta(days=settings.BACKUP_KEEP_DAYS)
    # What is not signed by us stays for somebody to look at; it never counts as the last one.
    try:
        entries = list(manifests.genuine(place, manifests.DATABASE, ring=ring))
    except WrongKey:
        return []
    kept = {entry.key.removesuffix(manifests.NAME) for entry in manifests.listed(place, manifests.DATABASE)}
    gone: list[str] = []
    for entry, said in entries[1:]:
        # The store's own clock has to agree: one leap of ours would take every backup with it.
        if max(datetime.fromisoformat(said["moment"]), entry.at) < limit:
            folder = entry.key.removesuffix(manifests.NAME)
            # The manifest first: a dump without one is nothing, a manifest without its dump would be a lie.
            place.hide(entry.key)
            place.hide(folder + DUMP)
            gone.append(entry.key)
    for one in list(place.entries(manifests.DATABASE)):
        if one.key.rpartition("/")[0] + "/" not in kept and one.at < now - timedelta(days=1):
            place.hide(one.key)
    place.sweep(before=now - timedelta(days=1))
    return gone


def keep_canary(place: Place, *, ring: Ring) -> None:
    """A small object under the newest key, which backup_status decrypts: a lost key is seen before it is needed."""
    name = CANARY + ring.newest.id
    if not any(entry.key == name for entry in place.entries(CANARY)):
        place.put(name, cipher.encrypt([_CANARY_SAYS], name=name, ring=ring))


def canary_sings(place: Place, *, ring: Ring, now: datetime | None = None) -> bool:
    """Whether what was put there under the newest key is read back with it. Raises what keeps it from being so."""
    entries = {entry.key.removeprefix(CANARY): entry for entry in place.entries(CANARY)}
    newest, held = entries.get(ring.newest.id), {key.id for key in ring.keys}
    for key_id, entry in entries.items():
        # A key that was replaced long ago may be gone: nothing is encrypted with it any more.
        if key_id not in held and newest and newest.at < (now or timezone.now()) - OLD_KEYS_STAY:
            continue
        said = b"".join(cipher.decrypt(place.open(entry.key), name=entry.key, ring=ring))
        if said != _CANARY_SAYS:
            return False
    return newest is not None
