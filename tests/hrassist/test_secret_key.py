"""The drill of a new SECRET_KEY: what was signed goes on while the old key is a fallback, and ends with it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from jobs.actions import intake

pytestmark = pytest.mark.django_db
OLD, NEW, THIRD = ("".join(chr(start + n % 60) for n in range(64)) for start in (40, 50, 60))
PASSWORD = "a-long-password-of-rosa"


@dataclass
class Signed:
    """What people hold that the old key signed."""

    client: Client
    form: str
    text: str

    def works(self) -> list[bool]:
        def person() -> bool:
            try:
                intake.require_person(began=self.form, honey="", now=timezone.now() + intake.FORM_TAKES * 2)
            except intake.BadForm:
                return False
            return True

        def text() -> bool:
            try:
                return signing.loads(self.text, salt="hrassist.drill") == "mine"
            except signing.BadSignature:
                return False

        return [self.client.get("/preferences/").status_code == 200, person(), text()]


@pytest.fixture
def signed(recruiter, settings) -> Signed:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    recruiter.set_password(PASSWORD)
    recruiter.save()
    client = Client()
    client.post("/login/", {"username": recruiter.username, "password": PASSWORD})
    return Signed(client, intake.begun(timezone.now()), signing.dumps("mine", salt="hrassist.drill"))


def test_before_the_change_everything_works(signed):
    assert signed.works() == [True, True, True]


def test_while_the_old_key_is_a_fallback_nobody_notices(signed, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert signed.works() == [True, True, True]


def test_two_changes_in_a_row_keep_both_older_keys(signed, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = THIRD, [NEW, OLD]
    assert signed.works() == [True, True, True]


def test_once_the_old_key_is_gone_all_that_it_signed_is_worth_nothing(signed, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert signed.works() == [False, False, False]


def test_a_session_moves_to_the_new_key_and_outlives_the_old_one(signed, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    signed.client.get("/preferences/")
    settings.SECRET_KEY_FALLBACKS = []
    assert signed.works() == [True, False, False]
