"""Tells the database who acts, so that its triggers can name them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

from hrassist.lib import origin
from hrassist.lib.origin import Origin

logger = logging.getLogger(__name__)

VARIABLE = "hrassist.actor"
# A statement that begins with this writes nothing that anybody must answer for: counters of the house itself.
UNNAMED = "/* without actor */ "
# Each event says itself who acted; what the trail keeps of what was seen need not be told twice.
_SAYS_ITSELF = 'INSERT INTO "audit_event"'
_WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "TRUNCATE", "DO ")


class _Naming:
    """Sets the variable before the first write of a transaction, and again where a rollback took it back.

    It is set for the transaction only, and a write outside one gets a transaction of its own: nothing stays on the
    session, so neither a connection that lives on nor one that a pool hands to others speaks for somebody who has left.
    """

    def __init__(self, connection: BaseDatabaseWrapper, who: Callable[[], Origin]):
        self.connection = connection
        self.who = who
        self.named_in: tuple[tuple[str, ...], str] | None = None
        self.busy = False

    def __call__(self, execute: Callable[..., Any], query: Any, params: Any, many: bool, context: Any) -> Any:
        statement = query if isinstance(query, str) else query.as_string(None) if hasattr(query, "as_string") else ""
        verb = statement.lstrip("( \n\t")[:10].upper()
        if self._is_idle() or verb.startswith("ROLLBACK"):
            # The first statement of a transaction, or one taken back: what the database was told before is gone.
            self.named_in = None
        if self.busy or not verb.startswith(_WRITES) or statement.startswith(_SAYS_ITSELF):
            return execute(query, params, many, context)
        if self.connection.in_atomic_block:
            self._name()
            return execute(query, params, many, context)
        with transaction.atomic(using=self.connection.alias):
            self._name()
            return execute(query, params, many, context)

    def clear(self) -> None:
        """Take the name back where the transaction goes on after those it was set for."""
        if self.named_in is None or not self.connection.in_atomic_block:
            return
        try:
            self._set("")
        except Error:
            logger.warning("the actor outlives its request in a broken transaction", exc_info=True)

    def _name(self) -> None:
        # Asking who it is may read the user: those queries name nobody.
        self.busy = True
        try:
            value = json.dumps(self.who().as_columns())
            if self.named_in is not None:
                savepoints, named = self.named_in
                if named == value and tuple(self.connection.savepoint_ids[: len(savepoints)]) == savepoints:
                    return
            self._set(value)
            self.named_in = (tuple(self.connection.savepoint_ids), value)
        finally:
            self.busy = False

    def _set(self, value: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [VARIABLE, value])

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
    """Name the command that this process is in all it writes; web processes name each request instead."""
    connection_created.connect(_name_command, dispatch_uid="hrassist.dbactor")


def _name_command(*, connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    named = any(isinstance(wrapper, _Naming) for wrapper in connection.execute_wrappers)
    if origin.of_process().actor_type == "command" and not named:
        # Before those of a block that is under way: each takes the last one off when it ends.
        connection.execute_wrappers.insert(0, _Naming(connection, origin.current))
