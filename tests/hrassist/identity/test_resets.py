"""A forgotten password: a link by mail, once and for an hour, and nobody learns who has an account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from hrassist.identity import resets
from hrassist.models import Session
from tests.factories import UserFactory
from tests.hrassist.identity.conftest import PASSWORD, code_at

pytestmark = pytest.mark.django_db
WORDS = "four purple ducks walk"


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def ask(who: str, client: Client | None = None) -> bytes:
    answer = (client or Client()).post("/password/reset/", {"who": who})
    assert answer.status_code == 200
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", answer.content)


def link_mailed(deferred_tasks) -> str:
    resets.send(**deferred_tasks("mail_password_reset")[-1])
    found = re.search(r"https?://[^/]+(/password/reset/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def set_by(link: str, password: str = WORDS) -> Client:
    client = Client()
    form = client.get(link)
    assert form.url.endswith("/form/"), "the token does not stay in the address"
    client.post(form.url, {"password": password, "again": password})
    return client


def test_a_link_sets_a_new_password_once_and_ends_every_session(rosa, deferred_tasks, events):
    open_session = Client()
    open_session.force_login(rosa)
    ask("Rosa")
    link = link_mailed(deferred_tasks)
    set_by(link)
    rosa.refresh_from_db()
    assert rosa.check_password(WORDS)
    assert open_session.get("/jobs/job/").status_code == 302
    assert not Session.objects.of(rosa).exists()
    assert b"used already" in Client().get(link, follow=True).content
    assert "password_changed" in [task["what"] for task in deferred_tasks("mail_security_notice")]
    assert [event.target_id for event in events("user.password_reset")] == [str(rosa.pk)]


def test_the_answer_is_the_same_whoever_it_is(rosa):
    UserFactory(username="gone", email="gone@example.org", is_active=False)
    answers = {ask(who) for who in ("rosa", "rosa@example.org", "nobody", "nobody@example.org", "gone")}
    assert len(answers) == 1


def test_a_task_is_queued_for_nobody_too(rosa, deferred_tasks):
    ask("nobody")
    assert deferred_tasks("mail_password_reset") == [{"user_ids": []}]
    resets.send(user_ids=[])
    assert mail.outbox == []


def test_a_link_is_good_for_an_hour(rosa, deferred_tasks):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask("rosa")
        link = link_mailed(deferred_tasks)
        clock.shift(timedelta(minutes=61))
        assert b"older than an hour" in Client().get(link, follow=True).content


@pytest.mark.parametrize("spoil", [lambda link: link[:-3] + "x/", lambda link: link.replace("reset/", "reset/Zz", 1)])
def test_a_link_of_ones_own_making_is_none(rosa, deferred_tasks, spoil):
    ask("rosa")
    assert b"used already" in Client().get(spoil(link_mailed(deferred_tasks)), follow=True).content


def test_the_second_factor_stays_and_is_asked_for(rosa, secret, required, deferred_tasks, with_password):
    ask("rosa")
    set_by(link_mailed(deferred_tasks))
    client = with_password(password=WORDS)
    assert client.get("/jobs/job/").status_code == 302
    assert client.post("/account/verify/", {"code": code_at(secret)}).status_code == 302
    assert client.get("/jobs/job/").status_code == 200


@pytest.mark.parametrize(
    "weak", ["short", "password1234", "hrassist2026!", "rosa-rosa-rosa", "qwertyuiop12", "Passw0rd2024!"]
)
def test_a_password_that_others_guess_is_refused(rosa, deferred_tasks, weak):
    ask("rosa")
    set_by(link_mailed(deferred_tasks), password=weak)
    rosa.refresh_from_db()
    assert rosa.check_password(PASSWORD)


def test_no_mail_goes_where_a_password_would_open_nothing(rosa, deferred_tasks, settings):
    without = UserFactory(username="sso", email="sso@example.org")
    without.set_unusable_password()
    without.save()
    for who in ("sso", "rosa"):
        ask(who)
    settings.REQUIRE_SSO = True
    for task in deferred_tasks("mail_password_reset"):
        resets.send(**task)
    assert mail.outbox == []


def test_asking_again_and_again_mails_no_more(rosa, deferred_tasks, events):
    answers = {ask("rosa") for _ in range(5)}
    assert len(answers) == 1
    assert len(deferred_tasks("mail_password_reset")) == 3
    assert len(events("user.password_reset_throttled")) == 2
