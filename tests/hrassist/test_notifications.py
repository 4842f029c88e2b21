"""Being told: the bell, the page, the mail."""

from __future__ import annotations

import re
import smtplib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from procrastinate.contrib.django import app

from candidates.actions import merging
from hrassist import accounts, notification_mail, notifications
from hrassist.models import Notification, User
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db

AGO = timedelta(minutes=5)


def tell(user: User, text: str = "Rosa mentioned you in a note about Jane Doe", **more) -> Notification:
    more = {"now": NOON - AGO, "kind": "mention", "url": "/"} | more
    (told,) = notifications.tell(users=[user], text=text, **more)
    return told


# --- The bell and the page --------------------------------------------------------------------------------------------


def test_the_bell_counts_what_is_unread_and_readable(hiring_manager, client_as):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    tell(hiring_manager, subject=one.candidate_id, job=one.job_id)
    other = tell(hiring_manager)
    browser = client_as(hiring_manager)
    assert browser.get("/notifications/latest/?count=1").json() == {"unread": 2}
    assert 'aria-label="Notifications, 2 unread"' in browser.get("/").content.decode()
    one.job.team.all().delete()
    answer = browser.get("/notifications/latest/").json()
    assert answer["unread"] == 1
    assert [told["url"] for told in answer["notifications"]] == [f"/notifications/{other.pk}/open/"]
    assert "Jane Doe" not in str(client_as(UserFactory()).get("/notifications/").content)


def test_opening_one_marks_it_read_and_leads_to_its_page(recruiter, client_as):
    told = tell(recruiter, url="/candidates/candidate/")
    answer = client_as(recruiter).get(f"/notifications/{told.pk}/open/")
    assert answer.url == "/candidates/candidate/"
    assert notifications.unread(recruiter) == 0


def test_who_lost_sight_is_led_nowhere(hiring_manager, client_as):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    told = tell(hiring_manager, subject=one.candidate_id, url=f"/candidates/candidate/{one.candidate_id}/change/")
    one.job.team.all().delete()
    answer = client_as(hiring_manager).get(f"/notifications/{told.pk}/open/", follow=True)
    assert "You may no longer see" in answer.content.decode()
    assert "Jane Doe" not in answer.content.decode()


def test_a_colleague_s_notification_does_not_exist(recruiter, coordinator, client_as):
    told = tell(recruiter)
    browser = client_as(coordinator)
    assert browser.get(f"/notifications/{told.pk}/open/").status_code == 404
    browser.post("/notifications/read/", {"notification": told.pk})
    assert notifications.unread(recruiter, fresh=True) == 1


def test_one_or_all_are_marked_read_and_one_unread_again(recruiter, client_as):
    first, _, _ = tell(recruiter), tell(recruiter), tell(recruiter)
    browser = client_as(recruiter)
    browser.post("/notifications/read/", {"notification": first.pk})
    assert notifications.unread(recruiter) == 2
    browser.post("/notifications/read/", {"notification": first.pk, "unread": "1"})
    assert notifications.unread(recruiter) == 3
    browser.post("/notifications/read/")
    assert notifications.unread(recruiter) == 0


def test_the_page_goes_on_by_keyset_and_costs_the_same(recruiter, client_as, assert_queries):
    for number in range(60):
        tell(recruiter, text=f"Told {number:02}", now=NOON + timedelta(seconds=number))
    browser = client_as(recruiter)
    browser.get("/notifications/")
    with assert_queries("admin_notifications"):
        page = browser.get("/notifications/")
    assert "Told 59" in page.content.decode()
    older = browser.get("/notifications/" + page.context["page"].older)
    assert [one.text for one, _ in older.context["rows"]] == [f"Told {number:02}" for number in range(19, -1, -1)]
    newer = browser.get("/notifications/" + older.context["page"].newer)
    assert newer.context["rows"][0][0].text == "Told 59"
    assert browser.get("/notifications/?cursor=nonsense").status_code == 200


def test_a_notification_about_a_merged_person_is_read_by_who_sees_the_kept_record(recruiter, hiring_manager):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    kept = CandidateFactory()
    told = tell(hiring_manager, subject=one.candidate_id)
    merging.merge(kept=kept, gone=one.candidate, by=recruiter, now=NOON)
    assert notifications.readable(hiring_manager, [told]) == [told]
    assert notifications.readable(UserFactory(role="Hiring manager"), [told]) == []


def test_a_notification_about_somebody_who_was_erased_is_not_shown(recruiter):
    told = Notification.objects.create(user=recruiter, kind="mention", text="x", url="/", subject_ref=uuid4())
    assert notifications.readable(recruiter, [told]) == []


# --- Mail -------------------------------------------------------------------------------------------------------------


def test_what_waits_is_mailed_in_one_mail_without_a_candidate_s_name(recruiter, coordinator, settings):
    settings.PUBLIC_URL = "https://hr.example.com"
    told = tell(recruiter, by=coordinator)
    tell(recruiter)
    assert notification_mail.send_due(now=NOON) == 1
    (letter,) = mail.outbox
    assert letter.to == ["rosa@example.org"]
    assert letter.subject == "hrassist: 2 notifications"
    assert f"https://hr.example.com/notifications/{told.pk}/open/" in letter.body
    assert "cora" in letter.body
    assert "Jane" not in letter.body
    assert notification_mail.send_due(now=NOON + AGO) == 0


def test_what_is_young_read_or_unwanted_is_not_mailed(recruiter):
    tell(recruiter, now=NOON - timedelta(seconds=30))
    assert notification_mail.send_due(now=NOON) == 0
    notifications.mark_read(user=recruiter, now=NOON)
    assert notification_mail.send_due(now=NOON + AGO) == 0
    tell(recruiter)
    for change in ({"notify_by_mail": "never"}, {"notify_by_mail": "at_once", "is_active": False}):
        User.objects.filter(pk=recruiter.pk).update(**change)
        assert notification_mail.send_due(now=NOON) == 0
    assert mail.outbox == []


def test_who_lost_sight_is_not_mailed(hiring_manager):
    one = ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))
    tell(hiring_manager, subject=one.candidate_id, job=one.job_id)
    one.job.team.all().delete()
    assert notification_mail.send_due(now=NOON) == 0
    assert mail.outbox == []


def test_the_daily_mail_leaves_at_seven_where_the_user_lives(recruiter):
    User.objects.filter(pk=recruiter.pk).update(notify_by_mail="daily", time_zone="America/New_York")
    tell(recruiter, now=datetime(2026, 11, 2, 3, 0, tzinfo=UTC))
    assert notification_mail.send_due(now=datetime(2026, 11, 2, 11, 59, tzinfo=UTC)) == 0
    assert notification_mail.send_due(now=datetime(2026, 11, 2, 12, 0, tzinfo=UTC)) == 1
    tell(recruiter, now=datetime(2026, 11, 2, 12, 30, tzinfo=UTC))
    assert notification_mail.send_due(now=datetime(2026, 11, 2, 23, 0, tzinfo=UTC)) == 0
    assert notification_mail.send_due(now=datetime(2026, 11, 3, 12, 1, tzinfo=UTC)) == 1


def test_each_kind_is_mailed_when_its_reader_chose(recruiter):
    chosen = {"mention": "at_once", "application": "never"}
    User.objects.filter(pk=recruiter.pk).update(notify_by_mail="daily", mail_by_kind=chosen)
    evening, morning = datetime(2026, 11, 2, 20, 0, tzinfo=UTC), datetime(2026, 11, 3, 7, 0, tzinfo=UTC)
    for kind in ("mention", "application", "offer"):
        tell(recruiter, kind=kind, now=evening - AGO)
    assert notification_mail.send_due(now=evening) == 1
    assert notification_mail.send_due(now=evening + AGO) == 0
    assert notification_mail.send_due(now=morning) == 1
    assert [letter.subject for letter in mail.outbox] == ["hrassist: Somebody mentioned you", "hrassist: Offers"]
    assert Notification.objects.get(mailed_at=None).kind == "application"


def test_who_wants_no_mail_but_of_one_kind_gets_that_kind(recruiter):
    User.objects.filter(pk=recruiter.pk).update(notify_by_mail="never", mail_by_kind={"approval_asked": "at_once"})
    tell(recruiter)
    assert notification_mail.send_due(now=NOON) == 0
    tell(recruiter, kind="approval_asked")
    assert notification_mail.send_due(now=NOON) == 1
    assert [letter.subject for letter in mail.outbox] == ["hrassist: Your approval is asked for"]


def test_a_mail_system_that_is_away_loses_nothing(recruiter, monkeypatch):
    tell(recruiter)

    def away(*_: object, **__: object) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", away)
        assert notification_mail.send_due(now=NOON) == 0
    assert Notification.objects.get().mailed_at is None
    assert notification_mail.send_due(now=NOON + AGO) == 1


def test_two_workers_mail_it_once(recruiter, monkeypatch):
    tell(recruiter)
    readable = notifications.readable

    def meanwhile(*said: object) -> object:
        monkeypatch.setattr(notifications, "readable", readable)
        assert notification_mail.send_due(now=NOON) == 0
        return readable(*said)

    monkeypatch.setattr(notifications, "readable", meanwhile)
    assert notification_mail.send_due(now=NOON) == 1
    assert len(mail.outbox) == 1


def test_mail_is_looked_for_every_minute():
    crons = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    assert crons["hrassist.tasks.mail_notifications"] == "* * * * *"


# --- Preferences ------------------------------------------------------------------------------------------------------


def test_people_choose_when_they_are_mailed_and_where_they_live(interviewer, client_as, events):
    browser = client_as(interviewer)
    assert "Europe/Berlin" in browser.get("/preferences/").content.decode()
    said = {"notify_by_mail": "daily", "time_zone": "Europe/Berlin", "mail_interview": "at_once", "mail_drive": ""}
    browser.post("/preferences/", said)
    interviewer.refresh_from_db()
    assert (interviewer.notify_by_mail, interviewer.time_zone) == ("daily", "Europe/Berlin")
    assert interviewer.mail_by_kind == {"interview": "at_once"}
    page = browser.get("/preferences/").content.decode()
    assert re.search(r'name="mail_interview".*?value="at_once" selected', page, re.DOTALL)
    assert len(events("user.preferences_changed")) == 1


def test_a_zone_or_choice_that_is_none_is_refused(recruiter, client_as):
    answer = client_as(recruiter).post("/preferences/", {"notify_by_mail": "hourly", "time_zone": "Mars/Base"})
    assert "Select a valid choice" in answer.content.decode()
    answer = client_as(recruiter).post(
        "/preferences/", {"notify_by_mail": "daily", "time_zone": "Europe/Berlin", "mail_offer": "hourly"}
    )
    assert "Select a valid choice" in answer.content.decode()
    recruiter.refresh_from_db()
    assert (recruiter.time_zone, recruiter.mail_by_kind) == ("UTC", {})


@pytest.mark.parametrize("by_kind", [{"gossip": "daily"}, {"offer": "hourly"}])
def test_a_kind_or_time_that_is_none_is_no_preference(recruiter, by_kind):
    with pytest.raises(accounts.BadAccount):
        accounts.change_preferences(user=recruiter, time_zone="UTC", notify_by_mail="never", mail_by_kind=by_kind)
    recruiter.refresh_from_db()
    assert recruiter.notify_by_mail == "at_once"
