"""What auditors and operators see of the seals."""

from __future__ import annotations

import pytest
from django.db import connection

from audit import actions as audit
from audit.actions import anchoring, upkeep
from audit.admin import security
from audit.models import Event, Seal
from audit.sealing import anchors, keys
from hrassist.admin.security import Level
from tests.audit.sealing import events as make_events
from tests.audit.sealing import seal, superuser

pytestmark = [pytest.mark.alone, pytest.mark.django_db(transaction=True)]
LOG, SEALS = "/audit/event/", "/audit/seal/"


def rows_of(answer):
    return answer.context["cl"].result_list


def test_each_entry_of_the_log_says_its_seal(auditor, client_as):
    make_events(3, by=auditor)
    (made,) = seal()
    browser = client_as(auditor)
    audit.record("job.opened", by=auditor)
    answer = browser.get(f"{LOG}?q=action:job.")
    assert answer.content.decode().count(f'href="{SEALS}{made.seq}/change/"') == 3
    assert answer.content.decode().count(">not yet<") == 1


def test_the_list_of_seals_shows_which_hold_and_which_are_forged(auditor, client_as, assert_queries):
    make_events(2, by=auditor)
    seal()
    anchoring.copy_all()
    make_events(2, by=auditor)
    seal()
    with superuser() as owner:
        owner.execute("UPDATE audit_seal SET count = 7 WHERE seq = 2")
    browser = client_as(auditor)
    browser.get("/")
    with assert_queries("admin_audit_seals"):
        answer = browser.get(SEALS)
    assert [row.seq for row in rows_of(answer)] == [2, 1]
    said = answer.content.decode()
    assert (said.count("forged"), said.count("holds"), said.count("none yet")) == (1, 1, 1)
    assert Event.objects.filter(action="seal.listed", actor_id=str(auditor.pk)).exists()
    assert browser.get(f"{SEALS}1/change/").status_code == 200
    assert [row.seq for row in rows_of(browser.get(f"{SEALS}?q=1"))] == [1]


def test_the_seals_are_for_auditors(recruiter, operator, client_as):
    for user in (recruiter, operator):
        assert client_as(user).get(SEALS).status_code == 403


def findings(level: Level) -> list[str]:
    return [one.what for one in security.load() if one.level == level]


def test_the_security_page_says_that_nothing_signs(settings):
    assert not [one for one in findings(Level.SERIOUS) if "key" in one]
    settings.DEVELOPMENT, settings.AUDIT_KEY_FILE = False, "/nonexistent/key.pem"
    assert any("There is no key" in one for one in findings(Level.SERIOUS))


def test_the_security_page_says_that_the_owner_serves():
    assert any("could rewrite its own trail" in one for one in findings(Level.SERIOUS))


def test_late_seals_are_put_on_record_once_and_are_serious():
    make_events(1)
    with superuser() as owner:
        owner.execute("UPDATE audit_event SET ts = ts - interval '10 minutes'")
    kinds = [kind for kind, _ in upkeep.troubles()]
    assert kinds == ["late"]
    assert any("10 minutes ago" in one for one in findings(Level.SERIOUS))
    upkeep.every_minute()
    assert [kind for kind, _ in upkeep.troubles()] == [], "sealing mends it"


def test_what_cannot_be_sealed_raises_the_alarm(settings):
    make_events(1)
    with superuser() as owner:
        owner.execute("UPDATE audit_event SET ts = ts - interval '10 minutes'")
    settings.DEVELOPMENT, settings.AUDIT_KEY_FILE = False, "/nonexistent/key.pem"
    upkeep.every_minute()
    upkeep.every_minute()
    assert Event.objects.filter(action="seal.late", outcome="error").count() == 1


def test_a_place_that_is_down_stops_no_seal_and_gets_its_copies_later(settings, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    settings.AUDIT_ANCHOR_DIR = str(tmp_path / "file" / "anchors")
    for _ in range(7):
        make_events(1)
        seal()
    assert list(anchoring.copy_all().values()) == [0]
    assert any("7 seals are not copied" in text for _, text in upkeep.troubles())
    (tmp_path / "file").unlink()
    assert list(anchoring.copy_all().values()) == [7]
    (place,) = anchors.configured()
    assert list(place.numbers()) == list(range(1, 8))
    assert upkeep.troubles() == []


def test_a_place_that_holds_another_seal_under_the_number_is_an_alarm():
    make_events(1)
    seal()
    (place,) = anchors.configured()
    place.put(1, b"another trail")
    anchoring.copy_all()
    anchoring.copy_all()
    assert Event.objects.filter(action="seal.anchor_differs", outcome="error").count() == 1


def test_the_settings_that_changed_are_on_record_by_name_alone(monkeypatch):
    from audit.actions import settings_watch

    monkeypatch.setenv("SECRET_KEY", "a" * 60)
    settings_watch.record_changes()
    monkeypatch.setenv("SECRET_KEY", "b" * 60)
    monkeypatch.setenv("HRASSIST_COMPANY_NAME", "Acme")
    assert settings_watch.record_changes() == ["HRASSIST_COMPANY_NAME", "SECRET_KEY"]
    assert settings_watch.record_changes() == []
    said = str(Event.objects.filter(action="settings.changed").order_by("-id").first().changes)
    assert "bbbb" not in said
    assert "Acme" not in said


def test_a_clock_that_is_off_is_put_on_record(monkeypatch):
    from datetime import timedelta

    make_events(1)
    seal()
    monkeypatch.setattr(upkeep, "clock_skew", lambda: timedelta(seconds=90))
    upkeep.every_minute()
    event = Event.objects.get(action="clock.skewed")
    assert (event.outcome, event.changes) == ("error", {"seconds": 90})


def test_the_worker_seals_every_minute():
    from hrassist.tasks import seal_audit_trail

    make_events(3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event")
        (count,) = cursor.fetchone()
    seal_audit_trail.func(timestamp=0)
    assert Seal.objects.get().count >= count
    assert keys.configured().knows(Seal.objects.get().key_id)
