import pytest
from django.test import RequestFactory

from hrassist.lib import origin


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "1.2.3.4:5678", "1.2.3.4"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "not an address", None),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(rf: RequestFactory, settings, proxies, forwarded, found):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert origin.client_ip(request) == found


def test_a_unix_socket_has_no_address(rf: RequestFactory):
    assert origin.client_ip(rf.get("/", REMOTE_ADDR="")) is None


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["migrate", "--plan"], "migrate --plan"),
        (["x", "--password", "hunter2", "-v", "2"], "x --password *** -v 2"),
        (["x", "--api-key=hunter2"], "x --api-key=***"),
        (["x", "SECRET_KEY=hunter2"], "x SECRET_KEY=***"),
        (["restore", "postgresql://me:hunter2@db/x"], "restore postgresql://***@db/x"),
    ],
)
def test_secrets_on_a_command_line_are_not_kept(argv, shown):
    assert origin.masked(argv) == shown


def test_a_command_is_an_actor_with_its_system_user(monkeypatch):
    monkeypatch.setattr(origin, "_process", origin.of_process())
    monkeypatch.setenv("LOGNAME", "deploy")
    found = origin.begin_process(["manage.py", "add_user", "ada"])
    assert (found.actor_type, found.actor_id, found.actor_display) == ("command", "deploy", "add_user ada")
    assert origin.current() == found


@pytest.mark.parametrize("name", ["procrastinate", "runserver"])
def test_a_process_that_serves_others_is_a_service(monkeypatch, name):
    monkeypatch.setattr(origin, "_process", origin.of_process())
    assert origin.begin_process(["manage.py", name]).actor_type == "service"


def test_inside_a_request_the_request_is_the_origin(rf: RequestFactory):
    with origin.within(origin.RequestOrigin(rf.get("/"))) as here:
        assert origin.current().request_id == here.request_id
    assert origin.of_request() is None


@pytest.mark.parametrize(
    ("session", "found"),
    [
        ({}, "session"),
        ({"auth_method": "password+totp"}, "password+totp"),
        ({"auth_method": "x" * 50}, "x" * 40),
    ],
)
def test_how_somebody_signed_in_is_what_the_session_says(rf: RequestFactory, django_user_model, session, found):
    request = rf.get("/")
    request.user, request.session = django_user_model(pk=7, username="ada"), session
    assert origin.RequestOrigin(request)().auth_method == found


def test_nobody_signed_in_by_no_method(rf: RequestFactory):
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user, request.session = AnonymousUser(), {"auth_method": "password+totp"}
    assert origin.RequestOrigin(request)().auth_method == ""


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("proxies", "header", "found"),
    [(1, TRACE, TRACE[3:35]), (0, TRACE, ""), (1, "00-short-00-01", ""), (1, TRACE.replace("4bf9", "4bg9"), "")],
)
def test_a_trace_is_taken_from_a_trusted_proxy_alone(rf: RequestFactory, settings, proxies, header, found):
    settings.TRUSTED_PROXIES = proxies
    assert origin.trace_id_of(rf.get("/", HTTP_TRACEPARENT=header)) == found


@pytest.mark.parametrize(("proxies", "forwarded", "trusted"), [(0, "", True), (1, "1.2.3.4", True), (1, "", False)])
def test_who_came_in_behind_the_proxies_is_not_trusted(rf: RequestFactory, settings, proxies, forwarded, trusted):
    settings.TRUSTED_PROXIES = proxies
    assert origin.chain_is_trusted(rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)) is trusted
