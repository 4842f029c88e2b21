"""From the password to the first page: a second factor is set up, proven, and cannot be walked around."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import AsyncClient, Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from hrassist.identity import factors
from hrassist.models import Session
from tests.candidates.api.test_upload_stream import run
from tests.hrassist.identity.conftest import PASSWORD, code_at, codes_shown, secret_shown
from tests.hrassist.lib.test_throttle import wind_back
from tests.test_permissions import routes
from tests.world import World

pytestmark = pytest.mark.django_db
# What anybody may ask for without signing in, or what belongs to signing in itself.
OPEN = (
    "livez",
    "readyz",
    "careers/",
    "apply/",
    "login/",
    "logout/",
    "account/",
    "storage/",
    "mail/",
    "sso/",
    "password/",
    "policy-reports",
    "my/",
)
BETWEEN = ("/account/verify/", "/account/enrol/", "/login/")


def test_with_the_password_alone_one_comes_to_the_enrolment_and_from_there_to_the_first_page(
    rosa, required, with_password, events
):
    client = with_password()
    assert client.get("/", follow=True).redirect_chain[-1][0].startswith("/account/enrol/")
    secret = secret_shown(client.get("/account/enrol/?next=/jobs/job/").content)
    answer = client.post("/account/enrol/", {"code": code_at(secret), "next": "/jobs/job/"}, follow=True)
    codes = codes_shown(answer.content)
    assert len(set(codes)) == 10
    assert "account/codes" in answer.request["PATH_INFO"]
    assert client.post("/account/codes/", {"next": "/jobs/job/"}).url == "/jobs/job/"
    assert client.get("/jobs/job/").status_code == 200
    assert client.get("/account/codes/").status_code == 302, "the codes were shown once"
    assert [event.changes["kind"] for event in events("user.factor_added")] == ["totp"]
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_with_a_factor_the_next_sign_in_asks_for_it_and_goes_on_to_the_page_that_was_wanted(
    rosa, required, secret, with_password, events
):
    client = Client()
    answer = client.post("/login/", {"username": "rosa", "password": PASSWORD, "next": "/jobs/job/"})
    assert answer.url == "/account/verify/?next=%2Fjobs%2Fjob%2F"
    assert b"not right" in client.post("/account/verify/", {"code": "000000"}).content
    answer = client.post("/account/verify/", {"code": code_at(secret), "next": "/jobs/job/"})
    assert answer.url == "/jobs/job/"
    assert client.get("/jobs/job/").status_code == 200
    assert [event.changes["method"] for event in events("user.factor_proven")] == ["totp"]
    assert len(events("user.factor_failed")) == 1


def test_who_has_a_factor_is_asked_for_it_where_none_is_required_too(rosa, secret, with_password):
    client = with_password()
    assert client.get("/jobs/job/").status_code == 302
    client.post("/account/verify/", {"code": code_at(secret)})
    assert client.get("/jobs/job/").status_code == 200


def test_without_requirement_and_without_a_factor_the_password_is_enough(rosa, with_password):
    assert with_password().get("/jobs/job/").status_code == 200


def half_signed_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_no_address_shows_anything_before_the_second_factor(rosa, required):
    """Every page, file and stream of the site, asked for by somebody whose password was right."""
    rosa.is_superuser = True
    rosa.save()
    client, world, asked = half_signed_in(rosa), World(rosa, "own"), 0
    for route, methods in routes():
        if route.startswith((*OPEN, "api/")):
            continue
        for method in methods:
            answer = client.generic(method, f"/{world.path(route)}")
            assert answer.status_code in {302, 403, 404, 405}, (route, method, answer.status_code)
            if answer.status_code == 302:
                assert answer.url.startswith(BETWEEN), (route, method, answer.url)
                asked += 1
            elif answer.status_code == 404:
                assert rosa.username.encode() not in answer.content, route
    assert asked > 200
    assert client.get("/jobs/job/", follow=True).redirect_chain[-1][0].startswith("/account/enrol/")


def test_no_address_of_the_api_takes_a_session_before_the_second_factor(rosa, required):
    client, world, asked = APIClient(), World(rosa, "own"), 0
    client.force_login(rosa)
    for route, methods in routes():
        if not route.startswith("api/") or route.startswith(("api/schema", "api/docs")):
            continue
        for method in methods:
            answer = client.generic(method, f"/{world.path(route)}")
            assert answer.status_code in {401, 404, 405}, (route, method, answer.status_code)
            asked += answer.status_code == 401
    assert asked > 20


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_the_stream_process_takes_no_session_before_the_second_factor(rosa, required):
    with override_settings(ROOT_URLCONF="hrassist.stream_urls"):
        asks = AsyncClient()
        asks.cookies = half_signed_in(rosa).cookies
        assert run(asks.get("/streams/uploads")).status_code == 403


def test_one_cannot_add_a_first_factor_to_an_account_that_has_one(rosa, required, secret, with_password):
    client = with_password()
    assert client.get("/account/enrol/").url.startswith("/account/verify/")
    assert client.post("/account/enrol/", {"code": "123456"}).url.startswith("/account/verify/")
    assert client.get("/account/factors/add/").status_code == 302
    assert Authenticator.objects.filter(user=rosa, type="totp").count() == 1


def test_a_code_works_once_however_many_processes_ask(rosa, secret, with_password):
    code = code_at(secret)
    assert with_password().post("/account/verify/", {"code": code}).status_code == 302
    assert b"used already" in with_password().post("/account/verify/", {"code": code}).content


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(rosa, steps, right):
    secret, now = factors.new_secret(), timezone.now()
    factors.enrol_app(user=rosa, secret=secret, code=code_at(secret, steps=-1), by=rosa, now=now)
    Authenticator.objects.filter(user=rosa).update(data={"secret": Authenticator.objects.get(user=rosa).data["secret"]})
    if right:
        assert factors.check_code(user=rosa, code=code_at(secret, steps=steps), now=now) == "totp"
    else:
        with pytest.raises(factors.WrongCode):
            factors.check_code(user=rosa, code=code_at(secret, steps=steps), now=now)


def test_a_recovery_code_opens_once_and_its_owner_is_told(rosa, required, secret, with_password, deferred_tasks):
    first, second, *_ = factors.make_codes(user=rosa, by=rosa, now=timezone.now())
    assert with_password().post("/account/verify/", {"code": first.upper().replace("-", " ")}).status_code == 302
    assert b"not right" in with_password().post("/account/verify/", {"code": first}).content
    assert factors.codes_left(rosa) == 9
    assert {"what": "code_used", "user_id": str(rosa.pk), "by": ""} in deferred_tasks("mail_security_notice")
    factors.make_codes(user=rosa, by=rosa, now=timezone.now())
    assert b"not right" in with_password().post("/account/verify/", {"code": second}).content


def test_guesses_at_the_second_factor_are_slowed_down_and_nobody_is_locked_out(rosa, secret, with_password, events):
    client = with_password()
    for number in range(5):
        client.post("/account/verify/", {"code": f"{number:06}"})
    assert b"Too many tries" in client.post("/account/verify/", {"code": code_at(secret)}).content
    assert [event.reason_code for event in events("user.factor_throttled")] == ["factor"]
    wind_back(30)
    assert client.post("/account/verify/", {"code": code_at(secret)}).status_code == 302


def test_the_session_has_a_new_key_after_each_factor(rosa, required, secret):
    client = Client()
    client.get("/login/")
    client.post("/login/", {"username": "rosa", "password": PASSWORD})
    half = client.cookies["sessionid"].value
    client.post("/account/verify/", {"code": code_at(secret)})
    whole = client.cookies["sessionid"].value
    assert half != whole
    stale = Client()
    stale.cookies["sessionid"] = half
    assert stale.get("/jobs/job/").status_code == 302
    assert Session.objects.get().method == "totp"


def test_giving_up_halfway_ends_the_session(rosa, required, secret, with_password):
    client = with_password()
    assert client.post("/account/leave/").url == "/login/"
    assert not Session.objects.filter(user=rosa).exists()
    assert client.get("/account/verify/").url.startswith("/login/")


def test_the_way_on_leads_to_no_other_site(rosa, required, secret, with_password):
    client = with_password()
    answer = client.post("/account/verify/", {"code": code_at(secret), "next": "https://evil.example/"})
    assert answer.url == "/"
