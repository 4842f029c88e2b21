"""A restore of a whole server by pgBackRest: into a directory of another name, started for nobody, judged, then named.

A failed restore that is started anyway looks healthy and is empty: so nothing here is ever started under its own name,
and what is started cannot archive.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from hrassist.lib import failpoint, local_time
from hrassist.lib.errors import Conflict, DomainError
from hrassist.ops.backup import pgbackrest, servers, wal
from hrassist.ops.backup.evidence import HEARTBEAT
from hrassist.ops.backup.pgbackrest import PgBackRestFailed
from hrassist.ops.backup.servers import InTheWay, Server

PARTIAL = ".partial"
COUNTS = "SELECT (SELECT count(*) FROM candidates_candidate) || ' ' || (SELECT count(*) FROM audit_event)"
RECOVERY_WITHIN = 1800.0
# A server that archives every 45 seconds, and is sealed each minute, is never further behind than two.
MOST_BEHIND = 120.0
# What a server is judged with: the first only where its own configuration lies elsewhere.
_OWN = ("judge.conf", "judge.hba", "judge.ident")


class TargetTaken(Conflict):
    code = "restore_target_not_empty"
    default_message = "{path} is there and not empty. Nothing was touched. Move it away, or restore into another name."


class NotPutIntoService(DomainError):
    code = "restore_post_check_failed"
    default_message = "The restored server does not hold and was not put into service; it lies in {path}: {why}"


@dataclass(frozen=True, slots=True)
class Machine:
    """How the server's programs are run here: as whom, under which root, with which port."""

    run: tuple[str, ...]
    binaries: str
    root: Path
    port: int

    @classmethod
    def configured(cls) -> Machine:
        return cls(
            run=tuple(shlex.split(settings.PG_SERVER_RUN)), binaries=settings.PG_SERVER_BIN,
            root=Path(settings.PG_SERVER_ROOT), port=settings.PG_RESTORE_PORT,
        )  # fmt: skip

    def program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - programs of the server, arguments are not a shell's
            [*self.run, f"{self.binaries}/{name}", *arguments], capture_output=True, text=True, check=False
        )

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program of the system's, as the server's user."""
        return subprocess.run([*self.run, *command], capture_output=True, text=True, check=False)  # noqa: S603

    def outside(self, path: str) -> Path:
        """Where this process sees a path of the server's."""
        return self.root / path.lstrip("/")


@dataclass(frozen=True, slots=True)
class Back:
    """What came back and how far it reached."""

    directory: str
    repository: int
    seconds: float
    restore_seconds: float
    recovered: datetime
    behind_seconds: float | None
    counts: str


def restore(
    *,
    directory: str,
    repo: int,
    time_target: str = "",
    name_target: str = "",
    as_of: str = "",
    heartbeat: datetime | None = None,
    most_behind: float = MOST_BEHIND,
    database: str = "hrassist",
    keep: bool = True,
    look: Callable[[Server, datetime], None] | None = None,
    machine: Machine | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Back:
    """Restore into `directory`, which is absent or empty; with `keep` false it is a drill and goes away again.

    `look` is called while the server runs for nobody, with its address and the moment it came back to.
    Raises TargetTaken, PgBackRestFailed, NotPutIntoService.
    """
    machine = machine or Machine.configured()
    final, partial = machine.outside(directory), machine.outside(directory + PARTIAL)
    if final.exists() and any(final.iterdir()):
        raise TargetTaken(path=directory)
    held = _own_folder(machine, directory + PARTIAL)
    try:
        return _into_it(
            machine, directory, repo=repo, time_target=time_target, name_target=name_target, as_of=as_of,
            heartbeat=heartbeat, most_behind=most_behind, database=database, keep=keep, look=look, tell=tell,
        )  # fmt: skip
    finally:
        os.close(held)
        if not keep:
            # What a drill brought back is everybody's data, and nobody looks after it.
            shutil.rmtree(partial, ignore_errors=True)


def _own_folder(machine: Machine, path: str) -> int:
    """An empty folder that no other restore writes into for as long as the descriptor is open. Raises InTheWay."""
    seen = machine.outside(path)
    if seen.exists():
        # Of a restore that was killed, and maybe of its server: it was never anybody's data.
        old = _locked(seen, path)
        try:
            if (seen / "postmaster.pid").exists():
                machine.program("pg_ctl", "-D", path, "-w", "-m", "immediate", "stop")
            shutil.rmtree(seen)
        finally:
            os.close(old)
    made = machine.call("mkdir", "-m", "0700", path)
    if made.returncode:
        raise PgBackRestFailed(verb="restore", said=pgbackrest.cause(made.stderr))
    return _locked(seen, path)


def _locked(seen: Path, path: str) -> int:
    descriptor = os.open(seen, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == seen.stat().st_ino:
            return descriptor
    except OSError as error:
        os.close(descriptor)
        raise InTheWay(what=f"a restore into {path}") from error
    os.close(descriptor)
    raise InTheWay(what=f"a restore into {path}")


def _into_it(
    machine: Machine,
    directory: str,
    *,
    repo: int,
    time_target: str,
    name_target: str,
    as_of: str,
    heartbeat: datetime | None,
    most_behind: float,
    database: str,
    keep: bool,
    look: Callable[[Server, datetime], None] | None,
    tell: Callable[[str], None],
) -> Back:
    final, partial = machine.outside(directory), machine.outside(directory + PARTIAL)
    began = time.monotonic()
    tell(f"Restoring from repository {repo} …")
    _fetch(directory + PARTIAL, repo, time_target=time_target, name_target=name_target, as_of=as_of)
    fetched = time.monotonic() - began
    failpoint.reach("restore.fetched")
    # Where it is told what to reach PostgreSQL itself refuses if it does not come there.
    archive = [] if time_target or name_target else _archive(repo, as_of=as_of)
    if why := wal.missing(partial, archive):
        raise NotPutIntoService(path=directory + PARTIAL, why=why)
    tell("Recovering and judging …")
    try:
        recovered, counts = _recovered(machine, directory + PARTIAL, database, look)
    except DomainError:
        raise
    except Exception as error:
        raise NotPutIntoService(
            path=directory + PARTIAL, why=_last_words(machine, directory + PARTIAL) or error
        ) from error
    if why := wal.not_replayed(partial, archive):
        raise NotPutIntoService(path=directory + PARTIAL, why=why)
    # A restore to a moment is behind on purpose.
    behind = None
    if heartbeat is not None and not (time_target or name_target):
        behind = pgbackrest.behind(recovered, heartbeat)
        if behind > most_behind:
            raise NotPutIntoService(
                path=directory + PARTIAL,
                why=f"it ends {behind:.0f} s before the last heartbeat outside the database: WAL is missing.",
            )
    _scrub(partial)
    if keep:
        try:
            if final.exists():
                final.rmdir()
            partial.rename(final)
        except OSError as error:
            raise NotPutIntoService(path=directory + PARTIAL, why=f"{directory}: {error.strerror}.") from error
    return Back(directory, repo, time.monotonic() - began, fetched, recovered, behind, counts)


def _fetch(path: str, repo: int, *, time_target: str, name_target: str, as_of: str) -> None:
    options = [f"--repo={repo}", f"--pg1-path={path}", "--archive-mode=off"]
    if name_target and time_target:
        # It takes the newest backup for a name, which may have been made after that point was.
        moment = _moment(time_target)
        base = [one for one in pgbackrest.info() if one.number == repo]
        labels = [label for one in base for label, stop in one.backups if stop <= moment]
        if not labels:
            raise PgBackRestFailed(verb="restore", said=f"repository {repo} has no backup from before {time_target}.")
        options += ["--type=name", f"--target={name_target}", "--target-action=promote", f"--set={labels[-1]}"]
    elif time_target:
        options += ["--type=time", f"--target={_as_it_reads(time_target)}", "--target-action=promote"]
    elif name_target:
        options += ["--type=name", f"--target={name_target}", "--target-action=promote"]
    if as_of:
        options += [f"--repo-target-time={_as_it_reads(as_of)}"]
    pgbackrest.run("restore", *options)


def _as_it_reads(moment: str) -> str:
    """A moment as pgBackRest reads it: no T, and seconds at most in thousandths."""
    return f"{_moment(moment):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "+00"


def _moment(text: str) -> datetime:
    found = local_time.instant(text)
    if found is None:
        raise DomainError(f"{text} is no moment such as 2026-11-26T03:15:00+00:00.", code="bad_moment")
    return found.astimezone(UTC)


def _recovered(
    machine: Machine, path: str, database: str, look: Callable[[Server, datetime], None] | None
) -> tuple[datetime, str]:
    """Start it with its socket in its own directory, wait until it has promoted, ask how far it came, and stop it."""
    # Nothing of it may act: no archive, no jobs of an extension, no subscription to another server.
    options = (
        f"-c listen_addresses='' -c unix_socket_directories={path} -c port={machine.port} -c archive_mode=off"
        " -c shared_preload_libraries='' -c max_logical_replication_workers=0 -c ssl=off"
    )
    options += f" {_own_configuration(machine, path)}"
    started = machine.program(
        "pg_ctl", "-D", path, "-w", "-t", "600", "-o", options, "-l", f"{path}/restore.log", "start"
    )
    log = machine.outside(f"{path}/restore.log")
    if started.returncode:
        said = log.read_text(errors="replace") if log.exists() else started.stdout
        raise NotPutIntoService(path=path, why=f"it does not start: {pgbackrest.cause(said[-3000:])}")
    try:
        deadline = time.monotonic() + RECOVERY_WITHIN
        while _ask(machine, path, database, "SELECT pg_is_in_recovery()") != "f":
            if time.monotonic() > deadline:
                raise NotPutIntoService(path=path, why="it does not come out of recovery.")
            time.sleep(0.2)
        failpoint.reach("restore.recovered")
        moment = _ask(
            machine,
            path,
            database,
            f"SELECT to_char(({HEARTBEAT}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')",
        )
        if not moment:
            raise NotPutIntoService(path=path, why=f"the database {database} has no event and no seal: it is empty.")
        recovered = datetime.fromisoformat(moment)
        counts = _ask(machine, path, database, COUNTS)
        damaged = machine.program(
            "pg_amcheck", "-h", path, "-p", str(machine.port), "-d", database, "--install-missing", "--jobs=2"
        )
        if damaged.returncode:
            raise NotPutIntoService(path=path, why=(damaged.stdout + damaged.stderr)[-300:])
        if look is not None:
            look(Server(str(machine.outside(path)), str(machine.port), database, servers.own().user, ""), recovered)
    finally:
        machine.program("pg_ctl", "-D", path, "-w", "-m", "fast", "stop")
        for name in _OWN:
            machine.outside(f"{path}/{name}").unlink(missing_ok=True)
    return recovered, counts


def _own_configuration(machine: Machine, path: str) -> str:
    """Whom it lets in is ours to say; and Debian keeps the whole configuration outside of the data."""
    owner = machine.outside(path).stat()
    # Through its socket, in a folder that only the server's user and root may enter: everybody as themselves, and this
    # process as the role that it connects as.
    process, role = pwd.getpwuid(os.geteuid()).pw_name, servers.own().user
    texts = {
        "judge.hba": "local all all peer map=judge\n",
        "judge.ident": f'judge /^(.*)$ \\1\njudge "{process}" "{role}"\n',
    }
    if not (machine.outside(path) / "postgresql.conf").exists():
        texts["judge.conf"] = _least(machine, path)
    for name, text in texts.items():
        file = machine.outside(f"{path}/{name}")
        file.write_text(text)
        _give(file, owner)
    return " ".join(
        f"-c {what}={path}/{name}"
        for what, name in zip(("config_file", "hba_file", "ident_file"), _OWN, strict=True)
        if name in texts
    )


def _least(machine: Machine, path: str) -> str:
    told = machine.program("pg_controldata", "-D", path).stdout
    # A server that recovers refuses less than the one had that wrote the WAL.
    least = dict(re.findall(r"^(max_\w+) setting:\s+(\d+)$", told, re.MULTILINE))
    least["max_locks_per_transaction"] = least.pop("max_locks_per_xact", "64")
    least["max_prepared_transactions"] = least.pop("max_prepared_xacts", "0")
    lines = [f"{name} = {value}" for name, value in sorted(least.items())]
    return "\n".join([*lines, "dynamic_shared_memory_type = mmap", ""])


def _last_words(machine: Machine, path: str) -> str:
    """Why the server went away, as its log ends: a target that is never reached, say."""
    log = machine.outside(f"{path}/restore.log")
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "")


def _ask(machine: Machine, path: str, database: str, statement: str) -> str:
    arguments = ["-h", path, "-p", str(machine.port), "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1"]
    done = machine.program("psql", *arguments, "-c", statement)
    if done.returncode:
        if "starting up" in done.stderr or "not yet accepting" in done.stderr:
            return ""
        raise RuntimeError(done.stderr.strip()[-300:])
    return done.stdout.strip()


def _give(file: Path, owner: os.stat_result) -> None:
    """Let a file belong to the server's user; who is that user owns it already, and may not say so (deploy/vm)."""
    mine = file.stat()
    if (mine.st_uid, mine.st_gid) != (owner.st_uid, owner.st_gid):
        os.chown(file, owner.st_uid, owner.st_gid)


def _scrub(path: Path) -> None:
    auto = path / "postgresql.auto.conf"
    if auto.exists():
        owner, draft = auto.stat(), path / "postgresql.auto.conf.scrubbed"
        draft.write_text(pgbackrest.scrubbed(auto.read_text()))
        _give(draft, owner)
        draft.chmod(owner.st_mode & 0o777)
        draft.replace(auto)


def archived_segments(repo: int) -> list[str]:
    """The names of all WAL segments in a repository."""
    return [name for name, _at in _archive(repo)]


def newest_wal_at(repo: int) -> datetime | None:
    """When the newest segment came to a repository, by what lies there."""
    return max((at for name, at in _archive(repo) if len(name) > 24), default=None)


def _archive(repo: int, *, as_of: str = "") -> list[tuple[str, datetime]]:
    path = f"archive/{settings.PGBACKREST_STANZA}"
    at = [f"--repo-target-time={_as_it_reads(as_of)}"] if as_of else []
    found: dict[str, Any] = json.loads(
        pgbackrest.run("repo-ls", f"--repo={repo}", "--recurse", "--output=json", *at, path)
    )
    return [
        (name.rpartition("/")[2], datetime.fromtimestamp(about["time"], tz=UTC))
        for name, about in found.items()
        if about.get("type") == "file"
    ]
