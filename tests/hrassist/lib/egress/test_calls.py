"""Calls to a real server: what is sent, what is refused of what comes back, and sessions of packages."""

from __future__ import annotations

import socket
import ssl
import threading
import time

import pytest
import requests

from hrassist.lib import egress, egress_session
from tests.hrassist.lib.egress.outside import HOST, PUBLIC, Server


def ask(server: Server, path: str = "/", **options: object) -> egress.Answer:
    return egress.call("POST", f"https://{HOST}:{server.port}{path}", purpose="webhook", **options)  # type: ignore[arg-type]


def test_a_call_carries_the_name_and_is_on_record_by_its_host_alone(server, events, db):
    answer = ask(server, "/in?secret=1", body=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body, answer.headers["x-one"]) == (200, b"ok", "1")
    assert server.asked_for == [HOST]
    sent = server.requests[0]
    assert sent.startswith(b"POST /in?secret=1 HTTP/1.1\r\n")
    assert f"Host: {HOST}:{server.port}\r\n".encode() in sent
    assert sent.endswith(b"\r\n\r\n{}")
    (event,) = events("egress.called")
    assert event.changes == {"host": HOST, "what_for": "webhook"}
    assert "secret" not in str(vars(event))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_where_credentials_lie_is_not_followed(server, status, db):
    server.answer = lambda conn: conn.sendall(
        b"HTTP/1.1 %d Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n" % status
    )
    with pytest.raises(egress.EgressFailed, match="another address"):
        ask(server)
    assert len(server.requests) == 1


def _drip(conn: ssl.SSLSocket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        conn.sendall(b"a")
        time.sleep(0.05)


def _drip_body(conn: ssl.SSLSocket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        conn.sendall(b"a")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [_drip, _drip_body, lambda _conn: time.sleep(5)], ids=["head", "body", "silence"])
def test_whoever_drips_is_cut_off_after_the_time(server, answer, db):
    server.answer = answer
    began = time.monotonic()
    with pytest.raises(egress.EgressFailed, match="longer than"):
        ask(server, seconds=1)
    assert time.monotonic() - began < 2.5


def _huge(conn: ssl.SSLSocket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
    for _ in range(50):
        conn.sendall(b"a" * 100_000)


def _huge_chunks(conn: ssl.SSLSocket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        conn.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def _huge_head(conn: ssl.SSLSocket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(90):
        conn.sendall(b"X-%d: " % number + b"a" * 60_000 + b"\r\n")


@pytest.mark.parametrize("answer", [_huge, _huge_chunks, _huge_head])
def test_whoever_sends_too_much_is_cut_off(server, answer, db):
    server.answer = answer
    with pytest.raises(egress.EgressFailed, match="sent more"):
        ask(server)


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
)
def test_nonsense_is_a_failure(server, said, db):
    server.answer = lambda conn: conn.sendall(said)
    with pytest.raises(egress.EgressFailed):
        ask(server)


def test_a_certificate_of_nobody_we_trust_ends_the_call(server, settings, db):
    settings.EGRESS_CA_FILE = ""
    with pytest.raises(egress.EgressFailed, match="certificate"):
        ask(server)
    assert server.requests == []


def test_a_certificate_for_another_name_ends_the_call(server, settings, db):
    settings.EGRESS_INTERNAL_HOSTS = ["other.example.com"]
    with pytest.raises(egress.EgressFailed, match="certificate"):
        egress.call("GET", f"https://other.example.com:{server.port}/", purpose="webhook")


def test_proxies_of_the_environment_are_not_asked(server, monkeypatch, db):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ask(server).status == 200


def test_a_proxy_that_was_set_is_given_the_address_that_was_looked_at(server, settings, db):
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        conn, _ = listening.accept()
        asked.append(conn.recv(1000))
        conn.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        conn.close()

    threading.Thread(target=serve, daemon=True).start()
    settings.EGRESS_PROXY = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.raises(egress.EgressFailed, match="proxy refused"):
        ask(server)
    listening.close()
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1".encode())


def test_what_cannot_be_put_on_record_does_not_leave(server, monkeypatch, db):
    def refuse(_host: str, _purpose: str) -> None:
        raise RuntimeError("no record")

    monkeypatch.setattr(egress, "_observers", [refuse])
    with pytest.raises(RuntimeError):
        ask(server)
    assert server.requests == []


# --- Sessions of requests ---------------------------------------------------------------------------------------------


def guarded(hosts: list[str]) -> requests.Session:
    session = requests.Session()
    egress_session.guard(session, purpose="sign-in", hosts=hosts)
    return session


def test_a_session_of_a_library_goes_the_same_way(server, events, db):
    server.answer = lambda conn: conn.sendall(
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'
    )
    answer = guarded([HOST]).post(f"https://{HOST}:{server.port}/token", data={"code": "x"}, auth=("me", "secret"))
    assert answer.json() == {"a": 1}
    assert b"Authorization: Basic" in server.requests[0]
    assert server.requests[0].endswith(b"\r\n\r\ncode=x")
    assert events("egress.called")[0].changes == {"host": HOST, "what_for": "sign-in"}


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "https://evil.example/", "https://169.254.169.254/", "file:///x"]
)
def test_a_session_leads_nowhere_else(url, names, db):
    asked = names([PUBLIC])
    with pytest.raises(requests.RequestException):
        guarded([HOST]).get(url)
    assert asked == []
