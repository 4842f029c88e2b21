"""The shipped configuration of nginx, in a real nginx before a real gunicorn."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from hrassist.models import ApiToken
from tests.deploy.conftest import NAME, Proxy
from tests.deploy.monitoring import wait_for
from tests.factories import ResumeFactory, UserFactory, api_token
from tests.uploading import confirmed

pytestmark = [pytest.mark.deploy, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]
ME = "/api/v1/me"


@pytest.fixture
def token(db) -> str:
    return api_token(UserFactory(role="Recruiter"))


def test_requests_come_through_with_the_address_that_nginx_saw(proxy, token):
    """What a client writes into X-Forwarded-For neither opens nor closes anything."""
    ApiToken.objects.update(allowed_ips=["127.0.0.1"])
    allowed = proxy.ask(ME, Authorization=f"Bearer {token}", X_Forwarded_For="203.0.113.5")
    assert allowed.status == 200
    assert allowed.headers["X-Content-Type-Options"] == "nosniff"
    ApiToken.objects.update(allowed_ips=["203.0.113.5"])
    for forged in ("203.0.113.5", "203.0.113.5, 203.0.113.5", "203.0.113.5, 127.0.0.1"):
        assert proxy.ask(ME, Authorization=f"Bearer {token}", X_Forwarded_For=forged).status == 401
    assert proxy.ask(ME, Authorization=f"Bearer {token}", X_Real_IP="203.0.113.5").status == 401


def test_another_name_gets_no_answer(proxy):
    with pytest.raises(ssl.SSLError):
        proxy.connect(name="evil.example")
    with pytest.raises(ssl.SSLError):
        proxy.connect(name=None)
    # The right name in TLS and another in the request: the application is not asked.
    got = proxy.raw(b"GET /api/v1/me HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert re.match(rb"HTTP/1.1 4\d\d", got)
    assert b"problem+json" not in got


def test_without_tls_one_is_led_to_the_one_name(proxy):
    with socket.create_connection(("127.0.0.1", proxy.plain), timeout=10) as plain:
        plain.sendall(b"GET /login/?next=/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        got = plain.recv(4096)
    assert got.startswith(b"HTTP/1.1 301")
    assert b"Location: https://hr.example.com/login/?next=/\r\n" in got
    assert b"evil" not in got


def test_old_tls_is_refused(proxy):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)), socket.create_connection(("127.0.0.1", proxy.tls)) as plain:
        context.wrap_socket(plain, server_hostname=NAME)


def test_guessing_passwords_is_slowed_down_before_the_application(unforgiving):
    def guess(_number: int) -> int:
        return int(unforgiving.ask("/login/", method="PUT").status)

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(guess, range(60)))
    # One and a burst of 20; PUT is refused by the application with 405.
    assert found == {405: 21, 429: 39}
    refused = unforgiving.ask("/login/", method="PUT")
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "10"
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Strict-Transport-Security"):
        assert refused.headers[name]
    assert "no-store" in refused.headers["Cache-Control"]


def test_a_flood_does_not_reach_the_application(unforgiving, token):
    def ask(_number: int) -> int:
        return int(unforgiving.ask(ME, Authorization=f"Bearer {token}").status)

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(ask, range(200)))
    # One and a burst of 120, of which one was the question whether it is there.
    assert found == {200: 120, 429: 80}


def test_the_public_pages_are_slowed_down_apart(unforgiving):
    def ask(_number: int) -> int:
        return int(unforgiving.ask("/careers/", method="PUT").status)

    with ThreadPoolExecutor(20) as pool:
        found = Counter(pool.map(ask, range(80)))
    assert found == {405: 61, 429: 19}


def test_files_of_the_first_page_of_a_whole_office_are_no_flood(proxy):
    def ask(_number: int) -> int:
        return int(proxy.ask("/static/hrassist/none.css").status)

    with ThreadPoolExecutor(30) as pool:
        found = Counter(pool.map(ask, range(300)))
    # None of them is there, and none of them was refused.
    assert 429 not in found


@contextmanager
def listening(proxy: Proxy, cookie: str) -> Iterator[Callable[[bytes], bytes]]:
    """A stream that stays open; what it gives is read until the wanted bytes are in it."""
    with proxy.connect() as connection:
        lines = (f"Host: {NAME}", "Accept: text/event-stream", f"Cookie: {cookie}")
        connection.sendall("\r\n".join(("GET /streams/uploads HTTP/1.1", *lines, "", "")).encode())
        got = b""

        def until(wanted: bytes) -> bytes:
            nonlocal got
            while wanted not in got:
                piece = connection.recv(65536)
                assert piece, f"the answer ended: {got!r}"
                got += piece
            return got

        yield until


def test_events_arrive_while_the_answer_goes_on_and_those_who_listen_take_no_place_of_others(
    for_three_streams, client_as, token, settings
):
    recruiter = UserFactory(role="Recruiter")
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={client_as(recruiter).cookies[name].value}"

    def asked() -> int:
        return int(for_three_streams.ask("/streams/uploads", Cookie=cookie, Connection="close").status)

    # Without a cookie it is refused by the application, once it is there.
    wait_for(lambda: for_three_streams.ask("/streams/uploads").status == 403, seconds=60, why="no stream process")
    with listening(for_three_streams, cookie) as first, listening(for_three_streams, cookie) as second:
        head = first(b"retry: 2000")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"event: upload" not in head
        second(b"retry: 2000")
        ticket = confirmed(b"Ada Lovelace, countess", by=recruiter, now=timezone.now())
        for one in (first, second):
            assert str(ticket.pk).encode() in one(b"event: upload")
        with listening(for_three_streams, cookie) as third:
            third(b"retry: 2000")
            assert asked() == 429
            # They are counted apart: other pages are answered.
            assert for_three_streams.ask(ME, Authorization=f"Bearer {token}").status == 200
            with ThreadPoolExecutor(30) as pool:
                found = Counter(pool.map(lambda _: for_three_streams.ask("/static/none.css").status, range(60)))
            assert 429 not in found
    # Whoever leaves makes room.
    with listening(for_three_streams, cookie) as again:
        assert str(ticket.pk).encode() in again(b"event: upload")


def test_bytes_of_files_leave_by_nginx_with_the_headers_of_the_application(proxy, token):
    content = b"%PDF-1.7 " + bytes(range(256)) * 40
    resume = ResumeFactory(content=content)
    answer = proxy.ask(f"/api/v1/resumes/{resume.pk}/file", Authorization=f"Bearer {token}", Range="bytes=0-3")
    assert answer.status == 200
    assert answer.body == content
    headers = answer.headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "X-Accel-Redirect" not in headers
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event WHERE action = 'resume.downloaded'")
        assert cursor.fetchone()[0] == 1


def test_nobody_asks_for_the_files_themselves(proxy):
    resume = ResumeFactory(content=b"%PDF-1.7 secret")
    for start in ("/internal-files/", "/internal-files/../internal-files/", "/%69nternal-files/", "//internal-files/"):
        answer = proxy.ask(start + resume.key)
        assert answer.status in {302, 400, 404}, start
        assert b"secret" not in answer.body


GET = b"GET /api/v1/me HTTP/1.1\r\nHost: hr.example.com\r\n\r\n"
SMUGGLED = {
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET,
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(GET) + GET,
    "a list of lengths": b"Content-Length: 0, %d\r\n\r\n" % len(GET) + GET,
    "a signed length": b"Content-Length: +%d\r\n\r\n" % len(GET) + GET,
    "a hexadecimal length": b"Content-Length: 0x10\r\n\r\n" + GET,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + GET,
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + GET,
    "a coding with a tab": b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + GET,
    "a blank before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + GET,
    "a folded header": b"X-A: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(GET) + GET,
    "a wrong chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GET,
    "a null byte": b"X-A: \x00\r\nContent-Length: 0\r\n\r\n" + GET,
    "two hosts": b"Host: evil.example\r\nContent-Length: 0\r\n\r\n",
}


def test_a_request_that_can_be_read_in_two_ways_is_one_or_none(proxy):
    """Never a second answer: the bytes behind it are its body, or the connection ends."""
    head = b"POST /api/v1/nowhere HTTP/1.1\r\nHost: hr.example.com\r\nContent-Type: application/json\r\n"
    for name, rest in SMUGGLED.items():
        got = proxy.raw(head + rest)
        assert len(re.findall(rb"HTTP/1\.1 (\d\d\d)", got)) <= 1, (name, got)
    assert '"/api/v1/me"' not in proxy.log()
    # The same bytes as two requests of their own are two answers: what was looked for would have been found.
    assert len(re.findall(rb"HTTP/1\.1 (\d\d\d)", proxy.raw(GET + GET))) == 2


def test_too_large_too_long_and_too_slow_are_cut_off(proxy):
    assert proxy.ask("/apply/x/", method="POST", body=b"x" * (2 * 2**20)).status == 413
    assert proxy.ask("/api/v1/me?" + "x" * 20_000).status == 414
    began = time.monotonic()
    with proxy.connect() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert slow.recv(10) == b"" or slow.recv(4096)
    assert time.monotonic() - began < 10


def test_neither_log_nor_answer_tells_what_it_must_not(proxy, token):
    proxy.ask("/apply/status/a-secret-of-the-applicant/?q=Mara", Authorization=f"Bearer {token}")
    proxy.ask("/storage/incoming/a-secret-ticket", method="PUT", body=b"x")
    answer = proxy.ask("/nowhere?token=a-secret")
    assert answer.headers["Server"] in {"nginx", "gunicorn"}
    time.sleep(0.2)
    assert "secret" not in proxy.log()
    assert "Mara" not in proxy.log()
    assert token not in proxy.log()
    assert '"path":"/apply/status/-"' in proxy.log()
