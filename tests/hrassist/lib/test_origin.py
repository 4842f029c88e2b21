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
