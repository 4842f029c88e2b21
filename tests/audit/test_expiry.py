"""Old events go by whole seals, on record, and the trail still verifies; nothing young goes, nor what is held."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from audit import actions as audit
from audit.actions import anchoring, expiring
from audit.models import Event, Seal
from audit.sealing import anchors, checking, keys
from candidates.models import LegalHold
from tests.audit.sealing import batches_of, events, seal, superuser
from tests.audit.test_database_roles import app, app_role, conninfo  # noqa: F401  fixtures
from tests.audit.test_verify import resign
from tests.conftest import NOON
from tests.factories import CandidateFactory

pytestmark = [pytest.mark.alone, pytest.mark.django_db(transaction=True)]


def make_old(months: int, *, until: int) -> None:
    """Move the first seals and their events into the past, as if they had been made then."""
    from audit.sealing import canonical
    from tests.audit.test_verify import Trail

    with superuser() as owner:
        trail = Trail(owner, None)
        trail.tell(
            "UPDATE audit_event SET ts = ts - make_interval(months => %s)"
            " WHERE id <= (SELECT max(last_id) FROM audit_seal WHERE seq <= %s)",
            months,
            until,
        )
        for one in Seal.objects.order_by("seq"):
            if one.seq <= until:
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"SELECT {canonical.SELECTED} FROM audit_event WHERE id BETWEEN %s AND %s ORDER BY id",
                        [one.first_id, one.last_id],
                    )
                    leaves = [canonical.leaf(canonical.line(row)) for row in cursor.fetchall()]
                trail.tell(
                    "UPDATE audit_seal SET sealed_at = sealed_at - make_interval(months => %s), leaves = %s, root = %s"
                    " WHERE seq = %s",
                    months, b"".join(leaves), canonical.root(leaves), one.seq,
                )  # fmt: skip
            resign(trail, keys.configured(), one.seq)


def whole() -> checking.Report:
    report = checking.verify(ring=keys.configured())
    for place in anchors.configured():
        checking.compare(place, report=report)
    return report


@pytest.fixture
def old(recruiter):
    """Three seals of ten events that are 30 months old, and one of today."""
    audit.record("job.opened", by=recruiter)
    with batches_of(10):
        while Event.objects.count() < 30:
            events(1, by=recruiter)
        seal()
        made = Seal.objects.count()
        make_old(30, until=made)
        events(5, by=recruiter)
        seal()
        anchoring.copy_all()
    return made


def test_events_past_their_time_go_and_the_trail_still_verifies(old):
    before = Event.objects.count()
    assert whole().is_whole
    done = expiring.expire()
    assert (done.seals, done.events) == (old, sum(Seal.objects.filter(seq__lte=old).values_list("count", flat=True)))
    assert Event.objects.count() == before - done.events + 1
    assert expiring.expire() == expiring.Expiry()
    seal()
    anchoring.copy_all()
    report = whole()
    assert (report.problems, report.expired) == ([], done.events)
    event = Event.objects.get(action="event.expired")
    assert event.changes["events"] == done.events


def test_a_dry_run_says_what_would_go_and_leaves_it(old):
    out = StringIO()
    call_command("audit_expire", "--dry-run", stdout=out)
    assert f"of {old} seals would go" in out.getvalue()
    assert Event.objects.filter(action="event.expired").count() == 0


def test_one_row_more_than_was_said_is_missed(old):
    expiring.expire()
    with superuser() as owner:
        owner.execute(
            "DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event WHERE action = 'job.updated')"
        )
    (problem,) = checking.verify(ring=keys.configured()).problems
    assert problem.kind == "deleted row"


def test_events_younger_than_the_time_stay(old, settings):
    settings.AUDIT_KEEP_MONTHS = 36
    assert expiring.expire() == expiring.Expiry()


def test_events_about_somebody_under_a_legal_hold_stay(old, recruiter):
    person = CandidateFactory()
    row = Event.objects.order_by("id").values_list("pk", flat=True)[12]
    with superuser() as owner:
        owner.execute("UPDATE audit_event SET subject_ref = %s WHERE id = %s", [str(person.pk), row])
    LegalHold.objects.create(scope="candidate", target_ref=person.pk, reason="lawsuit", placed_by=recruiter)
    done = expiring.expire()
    assert (done.seals, done.held) == (old - 1, 1)
    assert Event.objects.filter(pk=row).exists()
    LegalHold.objects.update(released_at=NOON, released_by=recruiter)
    assert expiring.expire().seals == 1


def test_the_application_cannot_make_young_events_expire(app, recruiter):  # noqa: F811
    """A seal that nobody signed names all events; the function looks at their age itself."""
    events(3, by=recruiter)
    seal()
    columns = (
        "seq, kind, sealed_at, count, first_id, last_id, ids, leaves, root, prev, hash, tx_position, id_position,"
        " id_floor, next_tx, cluster, details, key_id, signature, version"
    )
    forged = "0, 0, 0, 0, '', %s, '', '', 1)"
    app.execute(
        f"INSERT INTO audit_seal ({columns}) VALUES"  # type: ignore[call-overload]
        f" (100, 'rows', now() - interval '5 years', 3, 1, 100000, '1-100000', '', '', '', 'x', {forged},"
        f" (101, 'expiry', now(), 0, NULL, NULL, '', '', '', '', 'y', {forged}",
        ["{}", '{"seals": "1-100"}'],
    )
    before = Event.objects.count()
    assert app.execute("SELECT audit_expire(101)").fetchone() == (0,)
    assert Event.objects.count() == before
    assert checking.verify(ring=keys.configured()).problems[0].seal is not None


def test_erasing_somebody_changes_nothing_that_is_sealed(recruiter, settings):
    person = CandidateFactory(full_name="Canary Featherstonehaugh")
    audit.record("candidate.updated", target=person, by=recruiter, subject=person)
    seal()
    anchoring.copy_all()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM candidates_candidateemail")
        cursor.execute("DELETE FROM candidates_candidate")
    seal()
    anchoring.copy_all()
    report = whole()
    assert report.is_whole
    assert Event.objects.about(person.pk).count() >= 2, "what happened to them stays, by their identifier"
    (place,) = anchors.configured()
    everything = b"".join(line for seq in place.numbers() for line in anchors.unpack(place.get(seq))[1])
    assert str(person.pk).encode() in everything
    assert b"Featherstonehaugh" not in everything
