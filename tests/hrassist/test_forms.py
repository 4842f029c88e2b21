from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import Client

from audit.models import Event
from tests.factories import UserFactory
from tests.hrassist.lib.test_throttle import wind_back

PASSWORD = "a-long-password-of-rosa"


@pytest.fixture
def rosa(db):
    user = UserFactory(username="rosa", role="Recruiter")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(password: str, *, username: str = "rosa", ip: str = "203.0.113.5"):
    return Client(REMOTE_ADDR=ip).post("/login/", {"username": username, "password": password, "next": "/"})


def test_the_sixth_guess_in_a_row_is_not_even_looked_at(rosa, events):
    for _ in range(5):
        assert b"Too many" not in sign_in("guess").content
    answer = sign_in(PASSWORD)
    assert answer.status_code == 200
    assert b"Too many sign-in attempts. Please wait 30 seconds" in answer.content
    (event,) = events("user.login_throttled")
    assert (event.outcome, event.reason_code, event.ip) == ("deny", "account_at_address", "203.0.113.5")
    assert len(events("user.login_failed")) == 5


def test_after_the_wait_the_right_password_works(rosa):
    for _ in range(6):
        sign_in("guess")
    wind_back(30)
    assert sign_in(PASSWORD).status_code == 302


def test_the_right_password_forgives_earlier_slips(rosa):
    for _ in range(3):
        for _ in range(4):
            sign_in("guess")
        assert sign_in(PASSWORD).status_code == 302


def test_somebody_who_guesses_elsewhere_does_not_keep_the_owner_out(rosa):
    for _ in range(10):
        sign_in("guess", ip="198.51.100.9")
    assert sign_in(PASSWORD).status_code == 302


def test_guessing_at_one_account_from_many_addresses_is_slowed_down(rosa, events):
    for number in range(35):
        sign_in("guess", ip=f"198.51.100.{number}")
    assert {event.reason_code for event in events("user.login_throttled")} == {"account"}
    assert len(events("user.login_failed")) == 30


def test_guessing_at_many_accounts_from_one_address_is_slowed_down(rosa, events):
    for number in range(55):
        sign_in("guess", username=f"user{number}")
    assert {event.reason_code for event in events("user.login_throttled")} == {"address"}
    assert len(events("user.login_failed")) == 50


def test_writing_the_name_differently_gives_no_further_guesses(rosa, events):
    for name in ["rosa", "Rosa", "ROSA", " rosa", "rosa ", "rOsA"]:
        sign_in("guess", username=name)
    assert len(events("user.login_throttled")) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_guesses_at_the_same_moment_do_not_slip_through_together(separate_audit_connection, rosa):
    def guess(_number: int) -> None:
        try:
            sign_in("guess")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(12)))
    assert Event.objects.filter(action="user.login_failed").count() == 5
    assert connection.alias == "default"
