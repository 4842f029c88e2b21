"""What leaves goes where it was said to, and nowhere else."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hrassist.lib import egress, egress_session, tally
from hrassist.models import Tally

PUBLIC = "93.184.216.34"
HOST = "hooks.example.com"

HOSTILE = [
    # other schemes
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "javascript:alert(1)",
    "//hooks.example.com/",
    "hooks.example.com",
    "https:hooks.example.com",
    "https:/hooks.example.com",
    "HTTPS:\\\\hooks.example.com",
    "",
    # addresses in every spelling
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1%25eth0]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://93.184.216.34/",
    "https://1.1.1.1.1/",
    "https://hooks.example.0x7f/",
    "https://hooks.example.127/",
    # who is meant
    "https://hooks.example.com@127.0.0.1/",
    "https://user:pw@hooks.example.com/",
    "https://hooks.example.com:443@evil.example/",
    "https://@hooks.example.com/",
    "https://hooks.example.com%40evil.example/",
    "https://evil.example#@hooks.example.com/",
    "https://evil.example?@hooks.example.com",
    "https://evil.example\\@hooks.example.com/",
    "https://hooks.example.com\\.evil.example/",
    # names that are another's, or none
    "https://localhost/",
    "https://metadata/",
    "https://hooks.example.com./",
    "https://hooks.example.com../",
    "https://.hooks.example.com/",
    "https://hooks..example.com/",
    "https://evil.example/",
    "https://hooks.example.com.evil.example/",
    "https://xhooks.example.com/",
    "https://-hooks.example.com/",
    "https://hooks_.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "com/",
    # unicode that becomes something else
    "https://hooks。example。com/",
    "https://hooks.ｅxample.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https://lоcalhost.example/",
    "https://hooks.example.com․evil.example/",
    "https://exam\u00adple.com/",
    "https://hooks.example.com\u2044evil/",
    "https://xn--hooks-.example.com./",
    # ports
    "https://hooks.example.com:22/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:0443/",
    "https://hooks.example.com:-1/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:443:443/",
    "https://hooks.example.com:four/",
    # lines, blanks and lengths
    "https://hooks.example.com/\r\nHost: evil.example",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\x00",
    " https://hooks.example.com/",
    "https://hooks.example.com/\t",
    "https://hooks.\nexample.com/",
    "https://hooks.example.com/" + "a" * 2000,
]

NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.fixture(autouse=True)
def named(settings):
    settings.EGRESS_HOSTS = [HOST]


@pytest.fixture
def names(monkeypatch) -> Callable[..., list[str]]:
    """Let the resolver answer as told, one list of addresses for each time it is asked; gives what it was asked."""
    asked: list[str] = []

    def answer(*rounds: list[str]) -> list[str]:
        def resolve(host, port, *_how, **_more):
            asked.append(host)
            return [
                (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
                for ip in rounds[min(len(asked), len(rounds)) - 1]
            ]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return answer


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_a_name_is_looked_up(url, names, db):
    asked = names([PUBLIC])
    with pytest.raises(egress.EgressRefused):
        egress.call("GET", url, purpose="webhook")
    assert asked == []


def test_there_are_enough_hostile_addresses():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("url", [f"https://{HOST}", f"https://{HOST}:443/a/b?c=d%20e", f"HTTPS://{HOST.upper()}/"])
def test_an_ordinary_address_is_understood(url):
    assert egress.checked(url).host == HOST


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_not_called(ip):
    assert not egress.may_be_called(ip)


@pytest.mark.parametrize("ip", [PUBLIC, "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_one_is(ip):
    assert egress.may_be_called(ip)


@pytest.mark.parametrize("ip", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:10.0.0.1", "fe80::1"])
def test_a_host_of_ones_own_network_may_not_be_where_clouds_keep_credentials(ip):
    assert not egress.may_be_called(ip, internal=True)
    assert egress.may_be_called("10.1.2.3", internal=True)


@pytest.mark.parametrize(
    "ips", [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"]]
)
def test_a_name_that_leads_inside_is_not_called_even_if_it_leads_outside_too(ips, names, db):
    names(ips)
    with pytest.raises(egress.EgressRefused, match="not public"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert Tally.objects.get().what == f"webhook: {HOST}"


def test_the_connection_goes_to_the_address_that_was_looked_at(names, db):
    """A name that turns from a public address to ours in between is asked only once."""
    asked = names([PUBLIC], ["127.0.0.1"])
    # The guard of all tests names the address that somebody tried to reach.
    with pytest.raises(RuntimeError, match=PUBLIC):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert asked == [HOST]


def test_a_name_without_an_address_is_a_failure_and_not_a_crash(names, db):
    names([])
    with pytest.raises(egress.EgressFailed, match="no address"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch, db):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(egress.EgressFailed):
        egress.call("GET", f"https://{HOST}/", purpose="webhook", seconds=0.3)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X A": "1"},
        {"Host": "evil.example"},
        {"content-length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"X-A": "ü"},
    ],
)
def test_a_header_cannot_become_another(headers, names, db):
    asked = names([PUBLIC])
    with pytest.raises(egress.EgressRefused):
        egress.call("POST", f"https://{HOST}/", purpose="webhook", headers=headers)
    assert asked == []


def test_nothing_is_called_that_nobody_named(settings, names, db):
    settings.EGRESS_HOSTS = []
    names([PUBLIC])
    with pytest.raises(egress.EgressRefused, match="HRASSIST_EGRESS_HOSTS"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert egress.checked(f"https://{HOST}/", hosts=[HOST]).host == HOST
    assert egress.checked(f"https://{HOST}/", hosts=[".example.com"]).host == HOST


# --- Against a real server on this machine ----------------------------------------------------------------------------


class Server:
    """A TLS server for hooks.example.com that answers with what it was given, and keeps what it was sent."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(tz=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        own_key = folder / "key.pem"
        own_key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.ca, own_key)
        self._context.sni_callback = lambda _socket, name, _context: self.asked_for.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.asked_for: list[str | None] = []
        self.requests: list[bytes] = []
        self.answer: Callable[[ssl.SSLSocket], None] = lambda conn: conn.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(plain,), daemon=True).start()

    def _one(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as conn:
                self.requests.append(conn.recv(65536))
                self.answer(conn)
        except OSError:
            return

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def server(tmp_path, settings, names) -> Iterator[Server]:
    one = Server(tmp_path)
    settings.EGRESS_INTERNAL_HOSTS, settings.EGRESS_PORTS = [HOST], [443, one.port]
    settings.EGRESS_CA_FILE = str(one.ca)
    names(["127.0.0.1"])
    yield one
    one.close()


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


def test_refusals_are_counted_for_the_security_page(names, db):
    names([PUBLIC])
    for _ in range(2):
        with pytest.raises(egress.EgressRefused):
            egress.call("GET", "https://evil.example/", purpose="webhook")
    assert tally.since(tally.EGRESS, datetime.datetime.now(tz=datetime.UTC)) == {"webhook: evil.example": 2}


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
