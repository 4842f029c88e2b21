"""The only way out over HTTP: to hosts that were named beforehand, at addresses that are public, for five seconds.

A name is resolved once, every address it has is looked at, and the connection goes to one of those: what the name
resolves to a moment later does not matter. TLS and the Host header carry the name. Redirects are not followed.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from hrassist.lib import tally
from hrassist.lib.errors import DomainError, Unavailable

logger = logging.getLogger(__name__)

SECONDS = 5.0
BYTES = 1_000_000
HEADER_BYTES = 65_536
_METHODS = ("GET", "POST", "PUT")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# The last label is never a number, also not a hexadecimal one: those are addresses in disguise.
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z])(?!0x){_LABEL}")
_TARGET = re.compile(r"[!-\[\]^-~]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_VALUE = re.compile(r"[\t -~]*")

# What `is_global` lets through in one version of Python or another, or what hides an IPv4 address within an IPv6 one.
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        # Public by its number, and yet the service of Azure on each of its machines that hands out their certificates.
        "168.63.129.16/32",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
# Of those, what the operator's own network may be; never the address at which clouds hand out credentials.
_INTERNAL = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
    )
]  # fmt: skip
_METADATA = [
    ipaddress.ip_address(text)
    for text in (
        # Alibaba, Oracle, and by IPv6 Amazon, Google and Oracle.
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
    )
]

Address = tuple[socket.AddressFamily, str]


class EgressRefused(DomainError):
    """We do not call this address."""

    code = "egress_refused"
    default_message = "This address may not be called: {why}"

    def __init__(self, why: str, *, host: str = "") -> None:
        self.host = host
        super().__init__(why=why)


class EgressFailed(Unavailable):
    """Who was called did not answer as they should."""

    code = "egress_failed"
    default_message = "The other side did not answer properly: {why} Nothing was changed; a later try may work."

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` by their lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """An address that passed every check but that of its IP addresses."""

    host: str
    port: int
    path: str
    plain: bool = False

    @property
    def authority(self) -> str:
        return self.host if self.port == (80 if self.plain else 443) else f"{self.host}:{self.port}"


_observers: list[Callable[[str, str], None]] = []


def observe(told: Callable[[str, str], None]) -> None:
    """Be told of each call before it leaves, as (host, purpose); raising keeps it from leaving."""
    if told not in _observers:
        _observers.append(told)


def call(
    method: str,
    url: str,
    *,
    purpose: str,
    hosts: Collection[str] = (),
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
    most_bytes: int = BYTES,
) -> Answer:
    """Ask a host that the caller or HRASSIST_EGRESS_HOSTS names. Raises EgressRefused or EgressFailed.

    `purpose` is a word for the record (webhook, verification); neither address nor content is kept.
    """
    deadline = time.monotonic() + seconds
    target, request, (family, ip) = prepared(
        method, url, purpose=purpose, hosts=hosts, headers=headers or {}, body=body, deadline=deadline
    )
    try:
        with connected(target, family, ip, deadline=deadline) as connection:
            connection.settimeout(left(deadline))
            connection.sendall(request)
            return _read(connection, method, deadline=deadline, most_bytes=most_bytes)
    except ssl.SSLCertVerificationError as error:
        raise EgressFailed("its certificate is not one that we trust.") from error
    except TimeoutError as error:
        raise EgressFailed(f"it took longer than {seconds:g} seconds.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise EgressFailed(f"the connection broke ({type(error).__name__}).") from error


def prepared(
    method: str, url: str, *, purpose: str, hosts: Collection[str], headers: Mapping[str, str], body: bytes,
    deadline: float, plain: bool = False,
) -> tuple[Target, bytes, Address]:  # fmt: skip
    """Where a call goes and what it says, after every check and with every observer told."""
    try:
        target = checked(url, hosts=hosts, plain=plain)
        request = _request(method, target, headers, body)
        address = resolved(target, deadline=deadline)
    except EgressRefused as error:
        logger.warning("a call to the outside (%s) was refused: %s", purpose, error.message)
        tally.add(tally.EGRESS, f"{purpose}: {error.host or 'an address without a proper host'}")
        raise
    for told in _observers:
        told(target.host, purpose)
    return target, request, address


def checked(url: str, *, hosts: Collection[str] = (), plain: bool = False) -> Target:
    """The parts of a permitted address. Raises EgressRefused.

    `plain` is for a caller whose addresses only an operator writes: then http:// may lead to what
    HRASSIST_EGRESS_PLAIN_HOSTS names, host and port.
    """
    if not _TARGET.fullmatch(url) or len(url) > 2000:
        raise EgressRefused("it has characters that an address does not have, or is longer than 2000.")
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError as error:
        raise EgressRefused("it cannot be understood.") from error
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise EgressRefused("it does not begin with https://.")
    host = parts.netloc.partition(":")[0].lower()
    if "@" in parts.netloc or parts.netloc.lower() not in {host, f"{host}:{parts.port}"}:
        raise EgressRefused("it has a user, a password or more than a host and a port.")
    if parts.scheme == "http":
        if f"{host}:{port}" not in {name.lower() for name in settings.EGRESS_PLAIN_HOSTS}:
            raise EgressRefused(f"without TLS {host}:{port} is not one of HRASSIST_EGRESS_PLAIN_HOSTS.", host=host)
    elif len(host) > 253 or not _HOST.fullmatch(host):
        raise EgressRefused("its host is not a full name; IP addresses and names without a domain are not called.")
    elif port not in settings.EGRESS_PORTS:
        raise EgressRefused(f"port {port} is not one of HRASSIST_EGRESS_PORTS.", host=host)
    elif not _is_among(host, [*hosts, *settings.EGRESS_HOSTS, *settings.EGRESS_INTERNAL_HOSTS]):
        raise EgressRefused(f"{host} is not one of HRASSIST_EGRESS_HOSTS.", host=host)
    path = parts.path or "/"
    return Target(host, port, f"{path}?{parts.query}" if parts.query else path, plain=parts.scheme == "http")


def resolved(target: Target, *, deadline: float) -> Address:
    """One address of the host, after all of them were looked at. Raises EgressRefused, EgressFailed."""
    found = _looked_up(target, deadline=deadline)
    internal = _is_among(target.host, settings.EGRESS_INTERNAL_HOSTS)
    for _, ip in found:
        if target.plain and not is_internal(ip):
            # What is not encrypted stays in the house, wherever a name leads tomorrow.
            raise EgressRefused(f"{target.host} is outside your network: only https:// goes there.", host=target.host)
        if not target.plain and not may_be_called(ip, internal=internal):
            raise EgressRefused(f"{target.host} leads to a network that is not public.", host=target.host)
    return found[0]


def may_be_called(ip: str, *, internal: bool = False) -> bool:
    """Whether an address is public, or with `internal` one that a network of one's own has."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if internal and is_internal(ip):
        return True
    return address.is_global and not address.is_multicast and not any(address in network for network in _NEVER)


def is_internal(ip: str) -> bool:
    """Whether an address is one of this machine or of a network of one's own; never where clouds give credentials."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return address not in _METADATA and any(address in network for network in _INTERNAL)


def _is_among(host: str, names: Collection[str]) -> bool:
    """A name that begins with a dot stands for everything below it."""
    wanted = {name.lower() for name in names}
    return host in wanted or any(name.startswith(".") and host.endswith(name) for name in wanted)


def _looked_up(target: Target, *, deadline: float) -> list[Address]:
    # The resolver takes no timeout of ours; a thread that outlives the call does no harm.
    answers: list[Any] = []

    def look() -> None:
        try:
            answers.append(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(left(deadline))
    if not answers or isinstance(answers[0], Exception) or not answers[0]:
        raise EgressFailed(f"{target.host} has no address.")
    return [(family, str(where[0])) for family, _, _, _, where in answers[0]]


def _request(method: str, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {
        "Host": target.authority,
        "User-Agent": f"hrassist/{settings.VERSION}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    if method not in _METHODS:
        raise EgressRefused(f"{method!r} is not a method that is used here.", host=target.host)
    for name, value in lines.items():
        if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
            raise EgressRefused("one of the headers has characters that a header does not have.", host=target.host)
    if {name.lower() for name in headers} & {"host", "content-length", "transfer-encoding", "connection"}:
        raise EgressRefused("the headers name a host, a length or an encoding of their own.", host=target.host)
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def connected(target: Target, family: socket.AddressFamily, ip: str, *, deadline: float) -> socket.socket:
    # The proxy stands at the border, and what is plain does not cross it.
    if settings.EGRESS_PROXY and not target.plain:
        plain = _through_proxy(target, ip, deadline=deadline)
    else:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(left(deadline))
            plain.connect((ip, target.port))
        except BaseException:
            plain.close()
            raise
    if target.plain:
        return plain
    context = ssl.create_default_context(cafile=settings.EGRESS_CA_FILE or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        plain.settimeout(left(deadline))
        return context.wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _through_proxy(target: Target, ip: str, *, deadline: float) -> socket.socket:
    """A tunnel to the address that was looked at: the proxy resolves nothing."""
    proxy = urlsplit(settings.EGRESS_PROXY)
    plain = socket.create_connection((proxy.hostname or "", proxy.port or 3128), timeout=left(deadline))
    try:
        where = f"[{ip}]:{target.port}" if ":" in ip else f"{ip}:{target.port}"
        plain.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode("ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            plain.settimeout(left(deadline))
            byte = plain.recv(1)
            if not byte or len(head) > HEADER_BYTES:
                raise EgressFailed("the proxy gave no answer.")
            head += byte
        if head.split(b" ", 2)[1:2] != [b"200"]:
            raise EgressFailed("the proxy refused the connection.")
    except BaseException:
        plain.close()
        raise
    return plain


class _Until(io.RawIOBase):
    """Reads a socket up to a moment and a number of bytes, however slowly they drip."""

    def __init__(self, connection: socket.socket, *, deadline: float, most_bytes: int) -> None:
        self._connection, self._deadline, self._bytes = connection, deadline, most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(left(self._deadline))
        count = self._connection.recv_into(buffer)
        self._bytes -= count
        if self._bytes < 0:
            raise EgressFailed("it sent more than it may.")
        return count


class Reading:
    """What HTTPResponse takes for a socket."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


def _read(connection: socket.socket, method: str, *, deadline: float, most_bytes: int) -> Answer:
    raw = _Until(connection, deadline=deadline, most_bytes=most_bytes + HEADER_BYTES)
    sock: Any = Reading(raw)
    with HTTPResponse(sock, method=method) as response:
        response.begin()
        if 300 <= response.status < 400:
            raise EgressFailed("it leads to another address, which is not followed.")
        body = response.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise EgressFailed(f"it sent more than {most_bytes} bytes.")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
