"""Whoever owns the database changes the trail behind our back, in every way; verifying names what was changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from audit.actions import anchoring, seals, verifying
from audit.models import Event, Seal
from audit.sealing import anchors, canonical, checking, keys
from audit.sealing.body import Signed
from audit.sealing.checking import Problem
from hrassist.metrics import machine
from tests.audit.sealing import batches_of, events, seal, superuser

pytestmark = [pytest.mark.alone, pytest.mark.django_db(transaction=True)]

MUTATIONS = 100
TABLES = ("audit_event", "audit_seal")
# For each column of an event another value than any that the test's events have.
OTHER = {
    "uid": "gen_random_uuid()", "ts": "ts - interval '1 microsecond'", "changes": "'{\"number\": 0.5}'",
    "ip": "'192.0.2.9'",
    "ip_chain_trusted": "NOT coalesce(ip_chain_trusted, false)", "http_status": "418", "schema_version": "9",
    "tx": "tx - 1", "outcome": "'error'", "actor_type": "'token'",
}  # fmt: skip


@dataclass
class Trail:
    """A trail of many seals, kept aside so that each test of a change begins with the same one."""

    owner: psycopg.Connection
    anchors: Path

    def rows(self) -> list[int]:
        return [key for (key,) in self.owner.execute("SELECT id FROM audit_event ORDER BY id")]

    def one(self, statement: str, *params: Any) -> Any:
        row = self.owner.execute(statement, params).fetchone()  # type: ignore[call-overload]
        assert row is not None
        return row[0]

    def seals(self, where: str = "true") -> list[int]:
        return [seq for (seq,) in self.owner.execute(f"SELECT seq FROM audit_seal WHERE {where} ORDER BY seq")]  # type: ignore[call-overload]

    def tell(self, statement: str, *params: Any) -> None:
        self.owner.execute(statement, params)  # type: ignore[call-overload]

    def restore(self) -> None:
        for table in TABLES:
            self.tell(f"DELETE FROM {table}")
            self.tell(f"INSERT INTO {table} SELECT * FROM kept_{table}")


@pytest.fixture
def trail(recruiter, own_anchors: Path) -> Iterator[Trail]:
    with batches_of(25):
        for _ in range(4):
            events(50, by=recruiter)
            seal()
            seals.seal_all(ring=keys.configured(), heartbeat=checking.TOLERANCE * 0)
    anchoring.copy_all()
    with superuser() as owner:
        for table in TABLES:
            owner.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")  # type: ignore[call-overload]
        yield Trail(owner, own_anchors)
        for table in TABLES:
            owner.execute(f"DROP TABLE kept_{table}")  # type: ignore[call-overload]


def first_problem() -> Problem | None:
    report = checking.verify(ring=keys.configured(), most=1)
    for place in anchors.configured():
        checking.compare(place, report=report, most=1)
    return report.problems[0] if report.problems else None


# --- The ways to change a trail: each does it and says what must be named ---------------------------------------------

Found = tuple[str, int | None, int | None]


def edit_column(trail: Trail, chance: random.Random, column: str) -> Found:
    row = chance.choice(trail.rows())
    trail.tell(
        f"UPDATE audit_event SET {column} = {OTHER.get(column, chr(39) + 'forged' + chr(39))} WHERE id = %s", row
    )
    return "edited row", None, row


def renumber(trail: Trail, chance: random.Random) -> Found:
    row = chance.choice(trail.rows())
    trail.tell("UPDATE audit_event SET id = 1000000 WHERE id = %s", row)
    return "deleted row", None, row


def delete_row(trail: Trail, chance: random.Random) -> Found:
    row = chance.choice(trail.rows())
    trail.tell("DELETE FROM audit_event WHERE id = %s", row)
    return "deleted row", None, row


def insert_row(trail: Trail, chance: random.Random) -> Found:
    columns = ", ".join(name for name in canonical.COLUMNS if name not in {"id", "uid"})
    model, new = chance.choice(trail.rows()), 1 + trail.one("SELECT max(id) FROM audit_event")
    trail.tell(
        f"INSERT INTO audit_event (id, uid, {columns}) SELECT %s, gen_random_uuid(), {columns} FROM audit_event"
        " WHERE id = %s",
        new,
        model,
    )
    return "inserted row", None, new


def swap_rows(trail: Trail, chance: random.Random) -> Found:
    one, two = sorted(chance.sample(trail.rows(), 2))
    for before, after in ((one, -1), (two, one), (-1, two)):
        trail.tell("UPDATE audit_event SET id = %s WHERE id = %s", after, before)
    return "edited row", None, one


def cut_tail(trail: Trail, chance: random.Random) -> Found:
    seq = chance.choice(trail.seals("count > 0")[1:])
    row = trail.one("SELECT first_id FROM audit_seal WHERE seq = %s", seq)
    trail.tell("DELETE FROM audit_event WHERE id >= %s", row)
    trail.tell("DELETE FROM audit_seal WHERE seq >= %s", seq)
    return "truncated trail", seq, row


def cut_seal(trail: Trail, chance: random.Random) -> Found:
    seq = chance.choice(trail.seals()[:-1])
    trail.tell("DELETE FROM audit_seal WHERE seq = %s", seq)
    return "missing seal", seq, None


def cut_heartbeat(trail: Trail, chance: random.Random) -> Found:
    seq = chance.choice(trail.seals("kind = 'heartbeat'")[:-1])
    trail.tell("DELETE FROM audit_seal WHERE seq = %s", seq)
    return "missing seal", seq, None


def edit_seal(trail: Trail, chance: random.Random) -> Found:
    column, value = chance.choice(
        [
            ("root", "repeat('0', 64)"), ("sealed_at", "sealed_at - interval '1 second'"), ("count", "count + 1"),
            ("ids", "ids || ',900-900'"), ("signature", "repeat('0', 128)"), ("hash", "repeat('0', 64)"),
            ("tx_position", "tx_position + 1"), ("next_tx", "1"), ("cluster", "'1'"), ("details", "'{\"a\": 1}'"),
            ("leaves", "leaves || sha256('')"), ("id_floor", "5"), ("kind", "'expiry'"),
        ]
    )  # fmt: skip
    seq = chance.choice(trail.seals())
    trail.tell(f"UPDATE audit_seal SET {column} = {value} WHERE seq = %s", seq)
    return "forged seal", seq, None


def sign_with_another_key(trail: Trail, chance: random.Random) -> Found:
    seq = chance.choice(trail.seals())
    resign(trail, keys.generate(), seq)
    return "unknown key", seq, None


def edit_and_sign_again(trail: Trail, chance: random.Random) -> Found:
    """Somebody has the key too: every seal from there on is made anew, and only the copy outside knows better."""
    row = chance.choice(trail.rows())
    trail.tell("UPDATE audit_event SET actor_display = 'nobody' WHERE id = %s", row)
    begin = next(
        one.seq for one in Seal.objects.filter(count__gt=0).order_by("seq") if row in canonical.expand(one.ids)
    )
    reseal(trail, begin)
    return "forged seal", begin, row


def reseal(trail: Trail, begin: int) -> None:
    """As who has the key would: this seal says of its rows what they are now, and all after it follow."""
    one = Seal.objects.get(seq=begin)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {canonical.SELECTED} FROM audit_event ORDER BY id")
        lines = {line[0]: canonical.leaf(canonical.line(line)) for line in cursor.fetchall()}
    leaves = [lines[key] for key in canonical.expand(one.ids)]
    trail.tell(
        "UPDATE audit_seal SET leaves = %s, root = %s WHERE seq = %s", b"".join(leaves), canonical.root(leaves), begin
    )
    for seq in trail.seals(f"seq >= {begin}"):
        resign(trail, keys.configured(), seq)


def resign(trail: Trail, ring: keys.Ring, seq: int) -> None:
    row = Seal.objects.get(seq=seq)
    row.key_id = ring.key_id
    row.prev = Seal.objects.filter(seq=seq - 1).values_list("hash", flat=True).first() or ""
    row.signature = ring.sign(Signed.of(row).message())
    trail.tell(
        "UPDATE audit_seal SET key_id = %s, prev = %s, signature = %s, hash = %s WHERE seq = %s",
        row.key_id, row.prev, row.signature, Signed.of(row).true_hash(), seq,
    )  # fmt: skip


WAYS: list[Callable[[Trail, random.Random], Found]] = [
    renumber, delete_row, insert_row, swap_rows, cut_tail, cut_seal, cut_heartbeat, edit_seal, sign_with_another_key,
    edit_and_sign_again,
]  # fmt: skip


@pytest.mark.slow
def test_a_hundred_random_changes_by_a_superuser_are_all_found_and_rightly_named(trail: Trail) -> None:
    chance = random.Random(20261125)
    columns = [name for name in canonical.COLUMNS if name != "id"]
    ways: list[tuple[str, Callable[[], Found]]] = [
        (f"edit {column}", lambda column=column: edit_column(trail, chance, column)) for column in columns
    ]
    ways += [
        (way.__name__, lambda way=way: way(trail, chance))
        for way in [*WAYS, *(chance.choice(WAYS) for _ in range(MUTATIONS - len(columns) - len(WAYS)))]
    ]
    chance.shuffle(ways)
    assert len(ways) == MUTATIONS
    assert first_problem() is None
    missed = []
    for name, change in ways:
        kind, seal_named, row = change()
        found = first_problem()
        right = found is not None and (found.kind, found.row) == (kind, row) and seal_named in {None, found.seal}
        if not right:
            missed.append(f"{name}: wanted {kind} seal {seal_named} row {row}, found {found}")
        trail.restore()
    assert missed == []
    assert first_problem() is None


def test_untouched_data_is_never_accused_while_others_write_and_seal(own_anchors: Path) -> None:
    stop, wrong, written = Flag(), [], [0]

    def write(number: int) -> None:
        try:
            while not stop.is_set():
                # Two events in one transaction, and some that are taken back.
                with connection.cursor() as cursor:
                    cursor.execute("BEGIN")
                    cursor.execute("SELECT audit_insert('job.opened', '', %s, '', '{}')", [str(number)])
                    cursor.execute("SELECT audit_insert('job.closed', '', %s, '', '{}')", [str(number)])
                    cursor.execute("ROLLBACK" if written[0] % 7 == 0 else "COMMIT")
                written[0] += 1
        finally:
            connections.close_all()

    def make_seals() -> None:
        try:
            with batches_of(20):
                while not stop.is_set():
                    seals.seal_all(ring=ring, heartbeat=checking.TOLERANCE * 0)
                    anchoring.copy_all()
        finally:
            connections.close_all()

    ring = keys.configured()
    threads = [Thread(target=write, args=[number]) for number in range(3)] + [Thread(target=make_seals)]
    for thread in threads:
        thread.start()
    try:
        looked = 0
        while looked < 12 or Seal.objects.filter(count__gt=0).count() < 3:
            report = checking.verify(ring=ring)
            for place in anchors.configured():
                checking.compare(place, report=report)
            wrong += report.problems
            looked += 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    seals.seal_all(ring=ring)
    report = checking.verify(ring=ring)
    assert (report.is_whole, report.pending, report.rows) == (True, 0, Event.objects.count())


def test_a_row_that_says_it_is_older_than_its_transaction_is_named(trail: Trail) -> None:
    """Somebody with the owner's rights adds an event of last year and lets us seal it."""
    trail.tell("SET session_replication_role = origin")
    trail.tell("SELECT audit_insert('job.opened', '', 'forged', '', '{}')")
    trail.tell("SET session_replication_role = replica")
    row = trail.one("SELECT id FROM audit_event WHERE target_id = 'forged'")
    trail.tell("UPDATE audit_event SET ts = ts - interval '1 year' WHERE id = %s", row)
    seal()
    found = first_problem()
    assert found is not None
    assert (found.kind, found.row) == ("inserted row", row)


def test_a_gap_in_time_is_said_without_being_called_wrong(trail: Trail) -> None:
    last = trail.seals()[-1]
    trail.tell("UPDATE audit_seal SET sealed_at = sealed_at + interval '1 hour' WHERE seq = %s", last)
    resign(trail, keys.configured(), last)
    report = checking.verify(ring=keys.configured())
    assert report.is_whole
    assert report.notices == [f"Nothing was sealed for 60 minutes before seal {last}."]


def test_since_looks_at_what_was_sealed_from_then_on(trail: Trail) -> None:
    first, *_, last = trail.rows()
    middle = Seal.objects.get(seq=trail.seals()[len(trail.seals()) // 2]).sealed_at
    trail.tell("UPDATE audit_event SET node = 'x' WHERE id = %s", first)
    assert checking.verify(ring=keys.configured(), since=middle).is_whole
    trail.restore()
    trail.tell("DELETE FROM audit_event WHERE id = %s", last)
    (found,) = checking.verify(ring=keys.configured(), since=middle).problems
    assert (found.kind, found.row) == ("deleted row", last)


def test_the_command_names_the_first_finding_and_fails_and_is_on_record(trail: Trail) -> None:
    out = StringIO()
    call_command("audit_verify", "--anchors", stdout=out)
    assert "The audit trail is whole." in out.getvalue()
    row = trail.rows()[7]
    trail.tell("UPDATE audit_event SET actor_id = '1' WHERE id = %s", row)
    with pytest.raises(CommandError, match=f"edited row: row {row}, seal"):
        call_command("audit_verify", stdout=StringIO())
    whole, broken = Event.objects.filter(action="event.verified").order_by("id")
    assert (whole.outcome, broken.outcome, broken.reason_code) == ("allow", "error", "edited_row")
    assert broken.changes["found"][0][2] == row


def test_what_the_nightly_proof_finds_is_told_and_what_a_part_of_it_finds_is_not(trail: Trail) -> None:
    def told() -> list[float]:
        return [
            sample.value for one in machine.checks() if one.name == "hrassist_audit_wrong" for sample in one.samples
        ]

    call_command("audit_verify", stdout=StringIO())
    call_command("audit_verify", "--anchors", "--since", "2026-01-01", stdout=StringIO())
    assert told() == []
    call_command("audit_verify", "--anchors", stdout=StringIO())
    assert told() == [0]
    # Seals and rows are cut off together: what is left is whole, and only the copies elsewhere know.
    trail.tell("DELETE FROM audit_seal WHERE seq = (SELECT max(seq) FROM audit_seal)")
    with pytest.raises(CommandError, match="not whole"):
        call_command("audit_verify", "--anchors", stdout=StringIO())
    assert told() == [1]
    trail.restore()
    # As each night.
    call_command("audit_verify", "--anchors", "--newest", "12000", stdout=StringIO())
    assert told() == [0]


@pytest.mark.parametrize("said", ["0", "-3", "many"])
def test_a_number_of_copies_that_compares_none_is_refused(said: str) -> None:
    with pytest.raises(CommandError, match="how many copies to compare"):
        call_command("audit_verify", "--anchors", "--newest", said, stdout=StringIO())
    with pytest.raises(CommandError, match="add --anchors"):
        call_command("audit_verify", "--newest", "5", stdout=StringIO())


def test_what_was_changed_long_ago_and_sealed_anew_shows_in_the_newest_copies(trail: Trail) -> None:
    """A night need not read the copies of years, and times that were forged with the rest hide nothing."""
    found = verifying.verify(anchors=True, newest=3)
    assert (found.copies, found.report.is_whole) == (3, True)
    trail.tell("UPDATE audit_event SET actor_display = 'nobody' WHERE id = %s", trail.rows()[0])
    for table, column in (("audit_seal", "sealed_at"), ("audit_event", "ts")):
        trail.tell(f"UPDATE {table} SET {column} = {column} - interval '100 days'")
    for seq in trail.seals("count > 0"):
        reseal(trail, seq)
    assert checking.verify(ring=keys.configured()).is_whole
    report = verifying.verify(anchors=True, newest=3, most=100).report
    assert [(one.kind, one.seal) for one in report.problems] == [("forged seal", seq) for seq in trail.seals()[-3:]]


def test_an_auditor_verifies_with_the_public_key_alone(trail: Trail, tmp_path: Path, settings) -> None:
    public = StringIO()
    call_command("audit_key", "--public", stdout=public)
    (tmp_path / "trusted.pem").write_text(public.getvalue())
    settings.DEVELOPMENT, settings.AUDIT_KEY_FILE = False, tmp_path / "none"
    call_command("audit_verify", keys=tmp_path / "trusted.pem", stdout=StringIO())
    assert "PRIVATE" not in public.getvalue()


def test_a_key_is_made_once_and_replaced_without_losing_the_former(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.pem"
    call_command("audit_key", "--new", str(path), stdout=StringIO())
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="never overwritten"):
        call_command("audit_key", "--new", str(path), stdout=StringIO())
    former = keys.parse(path.read_text())
    call_command("audit_key", "--rotate", str(path), stdout=StringIO())
    ring = keys.parse(path.read_text())
    assert ring.key_id != former.key_id
    assert ring.knows(former.key_id)
    assert path.read_text().count("PRIVATE") == 2
