"""How long a session lasts, what ends it, and who sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from hrassist import accounts
from hrassist.identity import devices, factors
from hrassist.identity.sessions import SessionStore, digest_of
from hrassist.models import Session, User
from tests.factories import UserFactory
from tests.hrassist.identity.conftest import PASSWORD, code_at

pytestmark = pytest.mark.django_db
PAGE = "/jobs/job/"


def signed_in(user, **meta) -> Client:
    client = Client(**meta)
    client.force_login(user)
    return client


def alive(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_the_table_holds_nothing_that_a_cookie_could_hold(rosa):
    client = signed_in(rosa)
    cookie = client.cookies["sessionid"].value
    row = Session.objects.get()
    assert row.pk == digest_of(cookie)
    assert cookie not in str(list(Session.objects.values()))
    thief = Client()
    thief.cookies["sessionid"] = row.pk
    assert not alive(thief)


def test_a_session_that_nobody_uses_ends_after_half_an_hour(rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(rosa)
        for _ in range(4):
            clock.shift(timedelta(minutes=29))
            assert alive(client)
        clock.shift(timedelta(minutes=30, seconds=1))
        assert not alive(client)


def test_a_session_ends_after_eight_hours_however_much_it_is_used(rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(rosa)
        for _ in range(31):
            clock.shift(timedelta(minutes=15))
            assert alive(client)
        clock.shift(timedelta(minutes=15, seconds=1))
        assert not alive(client)


def test_a_session_that_has_ended_by_the_clock_is_listed_no_more(rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        signed_in(rosa)
        clock.shift(timedelta(minutes=31))
        assert signed_in(rosa).get("/account/").content.count(b"End the session of") == 0


def test_both_limits_are_settings(rosa, settings):
    settings.SESSION_IDLE, settings.SESSION_COOKIE_AGE = timedelta(hours=3), 2 * 3600
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(rosa)
        clock.shift(timedelta(minutes=119))
        assert alive(client)
        clock.shift(timedelta(minutes=2))
        assert not alive(client)


def test_a_page_that_only_asks_for_news_is_no_sign_of_somebody_before_it(rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(rosa)
        for _ in range(6):
            clock.shift(timedelta(minutes=5))
            client.get("/notifications/bell/", headers={"X-Background": "1"})
        clock.shift(timedelta(seconds=1))
        assert not alive(client)


def test_use_is_written_once_a_minute(rosa, django_assert_num_queries):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = signed_in(rosa)
        store = SessionStore(client.cookies["sessionid"].value)
        store.load()
        with django_assert_num_queries(0):
            store.note_use()
        clock.shift(timedelta(seconds=61))
        with django_assert_num_queries(1):
            store.note_use()
            store.note_use()
        assert Session.objects.get().last_used_at == timezone.now()


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(rosa, deferred_tasks, events):
    here, elsewhere = signed_in(rosa), signed_in(rosa)
    words = "four purple ducks walk"
    answer = here.post("/password_change/", {"old_password": PASSWORD, "new_password1": words, "new_password2": words})
    assert answer.status_code == 302, answer.content
    assert (alive(here), alive(elsewhere)) == (True, False)
    assert Session.objects.of(rosa).count() == 1
    assert [task["what"] for task in deferred_tasks("mail_security_notice")] == ["password_changed"]
    assert len(events("user.password_changed")) >= 1


def test_a_password_from_the_command_line_ends_all(rosa):
    client = signed_in(rosa)
    accounts.give_new_password(username="rosa")
    assert not alive(client)
    assert not Session.objects.of(rosa).exists()


@pytest.mark.parametrize("how", ["added", "removed", "set", "cleared", "from_the_other_side"])
def test_another_role_ends_the_sessions_that_began_before(rosa, how):
    client, group = signed_in(rosa), Group.objects.get(name="Interviewer")
    {
        "added": lambda: rosa.groups.add(group),
        "removed": lambda: rosa.groups.remove(*rosa.groups.all()),
        "set": lambda: rosa.groups.set([group]),
        "cleared": rosa.groups.clear,
        "from_the_other_side": lambda: group.user_set.add(rosa),
    }[how]()
    assert not Session.objects.of(rosa).exists()
    assert not alive(client)


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_another_standing_ends_them_however_it_was_changed(rosa, field):
    client = signed_in(rosa)
    User.objects.filter(pk=rosa.pk).update(**{field: not getattr(rosa, field)})
    assert not alive(client)


def test_an_account_that_is_switched_off_is_out_at_once(rosa):
    client = signed_in(rosa)
    rosa.is_active = False
    rosa.save()
    assert not alive(client)
    assert not Session.objects.of(rosa).exists()


def test_another_factor_ends_the_sessions_elsewhere(rosa, with_both, secret):
    here = with_both()
    elsewhere = signed_in(rosa)
    other = factors.of(rosa)[0]
    answer = here.post(f"/account/factors/{other.pk}/", {"remove": "1"})
    assert answer.status_code == 302
    assert not factors.has_factor(rosa)
    assert Session.objects.of(rosa).count() == 1
    assert not alive(elsewhere)


def test_who_proved_themselves_long_ago_is_asked_again_before_a_factor_changes(rosa, with_both, secret):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        here = with_both()
        clock.shift(timedelta(minutes=16))
        answer = here.post(f"/account/factors/{factors.of(rosa)[0].pk}/", {"remove": "1"})
        assert answer.url.startswith("/account/confirm/")
        assert here.get("/account/factors/add/").url.startswith("/account/confirm/")
        assert factors.has_factor(rosa)
        assert b"not right" in here.post("/account/confirm/", {"code": "000000"}).content
        answer = here.post("/account/confirm/", {"code": code_at(secret), "next": "/account/factors/add/"})
        assert answer.url == "/account/factors/add/"
        assert here.get("/account/factors/add/").status_code == 200


def test_without_a_factor_it_is_the_password_that_is_asked_again(rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        here = signed_in(rosa)
        clock.shift(timedelta(minutes=16))
        assert b"not your password" in here.post("/account/confirm/", {"password": "wrong"}).content
        here.post("/account/confirm/", {"password": PASSWORD})
        assert here.get("/account/factors/add/").status_code == 200


def test_people_see_and_end_their_own_sessions_only(rosa, events):
    other = UserFactory(username="olga")
    theirs = signed_in(other)
    here = signed_in(rosa)
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    elsewhere = Client()
    elsewhere.post("/login/", {"username": "rosa", "password": PASSWORD}, headers={"User-Agent": agent})
    page = here.get("/account/").content
    assert b"Firefox on Windows" in page
    assert page.count(b"End the session of") == 1
    here.post("/account/sessions/end/", {"session": digest_of(theirs.cookies["sessionid"].value)})
    assert Session.objects.of(other).count() == 1
    here.post("/account/sessions/end/", {"session": digest_of(elsewhere.cookies["sessionid"].value)})
    assert not alive(elsewhere)
    assert alive(here)
    assert len(events("user.session_ended")) == 1
    signed_in(rosa)
    here.post("/account/sessions/end/")
    assert Session.objects.of(rosa).count() == 1


def test_an_operator_ends_the_sessions_of_another_who_is_told(rosa, operator, deferred_tasks, events):
    client, here = signed_in(rosa), signed_in(operator)
    page = f"/hrassist/user/{rosa.pk}"
    assert b"1 open session" in here.get(f"{page}/change/").content
    assert here.post(f"{page}/end-sessions/").status_code == 302
    assert not alive(client)
    assert {"user_id": str(rosa.pk), "what": "sessions_ended", "by": str(operator.pk)} in deferred_tasks(
        "mail_security_notice"
    )
    assert [event.actor_id for event in events("user.sessions_ended")] == [str(operator.pk)]


def test_an_operator_resets_factors_with_a_reason_and_nobody_resets_their_own(
    rosa, secret, operator, recruiter_client, deferred_tasks, events
):
    here, page = signed_in(operator), f"/hrassist/user/{rosa.pk}"
    here.post(f"{page}/reset-factors/", {"reason": " "})
    assert factors.has_factor(rosa)
    here.post(f"{page}/reset-factors/", {"reason": "Lost phone; recognised on a call."})
    assert not factors.has_factor(rosa)
    (event,) = events("user.factors_reset")
    assert (event.actor_id, event.purpose) == (str(operator.pk), "Lost phone; recognised on a call.")
    assert "factors_reset" in [task["what"] for task in deferred_tasks("mail_security_notice")]
    assert recruiter_client.post(f"{page}/reset-factors/", {"reason": "I want in."}).status_code in {403, 404}
    own = here.post(f"/hrassist/user/{operator.pk}/reset-factors/", {"reason": "My own phone."}, follow=True)
    assert b"another operator may reset them" in own.content


@pytest.fixture
def recruiter_client(db):
    return signed_in(UserFactory(username="rita", role="Recruiter"))


def test_nobody_but_a_superuser_touches_the_factors_of_one(operator):
    root = UserFactory(username="root", is_superuser=True)
    assert signed_in(operator).post(f"/hrassist/user/{root.pk}/reset-factors/", {"reason": "x"}).status_code == 403


def test_an_operator_who_signed_in_long_ago_is_asked_again_before_accounts_change(operator, rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        here = signed_in(operator)
        clock.shift(timedelta(minutes=16))
        for path in ("change/", "reset-factors/", "end-sessions/", "password/"):
            answer = here.post(f"/hrassist/user/{rosa.pk}/{path}", {"reason": "because"})
            assert answer.url.startswith("/account/confirm/"), path
        assert here.post("/hrassist/apitoken/add/", {}).url.startswith("/account/confirm/")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18.0 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_device_is_named_as_people_know_it(said, shown):
    assert devices.device_named(said) == shown
