"""nginx before several hosts: what is asked again of the next one and how, by stand-ins that count."""

from __future__ import annotations

import os
import re
import runpy
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import AROUND, CONFIGURATION, NGINX, Proxy, free_port
from tests.deploy.hosts import write_proxy
from tests.deploy.monitoring import wait_for
from tests.deploy.tools import needs
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
ADDRESSES = ("127.0.0.2", "127.0.0.3")
TWICE_IS_NOT_ONCE = ("POST", "PATCH")


def _on_one_port() -> dict[str, socket.socket]:
    """A socket at each address, of the same port: what is free at the first may be taken at the next."""
    for _ in range(50):
        first = socket.create_server((ADDRESSES[0], 0))
        try:
            return {
                ADDRESSES[0]: first,
                ADDRESSES[1]: socket.create_server((ADDRESSES[1], first.getsockname()[1])),
            }
        except OSError:
            first.close()
    raise AssertionError("No port is free at both addresses.")


class Hosts:
    """Two hosts of one port; each request is kept with its host and its number on its connection, and its headers."""

    def __init__(self) -> None:
        self.listening = _on_one_port()
        self.port: int = self.listening[ADDRESSES[0]].getsockname()[1]
        self.asked: list[tuple[str, str, int]] = []
        self.headers: list[dict[bytes, bytes]] = []
        # What becomes of the next requests, whoever gets them: an answer of this status after a while, or none at all.
        self.status = 200
        self.after = 0.0
        self.dies = 0
        # Whether a connection that was kept is closed at its second request, as by a process that is ending.
        self.keeps = True
        for one in self.listening.items():
            threading.Thread(target=self._accept, args=one, daemon=True).start()

    def end(self, address: str) -> None:
        """The processes of this host are gone: who connects is refused."""
        self.listening[address].shutdown(socket.SHUT_RDWR)
        self.listening[address].close()

    def close(self) -> None:
        for one in self.listening.values():
            one.close()

    def _accept(self, address: str, listening: socket.socket) -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(address, one), daemon=True).start()

    def _answer(self, address: str, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as said:
            number = 0
            while line := said.readline():
                number += 1
                headers = dict(one.split(b": ") for one in iter(lambda: said.readline().strip(), b""))
                said.read(int(headers.get(b"Content-Length", 0)))
                if number > 1 and not self.keeps:
                    return
                self.asked.append((address, line.split()[0].decode(), number))
                self.headers.append(headers)
                if self.dies:
                    self.dies -= 1
                    return
                time.sleep(self.after)
                connection.sendall(b"HTTP/1.1 %d So\r\nContent-Length: 2\r\n\r\nok" % self.status)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    one = Hosts()
    yield one
    one.close()


@pytest.fixture
def proxy(hosts: Hosts, tmp_path: Path) -> Iterator[Proxy]:
    needs("nginx")
    one = Proxy(tmp_path / "nginx", tls=free_port(), plain=free_port())
    write_proxy(one.folder, *ADDRESSES)
    path = one.folder / "hrassist.conf"
    text = path.read_text()
    for old, new in {
        ":8000 ": f":{hosts.port} ",
        "listen 443 ssl": f"listen 127.0.0.1:{one.tls} ssl",
        "listen 80 ": f"listen 127.0.0.1:{one.plain} ",
        "proxy_read_timeout 35s": "proxy_read_timeout 2s",
    }.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (one.folder / "nginx.conf").write_text(AROUND.format(folder=one.folder, user=user))
    process = subprocess.Popen([str(NGINX), "-c", one.folder / "nginx.conf", "-p", one.folder])
    try:
        wait_for(lambda: one.raw(b"GET / HTTP/1.1\r\n\r\n"), seconds=20, why="nginx does not answer")
        yield one
    finally:
        process.terminate()
        process.wait(20)


def asks(proxy: Proxy, method: str, times: int = 1) -> list[int]:
    body = b"{}" if method in {*TWICE_IS_NOT_ONCE, "PUT"} else b""
    return [proxy.ask("/", method=method, body=body).status for _ in range(times)]


def marks(hosts: Hosts) -> list[bytes | None]:
    return [one.get(b"X-Sent-Again") for one in hosts.headers]


@pytest.mark.parametrize("method", TWICE_IS_NOT_ONCE)
def test_what_a_host_may_have_written_comes_to_the_next_one_marked_and_under_the_same_name(proxy, hosts, method):
    hosts.dies = 1
    assert asks(proxy, method) == [200]
    assert [asked for _, asked, _ in hosts.asked] == [method] * 2
    assert {address for address, _, _ in hosts.asked} == set(ADDRESSES)
    assert marks(hosts) == [None, b"1"]
    assert len({one[b"X-Request-ID"] for one in hosts.headers}) == 1
    assert {one[b"Content-Length"] for one in hosts.headers} == {b"2"}


def test_what_two_hosts_died_of_is_sent_to_nobody_else(proxy, hosts):
    hosts.dies = 2
    answer = proxy.ask("/", method="POST", body=b"{}")
    assert answer.status == 502
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Retry-After"] == "10"
    assert len(hosts.asked) == 2


def test_nobody_marks_a_request_but_the_proxy(proxy, hosts):
    assert proxy.ask("/", method="POST", body=b"{}", X_Sent_Again="1").status == 200
    assert marks(hosts) == [None]


@pytest.mark.parametrize("method", TWICE_IS_NOT_ONCE)
def test_what_only_takes_long_is_sent_to_no_other(proxy, hosts, method):
    """The host lives and goes on with it."""
    hosts.after = 4.0
    assert asks(proxy, method) == [504]
    assert len(hosts.asked) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_what_may_happen_twice_is_asked_of_the_next_host(proxy, hosts, method):
    hosts.dies = 1
    assert asks(proxy, method) == [200]
    assert {address for address, _, _ in hosts.asked} == set(ADDRESSES)


def test_a_file_under_way_comes_to_the_next_one_whole(proxy, hosts):
    hosts.dies = 1
    assert proxy.ask("/storage/incoming/x", method="PUT", body=b"x" * 300_000).status == 200
    assert {address for address, _, _ in hosts.asked} == set(ADDRESSES)
    assert {one[b"Content-Length"] for one in hosts.headers} == {b"300000"}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", *TWICE_IS_NOT_ONCE])
def test_a_host_that_takes_no_connection_is_missed_by_nobody(proxy, hosts, method, address):
    hosts.end(address)
    assert asks(proxy, method, times=4) == [200] * 4
    assert len(hosts.asked) == 4


@pytest.mark.parametrize("method", TWICE_IS_NOT_ONCE)
def test_a_write_goes_over_no_connection_that_was_kept(proxy, hosts, method):
    """One that was kept may be dead without anybody having been told, and a write cannot be sent again over another."""
    assert asks(proxy, "GET", times=6) == [200] * 6
    assert max(number for _, _, number in hosts.asked) > 1
    hosts.keeps = False
    assert asks(proxy, method, times=4) == [200] * 4
    assert {number for _, asked, number in hosts.asked if asked == method} == {1}


def test_a_kept_connection_is_given_up_before_the_application_closes_it():
    """Or a request would meet its end, and the host would count as dead for ten seconds."""
    kept = re.search(r"keepalive_timeout (\d+)s;\n}", CONFIGURATION.read_text())
    assert kept is not None
    assert int(kept[1]) < runpy.run_path(str(ROOT / "config/gunicorn.conf.py"))["keepalive"]


@pytest.mark.parametrize("status", [502, 503])
def test_an_answer_of_the_application_is_no_sign_of_a_dead_host(proxy, hosts, status):
    """A file that was altered, or a store that is away, would be the same on the next one: both would be left alone."""
    hosts.status = status
    assert asks(proxy, "GET", times=4) == [status] * 4
    assert len(hosts.asked) == 4
    hosts.status = 200
    assert asks(proxy, "GET", times=4) == [200] * 4


def test_every_way_to_the_application_parts_reading_from_writing(proxy):
    text = (proxy.folder / "hrassist.conf").read_text()
    ways = Counter(re.findall(r"proxy_pass http://([^;]+);", text))
    # Static files and the two addresses of this machine are only read.
    assert ways == {"$web_for_method": 3, "hrassist_web": 2, "hrassist_web_once": 2, "hrassist_stream": 1}
