"""The operators' page: who may open it, what stands first, and whom it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from hrassist import notification_mail, security_alerts
from hrassist.admin import security, security_sections
from hrassist.admin.security import Finding, Level, Section
from hrassist.models import Notification, SecurityAlert
from hrassist.tasks import forget_tallies, tell_of_security
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SERIOUS = Finding(Level.SERIOUS, "3 tokens are 91 days old.", "Revoke them.", "/hrassist/apitoken/")
NOTICE = Finding(Level.NOTICE, "A look is due.")
GOOD = Finding(Level.GOOD, "All is well.")


@pytest.fixture
def only(monkeypatch):
    """Let the page have these sections and no other."""

    def keep(**findings: Any) -> None:
        monkeypatch.setattr(security, "_sections", {})
        for key, found in findings.items():
            security.add(Section(key, key.title(), found if callable(found) else lambda found=found: list(found)))

    return keep


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_operators_and_auditors_open_it_and_find_it_in_the_side_bar(role, request, client_as, events):
    client = client_as(request.getfixturevalue(role))
    page = client.get("/security/")
    assert page.status_code == 200
    assert b'href="/security/"' in page.content
    for head in (b"Last scans", b"Settings", b"What is inside", b"Content policy", b"Requests over a limit", b"Clocks"):
        assert head in page.content
    assert len(events("security.viewed")) == 1


@pytest.mark.parametrize("role", ["recruiter", "coordinator", "hiring_manager", "interviewer", "outsider"])
def test_nobody_else_does(role, request, client_as):
    client = client_as(request.getfixturevalue(role))
    assert client.get("/security/").status_code == 403
    assert b"/security/" not in client.get("/").content


def test_it_is_only_read(operator, client_as):
    assert client_as(operator).post("/security/").status_code == 405
    assert client_as(None).get("/security/").status_code == 302


def test_the_worst_stands_first_among_sections_and_within_them(only, operator, client_as):
    only(calm=[GOOD], mixed=[GOOD, NOTICE, SERIOUS], looked=[NOTICE])
    text = client_as(operator).get("/security/").content.decode()
    places = [text.index(f'id="{key}"') for key in ("mixed", "looked", "calm")]
    assert places == sorted(places)
    assert text.index(SERIOUS.what) < text.index(NOTICE.what) < text.index(GOOD.what)
    assert f'<a href="{SERIOUS.url}">' in text
    assert "1 serious" in text


def test_a_line_leads_only_where_its_reader_may_go(only, operator, auditor, client_as):
    only(tokens=[Finding(Level.NOTICE, "A token is old.", url="/hrassist/user/")])
    assert '<a href="/hrassist/user/">A token' in client_as(operator).get("/security/").content.decode()
    page = client_as(auditor).get("/security/").content.decode()
    assert "A token is old." in page
    assert '<a href="/hrassist/user/">' not in page


def test_many_lines_in_order_are_folded(only, operator, client_as):
    only(calm=[GOOD] * 12)
    assert b"<summary>12 in order</summary>" in client_as(operator).get("/security/").content


def test_what_a_section_says_stays_text(only, operator, client_as):
    only(evil=[Finding(Level.NOTICE, "<script>alert(1)</script>", "<b>x</b>")])
    page = client_as(operator).get("/security/").content
    assert b"<script>alert" not in page
    assert b"<b>x</b>" not in page


def test_a_section_that_fails_is_serious_and_takes_no_other_with_it(only, operator, client_as, caplog):
    def broken() -> list[Finding]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return []

    only(broken=broken, calm=[GOOD])
    page = client_as(operator).get("/security/").content
    assert b"This section could not be loaded." in page
    assert GOOD.what.encode() in page
    assert "broken" in caplog.text


def test_the_page_costs_few_queries(operator, client_as, assert_queries, monkeypatch):
    """With the sections of the site itself; each other app pins its own."""
    own = {one.key: one for one in security.sections() if one.load.__module__ == security_sections.__name__}
    assert len(own) == 7
    monkeypatch.setattr(security, "_sections", own)
    client = client_as(operator)
    client.get("/security/")
    with assert_queries("admin_security"):
        client.get("/security/")


# --- Telling ----------------------------------------------------------------------------------------------------------


def told() -> list[str]:
    return [f"{one.user.username}: {one.text}" for one in Notification.objects.order_by("user__username", "created_at")]


def test_who_may_open_the_page_is_told_of_a_serious_finding_once_a_day(
    only, operator, auditor, recruiter, noon, events
):
    only(keys=[SERIOUS, NOTICE, GOOD])
    assert security_alerts.tell(now=noon) == 1
    expected = "Keys: 3 tokens are 91 days old."
    assert told() == [f"axel: {expected}", f"otto: {expected}"]
    assert Notification.objects.filter(url="/security/#keys").count() == 2
    for hours in (0, 1, 23):
        assert security_alerts.tell(now=noon + timedelta(hours=hours)) == 0
    # Another number is the same finding still.
    only(keys=[Finding(Level.SERIOUS, "4 tokens are 92 days old.")])
    assert security_alerts.tell(now=noon + timedelta(hours=23)) == 0
    assert security_alerts.tell(now=noon + timedelta(hours=25)) == 1
    assert len(told()) == 4
    assert [event.changes for event in events("security.alerted")] == [{"section": "keys", "told": 2}] * 2


def test_what_is_over_ends_and_a_check_that_flaps_is_one_alarm(only, operator, noon):
    only(keys=[SERIOUS])
    security_alerts.tell(now=noon)
    only(keys=[GOOD])
    security_alerts.tell(now=noon + timedelta(minutes=10))
    assert SecurityAlert.objects.get().over_at == noon + timedelta(minutes=10)
    only(keys=[SERIOUS])
    assert security_alerts.tell(now=noon + timedelta(minutes=20)) == 0
    assert SecurityAlert.objects.get().over_at is None
    assert len(told()) == 1


def test_two_findings_are_two_alarms(only, operator, noon):
    only(keys=[SERIOUS, Finding(Level.SERIOUS, "The seal is broken.")], seals=[SERIOUS])
    assert security_alerts.tell(now=noon) == 3


def test_a_superuser_and_a_person_with_the_permission_alone_are_told_and_one_switched_off_is_not(only, noon):
    from django.contrib.auth.models import Permission

    UserFactory(username="root", is_superuser=True)
    own = UserFactory(username="own")
    own.user_permissions.add(Permission.objects.get(codename="view_security"))
    UserFactory(username="gone", role="Operator", is_active=False)
    assert [user.username for user in security_alerts.operators()] == ["root", "own"]


def test_it_is_mailed_as_all_notifications_are(only, operator):
    operator.email, operator.notify_by_mail = "otto@example.org", "at_once"
    operator.save()
    only(keys=[SERIOUS])
    tell_of_security(timestamp=int(timezone.now().timestamp()) - 120)
    notification_mail.send_due(now=timezone.now())
    (sent,) = mail.outbox
    assert sent.subject == "hrassist: The security page has a serious finding"
    assert "3 tokens" not in sent.body


def test_the_task_that_forgets_counters_runs():
    forget_tallies(timestamp=int(timezone.now().timestamp()))
