"""Tells the database who acts, so that its triggers can name them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

from hrassist.lib import origin
from hrassist.lib.origin import Origin

logger = logging.getLogger(__name__)

VARIABLE = "hrassist.actor"
_READS = ("SELECT", "SHOW", "EXPLAIN", "DECLARE", "FETCH", "CLOSE", "SAVEPOINT", "RELEASE", "SET")


# The limiter counts in a table that no trigger watches, on every request: naming the actor for it would double its cost.
_UNWATCHED = ("INSERT INTO HRASSIST_THROTTLE",)


class _Naming:
    """Sets the variable before the first write of a transaction, and again where a rollback took it back.

    Inside a transaction the variable ends with it. A write outside one needs it on the session; `clear` takes it off,
    so that a connection that lives on never speaks for somebody who has left.
    """

    def __init__(self, connection: BaseDatabaseWrapper, who: Callable[[], Origin]):
        self.connection = connection
        self.who = who
        self.named_in: tuple[Any, ...] | None = None
        self.on_session = False
        self.busy = False

    def __call__(self, execute: Callable[..., Any], query: Any, params: Any, many: bool, context: Any) -> Any:
        statement = query if isinstance(query, str) else query.as_string(None) if hasattr(query, "as_string") else ""
        verb = statement.lstrip("( \n\t").upper()
        if self._is_idle():
            # The first statement of a transaction, whatever it is: what an earlier one was told is gone.
            self.named_in = None
        if verb.startswith("ROLLBACK"):
            self.named_in = None
        elif not self.busy and not verb.startswith(_READS + _UNWATCHED):
            # Asking who it is may query the user: those queries name nobody.
            self.busy = True
            try:
                self._name()
            finally:
                self.busy = False
        return execute(query, params, many, context)

    def clear(self) -> None:
        """Take the name back, for the next user of this connection."""
        within = self.connection.in_atomic_block
        if (not self.on_session and not (within and self.named_in)) or self.connection.connection is None:
            return
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, '', %s)", [VARIABLE, within and not self.on_session])
        except Error:
            # A connection that cannot be cleared must not serve anybody else; closing it forgets the name too.
            logger.warning("the actor could not be taken off a database connection; it is closed", exc_info=True)
            self.connection.close()

    def _name(self) -> None:
        within = self.connection.in_atomic_block
        value = json.dumps(self.who().as_columns())
        if within and self.named_in is not None:
            savepoints, named = self.named_in
            if named == value and tuple(self.connection.savepoint_ids[: len(savepoints)]) == savepoints:
                return
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, %s)", [VARIABLE, value, within])
        if within:
            self.named_in = (tuple(self.connection.savepoint_ids), value)
        else:
            self.on_session = True

    def _is_idle(self) -> bool:
        psycopg_connection = self.connection.connection
        return psycopg_connection is None or bool(psycopg_connection.info.transaction_status == TransactionStatus.IDLE)


@contextmanager
def actor_named(connection: BaseDatabaseWrapper, who: Callable[[], Origin]) -> Iterator[None]:
    """While the block runs, every transaction that writes carries the actor in `hrassist.actor`."""
    naming = _Naming(connection, who)
    with connection.execute_wrapper(naming):
        try:
            yield
        finally:
            naming.clear()


def connect() -> None:
    """Name the command that a process is on every connection it opens; web processes name each request instead."""
    connection_created.connect(_name_command, dispatch_uid="hrassist.dbactor")


def _name_command(*, connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    process = origin.of_process()
    if process.actor_type == "command":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [VARIABLE, json.dumps(process.as_columns())])
