"""The trail as lines of JSON: for an auditor's file, and piece by piece for a system that collects logs.

The order is that of the seals: by seal, and by id within one. A row that was committed late is sealed late and so comes
late; what was given out once never gets a row in front of it. A cursor names the last row that was taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from audit.models import Seal
from audit.sealing import canonical
from hrassist.lib.errors import DomainError

MOST = 1000


class BadCursor(DomainError):
    """A cursor that no answer of ours gave."""

    code = "bad_cursor"
    default_message = "This cursor is none. Leave it out to begin at the oldest event, or take `next` of an answer."


@dataclass(frozen=True, slots=True)
class Cursor:
    """The seal and the row that were taken last."""

    seq: int = 0
    row: int = 0

    def encode(self) -> str:
        return f"{self.seq}-{self.row}"

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises BadCursor."""
        if not text:
            return cls()
        seq, dash, row = text.partition("-")
        if not (dash and seq.isdecimal() and row.isdecimal() and len(text) < 39):
            raise BadCursor
        return cls(int(seq), int(row))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some events, and where the next ones begin; the same cursor as before where there are none yet."""

    events: list[dict[str, Any]]
    cursor: Cursor


def piece(after: Cursor, *, most: int = MOST) -> Piece:
    """The next sealed events behind a cursor, each with the number of its seal, always in the same order."""
    events: list[dict[str, Any]] = []
    at = after
    for seal in Seal.objects.filter(seq__gte=max(after.seq, 1)).defer("leaves").order_by("seq")[:most]:
        begin = after.row if seal.seq == after.seq else 0
        for row in _rows_of(seal, after=begin, most=most - len(events)):
            fields = json.loads(canonical.line(row))
            events.append({**fields, "seal": seal.seq})
            at = Cursor(seal.seq, int(fields["id"]))
        if len(events) >= most:
            return Piece(events, at)
        at = Cursor(seal.seq, max(at.row if at.seq == seal.seq else 0, seal.last_id or 0))
    return Piece(events, at)


def _rows_of(seal: Seal, *, after: int, most: int) -> list[Any]:
    if not seal.ids or most < 1:
        return []
    found: list[Any] = []
    with connection.cursor() as cursor:
        for first, last in canonical.ranges(seal.ids):
            if last <= after:
                continue
            cursor.execute(
                f"SELECT {canonical.SELECTED} FROM audit_event WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s",  # noqa: S608 - our own names
                [max(first, after + 1), last, most - len(found)],
            )
            found += cursor.fetchall()
            if len(found) >= most:
                break
    return found


def lines(*, since: datetime | None = None, until: datetime | None = None) -> Iterator[bytes]:
    """Every event of these times as a line of JSON, oldest first, from a cursor of the database."""
    wanted, values = [], []
    for moment, sign in ((since, ">="), (until, "<")):
        if moment is not None:
            wanted.append(f"ts {sign} %s")
            values.append(moment)
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    with connection.chunked_cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- conditions of ours, their values as parameters
        cursor.execute(f"SELECT {canonical.SELECTED} FROM audit_event{where} ORDER BY ts, id", values)  # noqa: S608 - our own names
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield canonical.line(row)
