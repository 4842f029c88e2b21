"""Calls without TLS: only by who asks for them, to host and port that an operator named, inside the own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from hrassist import checks
from hrassist.lib import egress, egress_stream, llm
from tests.hrassist.lib.egress.outside import PUBLIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def ollama(settings) -> Iterator[int]:
    """A plain server on this machine that an operator named; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings.EGRESS_PLAIN_HOSTS = [f"127.0.0.1:{port}", f"ollama:{port}"]

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")

        heard: list[bytes] = []
        threading.Thread(target=serve, daemon=True).start()
        yield port


def ask(url: str) -> bytes:
    with egress_stream.stream(
        "POST", url, purpose="language model", waits=lambda: None, plain=True, body=b"{}"
    ) as answer:  # fmt: skip
        return b"".join(answer.lines)


def test_a_model_of_this_machine_is_called_where_an_operator_named_it(ollama):
    assert ask(f"http://127.0.0.1:{ollama}/v1/chat/completions") == b"one"


def test_a_name_of_the_own_network_needs_no_domain(ollama, names):
    names(["127.0.0.1"])
    assert ask(f"http://ollama:{ollama}/v1") == b"one"


def test_it_is_called_past_the_proxy_of_the_border(ollama, settings):
    settings.EGRESS_PROXY = "http://127.0.0.1:9"
    assert ask(f"http://127.0.0.1:{ollama}/v1") == b"one"


def test_nobody_else_gets_there_without_tls(ollama):
    with pytest.raises(egress.EgressRefused, match="https"):
        egress.call("GET", f"http://127.0.0.1:{ollama}/", purpose="webhook")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:22/", "http://127.0.0.2:{port}/", "http://localhost:{port}/",
        "http://user@127.0.0.1:{port}/", "http://evil.example@127.0.0.1:{port}/", "http://2130706433:{port}/",
        "http://169.254.169.254/latest/meta-data/", "http://[::1]:{port}/", "https://127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/", "http://127.0.0.1:{port}@evil.example/", "http://ollama:{port}.evil.example/",
    ],
)  # fmt: skip
def test_what_was_not_named_is_refused(ollama, url):
    with pytest.raises(egress.EgressRefused):
        egress.checked(url.format(port=ollama), plain=True)


@pytest.mark.parametrize(
    "ip", [PUBLIC, "169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "192.0.0.192",
           "0.1.2.3", "::ffff:127.0.0.1", "224.0.0.1"],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_own_network_is_refused(ollama, names, ip):
    names([ip])
    with pytest.raises(egress.EgressRefused, match="outside your network"):
        ask(f"http://ollama:{ollama}/v1")


def test_one_bad_address_among_good_ones_is_enough(ollama, names):
    names(["10.0.0.1", PUBLIC])
    with pytest.raises(egress.EgressRefused, match="outside your network"):
        ask(f"http://ollama:{ollama}/v1")


def test_a_model_without_tls_that_was_not_named_says_what_to_do(settings):
    settings.EGRESS_PLAIN_HOSTS = []
    model = llm.Endpoint(name="m", dialect="ollama", base_url="http://127.0.0.1:11434/v1", model="m", key="")
    with pytest.raises(llm.ModelUnreachable, match="HRASSIST_EGRESS_PLAIN_HOSTS") as refused:
        list(model.stream([llm.Message("system", "")], schema={}, max_tokens=5, deadline=llm.Deadline.in_seconds(2),
                          waits=lambda: None))  # fmt: skip
    assert not refused.value.again


@pytest.mark.parametrize(
    ("said", "sound"),
    [
        (["127.0.0.1:11434", "ollama:11434", "llm.corp.example:80"], True),
        (["127.0.0.1"], False),
        (["ollama:"], False),
        (["http://ollama:11434"], False),
        (["169.254.169.254:80"], False),
        (["8.8.8.8:80"], False),
        ([".corp.example:80"], False),
        (["*:11434"], False),
    ],
)
def test_a_setting_that_would_never_work_is_told_at_the_start(settings, said, sound):
    settings.EGRESS_PLAIN_HOSTS = said
    assert [one.id for one in checks.check_plain_hosts()] == ([] if sound else ["hrassist.E013"])
