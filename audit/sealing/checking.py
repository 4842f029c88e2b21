"""Verifying the trail: one pass over the seals, one over the rows, in bounded memory, with every finding named.

Everything is read in one snapshot, so that writers and the sealer may go on meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from audit.models import Seal
from audit.sealing import anchors, canonical
from audit.sealing.anchors import Place
from audit.sealing.body import Signed
from audit.sealing.canonical import AT, SELECTED
from audit.sealing.keys import Ring

CHUNK = 2000
# Longer without a seal, and nothing sealed for that time: the worker stood still, or somebody stopped it.
MOST_SILENCE = timedelta(minutes=5)
# How far the clock of a row may be from that of a seal before it counts as set by hand.
TOLERANCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was sealed: what kind, which seal, which row, and one sentence."""

    kind: str
    seal: int | None
    row: int | None
    what: str

    def __str__(self) -> str:
        named = (("row", self.row), ("seal", self.seal))
        where = ", ".join(f"{noun} {number}" for noun, number in named if number is not None)
        return f"{self.kind}: {where}: {self.what}" if where else f"{self.kind}: {self.what}"


@dataclass(slots=True)
class Report:
    """What was looked at, what is wrong, and what an auditor should know although nothing is."""

    seals: int = 0
    rows: int = 0
    pending: int = 0
    expired: int = 0
    last: Signed | None = None
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class _Open:
    """A seal whose rows are passing by."""

    seal: Signed
    ids: Iterator[int]
    leaves: list[bytes] | None
    # The seal before it, where one machine made both: from when on its rows can be.
    after: datetime | None
    after_tx: int
    at: int = -1
    awaited: int | None = None
    # Which of its hashes belongs to the row that was last taken from it.
    compared: int = -1

    def advance(self) -> None:
        self.awaited = next(self.ids, None)
        self.at += 1


def verify(
    *, ring: Ring, since: datetime | None = None, most: int = 100, told: Callable[[int], None] | None = None
) -> Report:
    """Check every seal from `since` on and every row that they cover; stops after `most` problems."""
    report = Report()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        gone = _check_chain(report, ring=ring, since=since, most=most)
        if len(report.problems) < most:
            _check_rows(report, since=since, gone=gone, most=most, told=told)
    return report


# --- The seals --------------------------------------------------------------------------------------------------------


def _check_chain(report: Report, *, ring: Ring, since: datetime | None, most: int) -> list[tuple[int, int]]:
    """Signatures, hashes, numbers and links; gives back the numbers of seals whose rows have expired."""
    gone: list[tuple[int, int]] = []
    rows = Seal.objects.order_by("seq")
    before: Signed | None = None
    if since is not None:
        earlier = Seal.objects.filter(sealed_at__lt=since).defer("leaves").order_by("-seq").first()
        if earlier is not None:
            before = Signed.of(earlier)
            rows = rows.filter(seq__gt=earlier.seq)
        for (details,) in Seal.objects.filter(kind=Seal.Kind.EXPIRY).values_list("details"):
            gone += canonical.ranges(str(details.get("seals", "")))
    for row in rows.iterator(chunk_size=200):
        seal = Signed.of(row)
        report.seals += 1
        found = list(_faults(seal, row.leaves, before, ring=ring, whole=since is None))
        report.problems += found
        if seal.kind == Seal.Kind.EXPIRY and not found:
            gone += canonical.ranges(str(seal.details.get("seals", "")))
        if before is not None and seal.sealed_at - before.sealed_at > MOST_SILENCE:
            minutes = (seal.sealed_at - before.sealed_at).total_seconds() / 60
            report.notices.append(f"Nothing was sealed for {minutes:.0f} minutes before seal {seal.seq}.")
        before = seal
        if len(report.problems) >= most:
            break
    report.last = before
    if before is None:
        report.notices.append("There are no seals yet.")
    return gone


def _faults(seal: Signed, leaves: Any, before: Signed | None, *, ring: Ring, whole: bool) -> Iterator[Problem]:
    expected = before.seq + 1 if before else 1
    if (before is not None or whole) and seal.seq != expected:
        missing = f"{expected}" if seal.seq == expected + 1 else f"{expected} to {seal.seq - 1}"
        yield Problem("missing seal", expected, None, f"seal {missing} is gone: cut out, or the trail begins anew")
    elif before is not None and seal.prev != before.hash:
        yield Problem("broken chain", seal.seq, None, "it does not follow the seal that stands before it")
    elif before is None and whole and seal.prev:
        yield Problem("broken chain", seal.seq, None, "the seals before it are gone")
    if not ring.knows(seal.key_id):
        yield Problem("unknown key", seal.seq, None, f"signed with key {seal.key_id}, which nobody here trusts")
    elif not ring.verifies(seal.key_id, seal.message(), seal.signature):
        yield Problem("forged seal", seal.seq, None, "its signature is not that of what it says")
    elif seal.hash != seal.true_hash():
        yield Problem("forged seal", seal.seq, None, "its hash is not its own")
    hashes = canonical.split(bytes(leaves))
    if len(hashes) != seal.count or canonical.root(hashes) != seal.root:
        yield Problem("forged seal", seal.seq, None, "the hashes of its rows are not those that were signed")


# --- The rows ---------------------------------------------------------------------------------------------------------


def _check_rows(
    report: Report,
    *,
    since: datetime | None,
    gone: Sequence[tuple[int, int]],
    most: int,
    told: Callable[[int], None] | None,
) -> None:
    sealed = Seal.objects.filter(first_id__isnull=False)
    least = 0
    if since is not None:
        first = sealed.filter(sealed_at__gte=since).order_by("first_id").values_list("first_id", flat=True).first()
        if first is None:
            return
        # Seals from before may cover rows among these: a transaction that was long open.
        least, sealed = first, sealed.filter(last_id__gte=first)
    passing = _Passing(report, _opened(sealed), least=least, gone=gone)
    for row in _rows(least):
        report.rows += 1
        if told is not None and report.rows % 100_000 == 0:
            told(report.rows)
        passing.row(row)
        if len(report.problems) >= most:
            return
    passing.end()


class _Passing:
    """Rows in the order of their ids, beside the seals that cover them: each id is awaited by one seal at most."""

    def __init__(self, report: Report, seals: Iterator[_Open], *, least: int, gone: Sequence[tuple[int, int]]):
        self.report, self.seals, self.least, self.gone = report, seals, least, gone
        self.waiting: list[tuple[int, int, _Open]] = []
        self.following = next(seals, None)

    def row(self, row: Sequence[Any]) -> None:
        key, covered = int(row[AT["id"]]), False
        self._open(until=key)
        while self.waiting and self.waiting[0][0] <= key:
            awaited, one = self._take()
            if awaited == key:
                covered = True
                self.report.problems += _compared(row, one)
            else:
                self._missing(one, awaited)
        if not covered:
            _judge_uncovered(self.report, row)

    def end(self) -> None:
        """No row is left: what seals still wait for is gone."""
        self._open(until=None)
        while self.waiting:
            awaited, one = self._take()
            self._missing(one, awaited)

    def _open(self, *, until: int | None) -> None:
        while self.following is not None and (until is None or (self.following.awaited or 0) <= until):
            heapq.heappush(self.waiting, (self.following.awaited or 0, self.following.seal.seq, self.following))
            self.following = next(self.seals, None)

    def _take(self) -> tuple[int, _Open]:
        """The seal that waits for the lowest id, and that id; it waits for its next one from now on."""
        awaited, seq, one = heapq.heappop(self.waiting)
        at = one.at
        one.advance()
        if one.awaited is not None:
            heapq.heappush(self.waiting, (one.awaited, seq, one))
        one.compared = at
        return awaited, one

    def _missing(self, one: _Open, key: int) -> None:
        if key < self.least:
            return
        if any(first <= one.seal.seq <= last for first, last in self.gone):
            self.report.expired += 1
            return
        self.report.problems.append(Problem("deleted row", one.seal.seq, key, "it was sealed and is gone"))


def _opened(sealed: Any) -> Iterator[_Open]:
    before = Seal.objects.filter(seq=OuterRef("seq") - 1, cluster=OuterRef("cluster"))
    rows = sealed.order_by("first_id").annotate(
        after=Subquery(before.values("sealed_at")[:1]), after_tx=Subquery(before.values("next_tx")[:1])
    )
    for row in rows.iterator(chunk_size=200):
        seal = Signed.of(row)
        hashes = canonical.split(bytes(row.leaves))
        # Hashes that are not those signed were named already, and would accuse rows that are right.
        true = len(hashes) == seal.count and canonical.root(hashes) == seal.root
        one = _Open(
            seal=seal, ids=canonical.expand(seal.ids), leaves=hashes if true else None,
            after=row.after, after_tx=row.after_tx or 0,
        )  # fmt: skip
        one.advance()
        yield one


def _rows(least: int) -> Iterator[Sequence[Any]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {SELECTED} FROM audit_event WHERE id >= %s ORDER BY id", [least])  # noqa: S608 - our own names
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def _compared(row: Sequence[Any], one: _Open) -> list[Problem]:
    key = int(row[AT["id"]])
    if one.leaves is None:
        return []
    if one.compared >= len(one.leaves) or canonical.leaf(canonical.line(row)) != one.leaves[one.compared]:
        return [Problem("edited row", one.seal.seq, key, "it does not say any more what was sealed")]
    ts: datetime = row[AT["ts"]]
    if ts > one.seal.sealed_at + TOLERANCE:
        return [Problem("inserted row", one.seal.seq, key, "it claims to be from after it was sealed")]
    if one.after is not None and int(row[AT["tx"]]) >= one.after_tx and ts < one.after - TOLERANCE:
        return [
            Problem("inserted row", one.seal.seq, key, "it claims to be older than the transaction that wrote it")
        ]  # fmt: skip
    return []


def _judge_uncovered(report: Report, row: Sequence[Any]) -> None:
    key, tx, last = int(row[AT["id"]]), int(row[AT["tx"]]), report.last
    settled = last is not None and (key <= last.id_floor or (tx, key) <= (last.tx_position, last.id_position))
    if settled:
        report.problems.append(
            Problem("inserted row", None, key, "it claims to be from before the last seal, which does not cover it")
        )
        return
    report.pending += 1


# --- The copies -------------------------------------------------------------------------------------------------------


def compare(
    place: Place, *, report: Report, since: datetime | None = None, newest: int | None = None, most: int = 100
) -> int:
    """Hold each copy in a place against the seal and the rows here; the number of copies that were compared.

    `newest`: so many of the newest copies. Each seal holds the one before it, so that a change of an older one shows in
    those that were made before the change. Which they are is asked of the place: times here could be forged as well.
    """
    begin = 0
    if since is not None:
        earlier = Seal.objects.filter(sealed_at__lt=since).order_by("-seq").values_list("seq", flat=True).first()
        begin = earlier or 0
    compared = 0
    known = Seal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    numbers = list(place.numbers(after=begin))
    for seq in numbers[-newest:] if newest else numbers:
        if len(report.problems) >= most:
            break
        data = place.get(seq)
        if data is None:
            continue
        compared += 1
        try:
            copied, lines = anchors.unpack(data)
        except ValueError:
            report.problems.append(Problem("damaged copy", seq, None, f"the copy in {place.name} cannot be read"))
            continue
        here = Seal.objects.filter(seq=seq).first()
        if here is None:
            first = copied.first_id
            kind = "truncated trail" if seq > known else "missing seal"
            report.problems.append(Problem(kind, seq, first, f"the seal and its rows are only in {place.name}"))
            continue
        if Signed.of(here).message() != copied.message() or here.signature != copied.signature:
            row = _first_other(bytes(here.leaves), lines, copied)
            report.problems.append(Problem("forged seal", seq, row, f"it is another one than in {place.name}"))
        elif canonical.root(canonical.leaf(line) for line in lines) != copied.root and not _has_expired(seq):
            report.problems.append(Problem("damaged copy", seq, None, f"rows in {place.name} are not those sealed"))
    return compared


def _first_other(leaves: bytes, lines: Sequence[bytes], copied: Signed) -> int | None:
    """The first row that the copy has otherwise than the seal here."""
    here = canonical.split(leaves)
    for at, (key, line) in enumerate(zip(canonical.expand(copied.ids), lines, strict=False)):
        if at >= len(here) or here[at] != canonical.leaf(line):
            return key
    return None


def _has_expired(seq: int) -> bool:
    return any(
        first <= seq <= last
        for (details,) in Seal.objects.filter(kind=Seal.Kind.EXPIRY).values_list("details")
        for first, last in canonical.ranges(str(details.get("seals", "")))
    )
