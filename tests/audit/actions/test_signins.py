import pytest
from django.test import Client

from tests.factories import UserFactory

PASSWORD = "a-long-password-of-rosa"


@pytest.fixture
def rosa(db):
    user = UserFactory(username="rosa", role="Recruiter")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, *, username: str = "rosa", password: str = PASSWORD, **extra: str):
    return client.post("/login/", {"username": username, "password": password, "next": "/"}, **extra)


def test_signing_in_is_on_record_with_its_session_and_address(client, rosa, events):
    assert sign_in(client).status_code == 302
    (event,) = events("user.logged_in")
    assert (event.actor_type, event.actor_id, event.target_id) == ("user", str(rosa.pk), str(rosa.pk))
    assert (event.ip, event.method, len(event.session_hash)) == ("127.0.0.1", "POST", 64)
    assert client.session.session_key not in str(vars(event))


def test_signing_out_is_on_record(client, rosa, events):
    sign_in(client)
    client.post("/logout/")
    assert events("user.logged_out")[0].actor_id == str(rosa.pk)


def test_a_wrong_password_is_kept_with_the_account(client, rosa, events):
    assert sign_in(client, password="guess").status_code == 200
    (event,) = events("user.login_failed")
    assert (event.outcome, event.reason_code, event.target_id) == ("deny", "bad_password", str(rosa.pk))
    assert event.actor_type == "anonymous"


def test_an_account_that_is_switched_off_is_named_as_the_reason(client, rosa, events):
    rosa.is_active = False
    rosa.save()
    sign_in(client)
    assert events("user.login_failed")[0].reason_code == "inactive_user"


def test_a_name_nobody_has_is_not_kept_since_it_may_be_a_password(client, rosa, events):
    sign_in(client, username=PASSWORD, password="rosa")
    (event,) = events("user.login_failed")
    assert (event.reason_code, event.target_id) == ("unknown_user", "")
    assert PASSWORD not in str(vars(event))
