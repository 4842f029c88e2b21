"""The way out for answers that come over minutes, line by line: the same checks, and a word every second of waiting."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any

from hrassist.lib import egress


class EgressSilent(egress.EgressFailed):
    """Who was called stopped in the middle and said nothing more."""

    code = "egress_silent"


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer that comes line by line; `body` reads a short one whole, such as that of an error.

    Who reads calls `heard` at each line that says something: what keeps a line open is no word, and no head is one.
    """

    status: int
    headers: Mapping[str, str]
    lines: Iterator[bytes]
    body: Callable[[], bytes]
    heard: Callable[[], None]


@contextlib.contextmanager
def stream(
    method: str, url: str, *, purpose: str, waits: Callable[[], None], hosts: Collection[str] = (),
    headers: Mapping[str, str] | None = None, body: bytes = b"", connect_seconds: float = egress.SECONDS,
    silent_seconds: float = 30.0, first_seconds: float = 60.0, seconds: float = 180.0, most_bytes: int = egress.BYTES,
    plain: bool = False,
) -> Iterator[Streamed]:  # fmt: skip
    """As `egress.call`, for an answer that comes over minutes: `waits` is told every second while nothing comes.

    `plain` as in `egress.checked`. Raises EgressRefused, EgressFailed, and EgressSilent after `silent_seconds` without
    a word (`first_seconds` before the first one) or when all of it takes longer than `seconds`.
    """
    begun = time.monotonic()
    target, request, (family, ip) = egress.prepared(
        method, url, purpose=purpose, hosts=hosts, headers=headers or {}, body=body, deadline=begun + connect_seconds,
        plain=plain,
    )  # fmt: skip
    heard = False
    try:
        with egress.connected(target, family, ip, deadline=begun + connect_seconds) as connection:
            connection.settimeout(connect_seconds)
            connection.sendall(request)
            raw = _Patient(
                connection, waits=waits, end=begun + seconds, first=first_seconds, silent=silent_seconds,
                most_bytes=most_bytes + egress.HEADER_BYTES,
            )  # fmt: skip
            sock: Any = egress.Reading(raw)
            with HTTPResponse(sock, method=method) as response:
                response.begin()
                heard = True
                if 300 <= response.status < 400:
                    raise egress.EgressFailed("it leads to another address, which is not followed.")
                told = {name.lower(): value for name, value in response.getheaders()}
                yield Streamed(
                    response.status,
                    told,
                    iter(response.readline, b""),
                    lambda: response.read(egress.HEADER_BYTES),
                    raw.heard,
                )
    except ssl.SSLCertVerificationError as error:
        raise egress.EgressFailed("its certificate is not one that we trust.") from error
    except TimeoutError as error:
        if not heard:
            raise egress.EgressFailed("it gave no answer in time.") from error
        raise EgressSilent("it stopped in the middle and said nothing more.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise egress.EgressFailed(f"the connection broke ({type(error).__name__}).") from error


class _Patient(io.RawIOBase):
    """Reads a socket for as long as something is said often enough, and tells every second that it waits."""

    def __init__(
        self, connection: socket.socket, *, waits: Callable[[], None], end: float, first: float, silent: float,
        most_bytes: int,
    ) -> None:  # fmt: skip
        self._connection, self._waits, self._end = connection, waits, end
        self._patience, self._silent, self._bytes = first, silent, most_bytes

    def heard(self) -> None:
        self._patience = self._silent

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # Only the time that passes here is waiting: what the reader does between two lines is its own.
        begun = time.monotonic()
        until = min(self._end, begun + self._patience)
        while True:
            self._connection.settimeout(min(1.0, egress.left(until)))
            try:
                count = self._connection.recv_into(buffer)
            except TimeoutError:
                self._waits()
                continue
            self._patience -= time.monotonic() - begun
            self._bytes -= count
            if self._bytes < 0:
                raise egress.EgressFailed("it sent more than it may.")
            return count
