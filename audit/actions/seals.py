"""Sealing: every minute, or every thousand events, a signed hash over what was committed since the seal before.

A row with a higher id may be committed before one with a lower id, so ids say nothing of what is complete. What does is
the oldest transaction that still runs: everything below it has ended, and no row of it can appear any more. Rows are
sealed in the order of their transactions up to there; a transaction that stays open holds the line, which is seen.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from audit.models import Seal
from audit.sealing import canonical, keys
from audit.sealing.body import Signed
from audit.sealing.keys import Ring

MOST_ROWS = 1000
HEARTBEAT = timedelta(seconds=50)
LATE = timedelta(minutes=5)
# One sealer at a time in a database; any number says so.
_LOCK = 0x5EA1
_LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Horizon:
    """The moment of a seal: all transactions below `settled` have ended, none below `next_tx` begins any more."""

    settled: int
    next_tx: int
    at: datetime
    cluster: str


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the seals are behind: the oldest event that none covers, or the last seal where nothing happened."""

    last: Seal | None
    unsealed: int
    oldest: datetime | None
    seconds: float

    @property
    def is_late(self) -> bool:
        return self.seconds > LATE.total_seconds()


def seal_all(*, ring: Ring | None = None, most_seconds: float = 45, heartbeat: timedelta = HEARTBEAT) -> list[Seal]:
    """Seal what is settled, in batches; a heartbeat where there is nothing and the last seal is old enough.

    Raises NoKey. Gives back nothing where another process seals at this moment.
    """
    ring = ring or keys.configured()
    made: list[Seal] = []
    began = time.monotonic()
    while time.monotonic() - began < most_seconds:
        seal = seal_next(ring=ring, heartbeat=heartbeat if not made else None)
        if seal is None:
            break
        made.append(seal)
        if seal.count < MOST_ROWS:
            break
    return made


@transaction.atomic
def seal_next(*, ring: Ring, heartbeat: timedelta | None = None) -> Seal | None:
    """The next seal, if there is anything to seal."""
    if not _locked():
        return None
    last = Seal.objects.order_by("-seq").first()
    horizon = _horizon()
    if last is not None and last.cluster != horizon.cluster:
        return _seal_restored(last, horizon, ring=ring)
    rows = _settled(last, horizon)
    if not rows:
        if last is not None and (heartbeat is None or horizon.at - last.sealed_at < heartbeat):
            return None
        return _append(
            last, horizon, ring=ring, rows=[], kind=Seal.Kind.HEARTBEAT, position=(horizon.settled - 1, _LAST_ID)
        )
    newest = rows[-1]
    whole = len(rows) < MOST_ROWS
    position = (horizon.settled - 1, _LAST_ID) if whole else (newest[canonical.AT["tx"]], newest[canonical.AT["id"]])
    return _append(last, horizon, ring=ring, rows=rows, kind=Seal.Kind.ROWS, position=position)


@transaction.atomic
def seal_expiry(*, ring: Ring, details: dict[str, Any]) -> Seal | None:
    """A seal that says which seals' rows are gone because their time was up; None where another process seals."""
    if not _locked():
        return None
    last = Seal.objects.order_by("-seq").first()
    if last is None:
        return None
    position = (last.tx_position, last.id_position)
    return _append(
        last, _horizon(), ring=ring, rows=[], kind=Seal.Kind.EXPIRY, position=position, details=details
    )  # fmt: skip


def lag() -> Lag:
    """How far behind the seals are, by the database's clock."""
    last = Seal.objects.defer("leaves").order_by("-seq").first()
    position = (last.tx_position, last.id_position, last.id_floor) if last else (-1, -1, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(ts), clock_timestamp() FROM (SELECT ts FROM audit_event"
            " WHERE (tx, id) > (%s, %s) AND id > %s ORDER BY tx, id LIMIT 10000) AS open",
            position,
        )
        unsealed, oldest, now = cursor.fetchone()
    waits = [oldest] if oldest else []
    if last is not None:
        # A heartbeat is missing as well where nothing happened.
        waits.append(last.sealed_at)
    begun = min(waits) if oldest else max(waits, default=now)
    return Lag(last=last, unsealed=unsealed, oldest=oldest, seconds=max((now - begun).total_seconds(), 0.0))


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _horizon() -> _Horizon:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint,"
            " clock_timestamp(), (SELECT system_identifier::text FROM pg_control_system())"
            " FROM pg_current_snapshot() AS snapshot"
        )
        return _Horizon(*cursor.fetchone())


def _settled(last: Seal | None, horizon: _Horizon) -> list[Sequence[Any]]:
    # Asked after the horizon: every statement sees at least what had ended then.
    position = (last.tx_position, last.id_position, last.id_floor) if last else (-1, -1, 0)
    with connection.cursor() as cursor:
        # nosemgrep: no-sql-built-from-text -- names and a number of our own
        cursor.execute(
            f"SELECT {canonical.SELECTED} FROM audit_event WHERE (tx, id) > (%s, %s) AND id > %s AND tx < %s"  # noqa: S608 - our own names
            f" ORDER BY tx, id LIMIT {MOST_ROWS}",
            [*position, horizon.settled],
        )
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def _append(
    last: Seal | None,
    horizon: _Horizon,
    *,
    ring: Ring,
    rows: Sequence[Sequence[Any]],
    kind: str,
    position: tuple[int, int],
    id_floor: int | None = None,
    details: dict[str, Any] | None = None,
) -> Seal:
    by_id = sorted(rows, key=lambda row: int(row[canonical.AT["id"]]))
    ids = [int(row[canonical.AT["id"]]) for row in by_id]
    leaves = [canonical.leaf(canonical.line(row)) for row in by_id]
    seal = Seal(
        seq=last.seq + 1 if last else 1,
        kind=kind,
        sealed_at=horizon.at,
        count=len(ids),
        first_id=ids[0] if ids else None,
        last_id=ids[-1] if ids else None,
        ids=canonical.as_ranges(ids),
        leaves=b"".join(leaves),
        root=canonical.root(leaves),
        prev=last.hash if last else "",
        tx_position=position[0],
        id_position=position[1],
        id_floor=id_floor if id_floor is not None else last.id_floor if last else 0,
        next_tx=horizon.next_tx,
        cluster=horizon.cluster,
        details=details or {},
        key_id=ring.key_id,
        signature="",
        hash="",
    )
    seal.signature = ring.sign(Signed.of(seal).message())
    seal.hash = Signed.of(seal).true_hash()
    seal.save(force_insert=True)
    return seal


def _seal_restored(last: Seal, horizon: _Horizon, *, ring: Ring) -> Seal | None:
    """The first seal in another database system, where the trail was restored: transactions are numbered anew there.

    What the seals do not cover is sealed by its id, and from then on only later ids are looked at. Whoever writes at
    this very moment is waited for by trying again a minute later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM audit_event")
        floor = cursor.fetchone()[0]
        cursor.execute("SELECT pg_snapshot_xmin(s) = pg_snapshot_xmax(s) FROM pg_current_snapshot() AS s")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(
            """
            CREATE TEMPORARY TABLE sealed_ids ON COMMIT DROP AS
            SELECT split_part(part, '-', 1)::bigint AS first, split_part(part, '-', 2)::bigint AS last
            FROM audit_seal, unnest(string_to_array(ids, ',')) AS part WHERE ids <> ''
            """
        )
        cursor.execute("CREATE INDEX ON sealed_ids (first DESC, last)")
        # nosemgrep: no-sql-built-from-text -- names and a number of our own
        cursor.execute(
            f"SELECT {canonical.SELECTED} FROM audit_event AS event WHERE id <= %s AND coalesce("  # noqa: S608 - our own names
            " (SELECT last FROM sealed_ids WHERE first <= event.id ORDER BY first DESC LIMIT 1), -1) < id ORDER BY id",
            [floor],
        )
        rows = cursor.fetchall()
    kind = Seal.Kind.ROWS if rows else Seal.Kind.HEARTBEAT
    details = {"restored_from": last.cluster}
    return _append(
        last, horizon, ring=ring, rows=rows, kind=kind, position=(-1, -1), id_floor=floor, details=details
    )  # fmt: skip
