"""What a run of tailoring asks goes to the host that was named and nowhere else, whatever somebody tries."""

from __future__ import annotations

import socket
import threading

import pytest
from django.utils import timezone

from hrassist.lib import llm
from hrassist.lib.errors import DomainError
from jobs.actions import model_endpoints, tailorings
from jobs.models import ModelCall, ModelEndpoint
from jobs.tailoring import pipeline
from tests.hiring import ModelEndpointFactory
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.egress.outside import HOST, PUBLIC
from tests.jobs.tailoring import model_server
from tests.jobs.tailoring.scripted import ScriptedProvider

pytestmark = pytest.mark.django_db
METADATA = "169.254.169.254"


@pytest.fixture
def started(application, recruiter, noon):
    """A run by a language model at this address."""

    def start(base_url: str):
        row = ModelEndpointFactory(name="scripted", enabled=True, base_url=base_url)
        return tailorings.start(application=application, by=recruiter, now=noon, provider=row.name)

    return start


@pytest.fixture
def connected(monkeypatch):
    """Where sockets of the egress client were connected to, all of which fail."""
    tried: list[object] = []

    class Socket(socket.socket):
        def connect(self, address):
            tried.append(address)
            raise ConnectionRefusedError

    from hrassist.lib import egress

    monkeypatch.setattr(egress.socket, "socket", Socket)
    return tried


@pytest.mark.parametrize(
    "base_url",
    [
        f"https://{HOST}@evil.example/v1",
        f"https://user:secret@{HOST}/v1",
        f"https://evil.example#@{HOST}/v1",
        f"https://evil.example\\@{HOST}/v1",
        "https://evil.example/v1",
        f"https://{HOST}.evil.example/v1",
        "https://[::ffff:169.254.169.254]/v1",
        "https://[::ffff:a9fe:a9fe]/v1",
        "https://169.254.169.254/v1",
        "https://2852039166/v1",
        "https://0xa9fea9fe/v1",
        "https://0251.0376.0251.0376/v1",
        "https://localhost/v1",
        f"https://{HOST}:8443/v1",
        f"http://{HOST}/v1",
        "http://127.0.0.1:11434/v1",
        "file:///etc/passwd",
        f"https://{HOST}/v1\r\nX: y",
    ],
)
def test_an_address_that_is_not_the_named_host_is_neither_looked_up_nor_saved_nor_called(
    base_url, started, tailor, names, connected, operator  # noqa: F811
):  # fmt: skip
    asked = names([PUBLIC])
    facts = {"name": "A", "dialect": "openai", "base_url": base_url, "model": "m", "price_in": 0, "price_out": 0,
             "month_budget": 20, "month_tokens": 1000}  # fmt: skip
    with pytest.raises(DomainError):
        model_endpoints.save(endpoint=None, facts=facts, key="sk-secret", enabled=True, by=operator)
    # Also where somebody wrote it into the row past the form.
    run = started(base_url)
    run = tailor(run)
    assert (run.state, run.failed_for) == ("failed", "model_unreachable")
    assert "may not be called" in run.message
    assert (asked, connected) == ([], [])
    assert not ModelCall.objects.exists()


@pytest.mark.parametrize(
    "ip",
    [METADATA, "127.0.0.1", "10.0.0.5", f"::ffff:{METADATA}", "::ffff:127.0.0.1", "::1", "64:ff9b::a9fe:a9fe",
     "2002:a9fe:a9fe::1", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16"],
)  # fmt: skip
@pytest.mark.parametrize("beside", [[], [PUBLIC]], ids=["alone", "beside a good one"])
def test_a_named_host_that_leads_inside_is_not_called(ip, beside, started, tailor, names, connected):  # noqa: F811
    names([*beside, ip])
    run = started(f"https://{HOST}/v1")
    run = tailor(run)
    assert (run.failed_for, connected) == ("model_unreachable", [])


def test_a_name_that_leads_elsewhere_a_moment_later_is_looked_up_once(started, tailor, names, connected):  # noqa: F811
    asked = names([PUBLIC], [METADATA])
    run = started(f"https://{HOST}/v1")
    tailor(run)
    # The first call went to the address that was looked at; each later one is looked at anew, and refused.
    assert connected == [(PUBLIC, 443)]
    assert asked == [HOST, HOST]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_takes_no_key_along(status, started, tailor, server):  # noqa: F811
    where = f"Location: https://{METADATA}/latest/meta-data/"
    server.answer = model_server.refuses(status, where)
    run = started(f"https://{HOST}:{server.port}/v1")
    run = tailor(run)
    assert run.failed_for == "model_unreachable"
    assert {request.split(b" ")[1] for request in server.requests} == {b"/v1/chat/completions"}


def test_proxies_of_the_environment_are_never_asked(started, tailor, server, monkeypatch):  # noqa: F811
    came: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        came.append(connection.recv(1000))
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listening.getsockname()[1]}")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.setenv(name, "https://evil.example/v1")
    server.answer = model_server.refuses(401)
    run = started(f"https://{HOST}:{server.port}/v1")
    assert tailor(run).failed_for == "model_wrong_key"
    listening.close()
    assert (len(server.requests), came) == (1, [])


def test_a_model_that_is_switched_off_is_not_asked_by_runs_that_are_under_way(started, tailor):
    run = started("https://models.example.org/v1")

    def answers(_asked):
        ModelEndpoint.objects.update(enabled=False)

    provider = ScriptedProvider(analysis=answers)
    run = tailor(run, provider)
    assert (run.failed_for, [agent for agent, _ in provider.heard]) == ("model_unreachable", ["analysis"])
    assert "switched off" in run.message


def test_a_host_that_is_taken_off_the_list_is_not_asked_by_runs_that_are_under_way(
    started, server, settings  # noqa: F811
):  # fmt: skip
    def answer(connection) -> None:
        settings.EGRESS_HOSTS = settings.EGRESS_INTERNAL_HOSTS = []
        model_server.says('{"requirements": []}')(connection)

    server.answer = answer
    run = started(f"https://{HOST}:{server.port}/v1")
    pipeline.work(run.pk, pause=lambda _seconds: None)
    run.refresh_from_db()
    assert (run.failed_for, len(server.requests)) == ("model_unreachable", 1)
    assert llm.ModelUnreachable.default_message not in run.message
    assert run.ended_at <= timezone.now()
