"""Sealing: what is covered, in which order, and that nothing is left out."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from audit import actions as audit
from audit.actions import seals
from audit.models import Event, Seal
from audit.sealing import canonical, checking, keys
from audit.sealing.body import Signed
from audit.sealing.keys import NoKey
from tests.audit.sealing import batches_of, conninfo, events, seal

committed = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.alone
NOW = timedelta(0)


def verify() -> checking.Report:
    return checking.verify(ring=keys.configured())


# --- Hashes -----------------------------------------------------------------------------------------------------------


def test_the_root_is_that_of_rfc_6962() -> None:
    leaves = [canonical.leaf(text) for text in (b"", b"\x00", b"\x10")]
    assert leaves[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert canonical.root([]) == hashlib.sha256(b"").hexdigest()
    assert canonical.root(leaves[:1]) == leaves[0].hex()
    # The published roots of the first entries of the reference log.
    assert canonical.root(leaves[:2]) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert canonical.root(leaves[:3]) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"


@pytest.mark.parametrize("ids", [[], [5], [1, 2, 3], [1, 3, 4, 9], list(range(1, 2000, 2))])
def test_ids_come_back_from_their_ranges(ids: list[int]) -> None:
    assert list(canonical.expand(canonical.as_ranges(ids))) == ids


@committed
def test_every_column_of_an_event_is_sealed() -> None:
    assert {field.column for field in Event._meta.concrete_fields} == set(canonical.COLUMNS)


# --- What is sealed ---------------------------------------------------------------------------------------------------


@committed
def test_everything_that_was_committed_is_sealed_once_and_verifies() -> None:
    events(25)
    with batches_of(10):
        made = seal()
    assert [one.count for one in made[-1:]] != [10]
    assert sum(one.count for one in made) == Event.objects.count()
    assert seal() == []
    report = verify()
    assert (report.is_whole, report.pending, report.rows) == (True, 0, Event.objects.count())


@committed
def test_a_row_with_a_lower_id_that_commits_later_is_sealed_all_the_same() -> None:
    seal()
    with psycopg.connect(**conninfo()) as slow:  # type: ignore[arg-type]
        # It takes its number, and stays open.
        slow.execute("SELECT audit_insert('job.opened', '', 'late', '', '{}')")
        quick = events(3)
        first = seal(heartbeat=NOW)
        assert sum(one.count for one in first) == 0, "nothing behind an open transaction is settled"
        slow.commit()
    (after,) = seal()
    late = Event.objects.get(target_id="late")
    assert late.pk < min(one.pk for one in quick)
    assert list(canonical.expand(after.ids)) == [late.pk, *[one.pk for one in quick]]
    assert verify().is_whole


@committed
def test_a_row_left_behind_by_an_earlier_seal_is_in_the_next_one() -> None:
    """The two transactions overlap: the one that began later is sealed first, around the number of the other."""
    seal()
    (one,) = events(1)
    with psycopg.connect(**conninfo()) as slow:  # type: ignore[arg-type]
        slow.execute("SELECT nextval('audit_event_id_seq')")
        # A number that is taken without a row: no transaction of ours waits for it.
        (two,) = events(1)
        (first,) = seal()
        slow.execute("SELECT audit_insert('job.opened', '', 'late', '', '{}')")
        slow.commit()
    (second,) = seal()
    assert list(canonical.expand(first.ids)) == [one.pk, two.pk]
    assert list(canonical.expand(second.ids)) == [Event.objects.get(target_id="late").pk]
    assert verify().is_whole


@committed
def test_what_a_rolled_back_transaction_numbered_is_no_gap() -> None:
    with psycopg.connect(**conninfo()) as undone:  # type: ignore[arg-type]
        undone.execute("SELECT audit_insert('job.opened', '', '', '', '{}') FROM generate_series(1, 5)")
        undone.rollback()
    events(2)
    seal()
    assert verify().is_whole


@committed
def test_an_empty_interval_is_sealed_too_and_no_sooner_than_it_must() -> None:
    events(1)
    seal()
    assert seal() == []
    (heartbeat,) = seal(heartbeat=NOW)
    assert (heartbeat.kind, heartbeat.count, heartbeat.root) == ("heartbeat", 0, canonical.EMPTY_ROOT)
    assert verify().is_whole


@committed
def test_each_seal_names_the_one_before_it_and_is_signed() -> None:
    with batches_of(3):
        events(9)
        seal()
    rows = list(Seal.objects.order_by("seq"))
    ring = keys.configured()
    assert [one.seq for one in rows] == list(range(1, len(rows) + 1))
    assert [one.prev for one in rows] == ["", *[one.hash for one in rows[:-1]]]
    assert all(ring.verifies(one.key_id, Signed.of(one).message(), one.signature) for one in rows)


@committed
def test_one_process_seals_at_a_time() -> None:
    events(1)
    with psycopg.connect(**conninfo()) as other:  # type: ignore[arg-type]
        other.execute("SELECT pg_advisory_xact_lock(%s)", [seals._LOCK])
        assert seal() == []
    assert len(seal()) == 1


@committed
def test_without_a_key_nothing_is_sealed_and_it_is_said(settings) -> None:
    settings.DEVELOPMENT, settings.AUDIT_KEY = False, ""
    with pytest.raises(NoKey, match="audit_key --new"):
        seals.seal_all()


@committed
def test_a_replaced_key_leaves_its_seals_valid(settings) -> None:
    events(2)
    seal()
    former = keys.configured()
    settings.AUDIT_KEY = keys.generate(after=former).as_pem()
    events(2)
    seal()
    assert {one.key_id for one in Seal.objects.all()} == {former.key_id, keys.configured().key_id}
    assert verify().is_whole
    assert not checking.verify(ring=former).is_whole


@committed
def test_in_another_database_system_what_was_not_sealed_is_sealed_by_its_number() -> None:
    """As after a dump and a restore: transactions count from the beginning again."""
    events(5)
    seal()
    events(3)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        # The old system was far ahead of this one, and has another name.
        cursor.execute("UPDATE audit_event SET tx = tx + 1000000000 WHERE id > (SELECT max(last_id) FROM audit_seal)")
        cursor.execute("UPDATE audit_seal SET cluster = '42'")
        cursor.execute("RESET session_replication_role")
    for row in Seal.objects.all():
        row.signature = keys.configured().sign(Signed.of(row).message())
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "UPDATE audit_seal SET signature = %s, hash = %s WHERE seq = %s",
                [row.signature, Signed.of(row).true_hash(), row.seq],
            )
            cursor.execute("RESET session_replication_role")
    (restored,) = seal()
    assert (restored.count, restored.details) == (3, {"restored_from": "42"})
    events(2)
    (after,) = seal()
    assert after.count == 2
    assert verify().is_whole


# --- How far behind ---------------------------------------------------------------------------------------------------


@committed
def test_the_seals_are_late_when_an_event_waits_too_long() -> None:
    events(1)
    seal()
    assert not seals.lag().is_late
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit_seal SET sealed_at = sealed_at - interval '6 minutes'")
        cursor.execute("RESET session_replication_role")
    assert seals.lag().is_late, "no heartbeat came"
    audit.record("job.opened")
    assert seals.lag().unsealed == 1
